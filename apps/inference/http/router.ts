import type { Context, Middleware } from "koa";
import { Problem } from "../problem.ts";

/** One path and method. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Whether it answers without an API key. @default false */
  readonly open?: boolean;
  readonly handle: (ctx: Context) => void | Promise<void>;
}

/**
 * Sends each request to its route; HEAD goes where GET does.
 *
 * @param authorize Throws where the request may not use a route that is not open.
 * @throws Problem 404 for a path no route has, 405 with Allow for a method its routes do not have.
 */
export function router(routes: readonly Route[], authorize: (ctx: Context) => void): Middleware {
  const paths = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const methods = paths.get(route.path) ?? new Map<string, Route>();
    paths.set(route.path, methods);
    methods.set(route.method, route);
    if (route.method === "GET") {
      methods.set("HEAD", route);
    }
  }
  return async (ctx) => {
    const methods = paths.get(ctx.path);
    if (methods === undefined) {
      throw new Problem(404, "not_found", `there is no ${ctx.path} here`);
    }
    const route = methods.get(ctx.method);
    if (route === undefined) {
      const allow = [...methods.keys()].join(", ");
      throw new Problem(405, "method_not_allowed", `${ctx.path} takes ${allow}`, { headers: { Allow: allow } });
    }
    if (route.open !== true) {
      authorize(ctx);
    }
    await route.handle(ctx);
  };
}
