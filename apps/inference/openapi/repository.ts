import type { Settings } from "../settings.ts";
import { BODY_PROBLEMS, type Operations } from "./operations.ts";
import { objectOf, type Schema } from "./schema.ts";

const TEXT: Schema = { type: "string" };

const NAME = { name: "model", in: "path", required: true, schema: TEXT };

/** The model repository extension: what there is, and, where models are loaded by request, how. */
export function repositoryPaths(
  operations: Operations,
  modelControl: Settings["modelControl"],
): Record<string, unknown> {
  const common = { tag: "server", wording: "ProtocolError", required: false } as const;
  const states = objectOf({ name: TEXT, version: TEXT, state: { enum: ["READY", "UNAVAILABLE"] }, reason: TEXT });
  const change = (summary: string, request: Schema, refused: string) => ({
    post: operations.post({
      ...common,
      summary,
      request,
      answer: { type: "object" },
      parameters: [NAME],
      problems: { ...BODY_PROBLEMS, "400": `${BODY_PROBLEMS["400"]}; or ${refused}` },
    }),
  });
  return {
    "/v2/repository/index": {
      post: operations.post({
        ...common,
        summary: "What is in the registry, and what of it is served",
        request: parametersOf({ ready: { type: "boolean", description: "Whether to leave out what is not served" } }),
        answer: { type: "array", items: states },
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
            "Lets go of a model",
            parametersOf({ parameters: parametersOf({ unload_dependents: { type: "boolean" } }) }),
            "it is not loaded",
          ),
        }
      : {}),
  };
}

/** An object with any of these properties. */
function parametersOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties };
}
