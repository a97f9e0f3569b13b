import type { Backend } from "../kubernetes/service.ts";
import type { Secrets } from "../platform/secrets.ts";
import type { ApiGatewayArgs } from "./api-gateway.ts";

/** An API gateway of a resolved stack, which names models, versions and secrets. */
interface ApiGatewayReferences {
  readonly routes: readonly {
    readonly path: string;
    readonly target: string;
    readonly entry: string;
    readonly version: string;
  }[];
  readonly apiKey?: { readonly secret: string; readonly key: string };
}

/** The routes and the key of an API gateway, with the Services and the Secret that they refer to. */
export function apiGatewayBackends(
  { routes, apiKey }: ApiGatewayReferences,
  models: { backend(version: { entry: string; version: string }): Backend },
  secrets: Secrets,
): Pick<ApiGatewayArgs, "routes" | "apiKey" | "apiKeyHash"> {
  return {
    routes: routes.map(({ path, target, ...version }) => ({ path, target, backend: models.backend(version) })),
    apiKey: apiKey && { secret: secrets.nameOf(apiKey.secret), key: apiKey.key },
    apiKeyHash: apiKey && secrets.hashOf([apiKey.secret]),
  };
}
