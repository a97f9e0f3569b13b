import type { IncomingMessage } from "node:http";
import type { Context, Middleware } from "koa";
import { HttpError } from "../http-error.ts";

/** One path and method. */
export interface Route {
  readonly method: "GET" | "POST";
  /** `{name}` matches any one segment, or its beginning if something follows: `/v1/models/{model}:predict`. */
  readonly path: string;
  /** Whether it needs no API key. @default false */
  readonly open?: boolean;
  /** @param parameters Values of the path's parameters, in their order. */
  readonly handle: (ctx: Context, parameters: readonly string[]) => void | Promise<void>;
  /** The error for a request with another method; undefined for 405. @default always 405 */
  readonly otherwise?: (parameters: readonly string[]) => HttpError | undefined;
  /** The error with which it would reject any request now; asked while the server is overloaded. */
  readonly rejection?: (parameters: readonly string[]) => HttpError | undefined;
}

/** The error for a request that may not use the routes that need a key; undefined if it may. */
export type Authorize = (req: Pick<IncomingMessage, "headers">) => HttpError | undefined;

/** The routes of a path by method, and the values of its parameters, in their order. */
export interface Found {
  readonly methods: ReadonlyMap<string, Route>;
  readonly parameters: readonly string[];
}

type Methods = Map<string, Route>;

/** A node of the tree of path segments. */
interface Node {
  readonly literals: Map<string, Node>;
  /** Parameters, by the literal text that follows them in the segment; the longest such ending is tried first. */
  readonly parameters: { readonly ending: string; readonly node: Node }[];
  methods: Methods | undefined;
}

/** Finds the routes of a path; undefined if it has none. */
export type FindRoutes = (path: string) => Found | undefined;

const NO_PARAMETERS: readonly string[] = [];

/** Indexes routes: one look-up for a path without parameters, a walk through a tree for others. */
export function routeFinder(routes: readonly Route[]): FindRoutes {
  const { exact, root } = index(routes);
  const found = new Map([...exact].map(([path, methods]) => [path, { methods, parameters: NO_PARAMETERS }]));
  const find: FindRoutes = (path) => found.get(path) ?? findBySegments(root, path);
  return (path) => found.get(path) ?? (path.includes("%") ? findDecoded(find, path) : findBySegments(root, path));
}

function findBySegments(root: Node, path: string): Found | undefined {
  const parameters: string[] = [];
  const methods = walk(root, path, 1, parameters);
  return methods && { methods, parameters };
}

/** Finds a percent-encoded path. Segments are decoded one by one, so that an encoded slash does not split a segment. */
function findDecoded(find: FindRoutes, path: string): Found | undefined {
  let segments: string[];
  try {
    segments = path.split("/").map((segment) => decodeURIComponent(segment).replaceAll("/", "%2F"));
  } catch {
    return undefined;
  }
  return find(segments.join("/"));
}

/** The route's path, such as `/models/{model}/predict`; undefined if there is no route. */
export function templateOf(found: Found | undefined): string | undefined {
  return found?.methods.values().next().value?.path;
}

/**
 * Calls the route of each request; HEAD is handled as GET.
 *
 * @throws HttpError 404 for a path without route, 405 with Allow for a method without route; or the error that
 * `authorize` returns.
 */
export function router(find: FindRoutes, authorize: Authorize): Middleware {
  return (ctx) => {
    const { path } = ctx;
    const found = find(path);
    if (found === undefined) {
      throw new HttpError(404, "not_found", `there is no ${path} here`);
    }
    const route = found.methods.get(ctx.method);
    if (route === undefined) {
      for (const { otherwise } of found.methods.values()) {
        const error = otherwise?.(found.parameters);
        if (error !== undefined) {
          throw error;
        }
      }
      const allow = [...found.methods.keys()].join(", ");
      throw new HttpError(405, "method_not_allowed", `${path} takes ${allow}`, { headers: { Allow: allow } });
    }
    const unauthorized = route.open === true ? undefined : authorize(ctx.req);
    if (unauthorized !== undefined) {
      throw unauthorized;
    }
    return route.handle(ctx, found.parameters);
  };
}

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
  return { literals: new Map(), parameters: [], methods: undefined };
}

function child(parent: Node, segment: string): Node {
  if (!segment.startsWith("{")) {
    const node = parent.literals.get(segment) ?? newNode();
    parent.literals.set(segment, node);
    return node;
  }
  const ending = segment.slice(segment.indexOf("}") + 1);
  const known = parent.parameters.find((parameter) => parameter.ending === ending);
  if (known !== undefined) {
    return known.node;
  }
  const node = newNode();
  parent.parameters.push({ ending, node });
  parent.parameters.sort((a, b) => b.ending.length - a.ending.length);
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
  for (const { ending, node: next } of node.parameters) {
    if (segment.length > ending.length && segment.endsWith(ending)) {
      const depth = parameters.length;
      parameters.push(segment.slice(0, segment.length - ending.length));
      const found = descend(next);
      if (found !== undefined) {
        return found;
      }
      parameters.length = depth;
    }
  }
  return undefined;
}
