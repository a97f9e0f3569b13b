import type { Settings } from "../settings.ts";
import { BODY_ERRORS, type Operations } from "./operations.ts";
import { objectOf, type Schema } from "./schema.ts";

const TEXT: Schema = { type: "string" };

const NAME = { name: "model", in: "path", required: true, schema: TEXT };

/** The model repository extension: the index, and, if models are loaded by request, loading and unloading. */
export function repositoryPaths(
  operations: Operations,
  modelControl: Settings["modelControl"],
): Record<string, unknown> {
  const common = { tag: "server", errorSchema: "ProtocolError", required: false } as const;
  const states = objectOf({ name: TEXT, version: TEXT, state: { enum: ["READY", "UNAVAILABLE"] }, reason: TEXT });
  const change = (summary: string, request: Schema, failure: string) => ({
    post: operations.post({
      ...common,
      summary,
      request,
      response: { type: "object" },
      parameters: [NAME],
      errors: { ...BODY_ERRORS, "400": `${BODY_ERRORS["400"]}; or ${failure}` },
    }),
  });
  return {
    "/v2/repository/index": {
      post: operations.post({
        ...common,
        summary: "The versions in the registry, and which are served",
        request: parametersOf({ ready: { type: "boolean", description: "Whether to list served versions only" } }),
        response: { type: "array", items: states },
      }),
    },
    ...(modelControl === "explicit"
      ? {
          "/v2/repository/models/{model}/load": change(
            "Loads a model's versions as they are published now",
            parametersOf({ parameters: { type: "object", maxProperties: 0 } }),
            "none is published, or one cannot be served",
          ),
          "/v2/repository/models/{model}/unload": change(
            "Unloads a model",
            parametersOf({ parameters: parametersOf({ unload_dependents: { type: "boolean" } }) }),
            "it is not loaded",
          ),
        }
      : {}),
  };
}

/** An object with these properties, all optional. */
function parametersOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties };
}
