import { RegistryError } from "../../registry/errors.ts";
import { readPublished } from "../../registry/read.ts";
import type { Route } from "../http/router.ts";
import { unavailable } from "../http-error.ts";

/**
 * GET /models: the registry index, read for each request, so that it includes versions published in the meantime.
 *
 * @param root Root of the models volume.
 */
export function models(root: string): Route {
  return {
    method: "GET",
    path: "/models",
    async handle(ctx) {
      try {
        ctx.body = await readPublished(root);
      } catch (error) {
        throw error instanceof RegistryError ? unavailable("registry_unavailable", error.message) : error;
      }
    },
  };
}
