import type { IncomingMessage } from "node:http";
import type { Context, Middleware } from "koa";
import { Problem } from "../http-error.ts";

/** One path and method. */
export interface Route {
  readonly method: "GET" | "POST";
  /** `{word}` stands for any one segment, or for its beginning where something follows it: `/v1/models/{model}:predict`. */
  readonly path: string;
  /** Whether it answers without an API key. @default false */
  readonly open?: boolean;
  /** @param parameters What stood for the path's words, in their order. */
  readonly handle: (ctx: Context, parameters: readonly string[]) => void | Promise<void>;
  /** Why a request with another method is none for its path; undefined where it is, and 405. @default always 405 */
  readonly otherwise?: (parameters: readonly string[]) => Problem | undefined;
  /** Why it would refuse any request, asked while the server is overloaded, before anything is made of a request. */
  readonly refusal?: (parameters: readonly string[]) => Problem | undefined;
}

/** Why a request may not use a route that is not open; undefined where it may. */
export type Authorize = (req: IncomingMessage) => Problem | undefined;

/** The routes of a path by method, and what stood for its words, in their order. */
export interface Found {
  readonly methods: ReadonlyMap<string, Route>;
  readonly parameters: readonly string[];
}

type Methods = Map<string, Route>;

/** One segment of the paths. */
interface Node {
  readonly literals: Map<string, Node>;
  /** Segments that a word stands for, by what follows the word; the longest such ending is tried first. */
  readonly words: { readonly ending: string; readonly node: Node }[];
  methods: Methods | undefined;
}

/** Finds the routes of a path; undefined where it has none. */
export type FindRoutes = (path: string) => Found | undefined;

const NO_PARAMETERS: readonly string[] = [];

/** Puts routes in an order in which they are found fast. */
export function routeFinder(routes: readonly Route[]): FindRoutes {
  const { exact, root } = index(routes);
  const found = new Map([...exact].map(([path, methods]) => [path, { methods, parameters: NO_PARAMETERS }]));
  const find: FindRoutes = (path) => found.get(path) ?? findByWords(root, path);
  return (path) => found.get(path) ?? (path.includes("%") ? findDecoded(find, path) : findByWords(root, path));
}

function findByWords(root: Node, path: string): Found | undefined {
  const parameters: string[] = [];
  const methods = walk(root, path, 1, parameters);
  return methods && { methods, parameters };
}

/** Finds a path by what its segments stand for, each by itself: what stands for a slash parts none. */
function findDecoded(find: FindRoutes, path: string): Found | undefined {
  let segments: string[];
  try {
    segments = path.split("/").map((segment) => decodeURIComponent(segment).replaceAll("/", "%2F"));
  } catch {
    return undefined;
  }
  return find(segments.join("/"));
}

/** A path as its route words it, such as `/models/{model}/predict`; undefined where no route has it. */
export function templateOf(found: Found | undefined): string | undefined {
  return found?.methods.values().next().value?.path;
}

/**
 * Sends each request to its route; HEAD goes where GET does.
 *
 * @throws Problem 404 for a path no route has, 405 with Allow for a method its routes do not have; what `authorize` says.
 */
export function router(find: FindRoutes, authorize: Authorize): Middleware {
  return (ctx) => {
    const { path } = ctx;
    const found = find(path);
    if (found === undefined) {
      throw new Problem(404, "not_found", `there is no ${path} here`);
    }
    const route = found.methods.get(ctx.method);
    if (route === undefined) {
      for (const { otherwise } of found.methods.values()) {
        const problem = otherwise?.(found.parameters);
        if (problem !== undefined) {
          throw problem;
        }
      }
      const allow = [...found.methods.keys()].join(", ");
      throw new Problem(405, "method_not_allowed", `${path} takes ${allow}`, { headers: { Allow: allow } });
    }
    const refusal = route.open === true ? undefined : authorize(ctx.req);
    if (refusal !== undefined) {
      throw refusal;
    }
    return route.handle(ctx, found.parameters);
  };
}

/** A path without words is found in one look-up; the others by their segments. */
function index(routes: readonly Route[]): { exact: Map<string, Methods>; root: Node } {
  const exact = new Map<string, Methods>();
  const root = newNode();
  for (const route of routes) {
    const methods = methodsOf(exact, root, route.path);
    methods.set(route.method, route);
    if (route.method === "GET") {
      methods.set("HEAD", route);
    }
  }
  return { exact, root };
}

function methodsOf(exact: Map<string, Methods>, root: Node, path: string): Methods {
  if (!path.includes("{")) {
    const methods = exact.get(path) ?? new Map<string, Route>();
    exact.set(path, methods);
    return methods;
  }
  const last = path.split("/").slice(1).reduce(child, root);
  last.methods ??= new Map();
  return last.methods;
}

function newNode(): Node {
  return { literals: new Map(), words: [], methods: undefined };
}

function child(parent: Node, segment: string): Node {
  if (!segment.startsWith("{")) {
    const node = parent.literals.get(segment) ?? newNode();
    parent.literals.set(segment, node);
    return node;
  }
  const ending = segment.slice(segment.indexOf("}") + 1);
  const known = parent.words.find((word) => word.ending === ending);
  if (known !== undefined) {
    return known.node;
  }
  const node = newNode();
  parent.words.push({ ending, node });
  parent.words.sort((a, b) => b.ending.length - a.ending.length);
  return node;
}

function walk(node: Node, path: string, from: number, parameters: string[]): Methods | undefined {
  const slash = path.indexOf("/", from);
  const segment = slash < 0 ? path.slice(from) : path.slice(from, slash);
  const descend = (next: Node) => (slash < 0 ? next.methods : walk(next, path, slash + 1, parameters));
  const literal = node.literals.get(segment);
  const methods = literal && descend(literal);
  if (methods !== undefined) {
    return methods;
  }
  for (const word of node.words) {
    if (segment.length > word.ending.length && segment.endsWith(word.ending)) {
      const depth = parameters.length;
      parameters.push(segment.slice(0, segment.length - word.ending.length));
      const found = descend(word.node);
      if (found !== undefined) {
        return found;
      }
      parameters.length = depth;
    }
  }
  return undefined;
}
