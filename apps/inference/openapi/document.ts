import type { ModelMetadata } from "../../registry/metadata.ts";
import type { Model } from "../model/model.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { Settings } from "../settings.ts";
import { VERSION } from "../version.ts";
import { Operations } from "./operations.ts";
import { repositoryPaths } from "./repository.ts";
import { predictSchemas } from "./request-schemas.ts";
import { listOf, objectOf, type Schema } from "./schema.ts";
import { configSchema, inferSchemas, metadataSchema, namedRowSchemas, STATISTICS, v1Schemas } from "./tensors.ts";

const TEXT: Schema = { type: "string" };

const SCHEMAS = {
  Problem: objectOf({
    error: {
      type: "object",
      required: ["code", "message", "request_id"],
      properties: {
        code: TEXT,
        message: TEXT,
        path: { ...TEXT, description: "Where in the body the mistake is" },
        request_id: TEXT,
      },
    },
  }),
  ProtocolError: objectOf({ error: TEXT }),
};

/**
 * The OpenAPI 3.1 document of the server in its current state: request fields come from the signatures of the loaded models.
 *
 * @param repository Its models are described as served without a version; those with several versions also by version.
 */
export function openApiDocument(
  repository: ModelRepository,
  settings: Pick<Settings, "apiKey" | "maxQueueSize" | "modelControl" | "loadEndpoint">,
): unknown {
  const hasKey = settings.apiKey !== undefined;
  const operations = new Operations(hasKey);
  const models = repository.names().flatMap((name) => repository.find(name)?.model ?? []);
  const only = repository.only?.model.metadata;
  const paths: Record<string, unknown> = {
    ...serverPaths(operations, settings),
    ...repositoryPaths(operations, settings.modelControl),
    ...(only === undefined ? {} : predictPath(operations, "/predict", only, settings.maxQueueSize)),
  };
  for (const newest of models) {
    Object.assign(paths, modelPaths(operations, newest, newest.metadata.name, settings));
    const versions = repository.versions(newest.metadata.name);
    for (const { model } of versions.length > 1 ? versions : []) {
      const { name, version } = model.metadata;
      Object.assign(paths, modelPaths(operations, model, `${name}/versions/${version}`, settings));
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Inference server",
      version: VERSION,
      description: models.map(({ metadata }) => describeModel(metadata)).join("\n"),
    },
    servers: [{ url: "./" }],
    ...(hasKey ? { security: [{ apiKey: [] }] } : {}),
    paths,
    components: {
      schemas: SCHEMAS,
      ...(hasKey ? { securitySchemes: { apiKey: { type: "apiKey", in: "header", name: "X-API-Key" } } } : {}),
    },
  };
}

function describeModel({ name, version, description }: ModelMetadata): string {
  return `- **${name}** version ${version}${description === "" ? "" : `: ${description}`}`;
}

function predictPath(operations: Operations, path: string, metadata: ModelMetadata, maxRows: number) {
  const schemas = predictSchemas(metadata, maxRows) ?? namedRowSchemas(metadata);
  if (schemas === undefined) {
    return {};
  }
  const { request, response, example } = schemas;
  return {
    [path]: {
      post: operations.predict({
        summary: `Prediction of ${metadata.name}: one request, or a list of them`,
        tag: metadata.name,
        request: { oneOf: [request, listOf(request, 1, maxRows)] },
        response: { oneOf: [response, listOf(response, 1)] },
        example,
      }),
    },
  };
}

/** @param place Model, or model and version, as in the paths. */
function modelPaths(
  operations: Operations,
  { metadata }: Model,
  place: string,
  settings: Pick<Settings, "maxQueueSize">,
): Record<string, unknown> {
  const { name } = metadata;
  const common = { tag: name, errorSchema: "ProtocolError" } as const;
  const notServed = { "404": "The model is not served here", "503": "The model is not loaded yet" };
  return {
    ...predictPath(operations, `/models/${place}/predict`, metadata, settings.maxQueueSize),
    [`/v1/models/${place}:predict`]: {
      post: operations.predict({
        ...common,
        ...v1Schemas(metadata, settings.maxQueueSize),
        summary: "Instances → predictions, or inputs → outputs",
      }),
    },
    [`/v1/models/${place}`]: {
      get: operations.get({
        ...common,
        summary: "Served versions",
        response: objectOf({
          name: { const: name },
          ready: { type: "boolean" },
          model_version_status: { type: "array" },
        }),
        errors: { "404": notServed["404"] },
        also: { "503": "It is not ready, or is draining" },
      }),
    },
    [`/v2/models/${place}`]: {
      get: operations.get({ ...common, summary: "Metadata", response: metadataSchema(metadata), errors: notServed }),
    },
    [`/v2/models/${place}/config`]: {
      get: operations.get({
        ...common,
        summary: "Configuration, as Triton's clients expect it",
        response: configSchema(metadata),
        errors: notServed,
      }),
    },
    [`/v2/models/${place}/stats`]: {
      get: operations.get({ ...common, summary: "Statistics", response: STATISTICS, errors: notServed }),
    },
    [`/v2/models/${place}/ready`]: {
      get: operations.get({
        ...common,
        summary: "Readiness of the model",
        response: objectOf({ name: { const: name }, ready: { type: "boolean" } }),
        errors: { "404": notServed["404"] },
        also: { "503": "It is not ready" },
        open: true,
      }),
    },
    [`/v2/models/${place}/infer`]: {
      post: operations.predict({ ...common, ...inferSchemas(metadata), summary: "Inference on tensors", raw: true }),
    },
  };
}

function serverPaths(
  operations: Operations,
  { loadEndpoint }: Pick<Settings, "loadEndpoint">,
): Record<string, unknown> {
  const probe = (summary: string, response: Schema, also = {}) => ({
    get: operations.get({ summary, tag: "server", response, also, open: true }),
  });
  const flag = (name: string) => objectOf({ [name]: { type: "boolean" } });
  const notReady = { "503": "It is not ready, or is draining" };
  const names = objectOf({ models: { type: "array", items: TEXT } });
  const v2 = { tag: "server", errorSchema: "ProtocolError" } as const;
  const milliseconds = {
    name: "ms",
    in: "query",
    schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  };
  const load = {
    get: operations.get({
      summary: "Uses CPU time, for autoscaling demonstrations",
      tag: "server",
      response: objectOf({ burned_ms: { type: "integer" } }),
      parameters: [milliseconds],
      errors: { "422": "ms is not a whole number from 1 to 1000", "503": "Too many loads are under way" },
    }),
  };
  return {
    "/health": probe("Whether the process lives", objectOf({ status: TEXT, model: TEXT, version: TEXT })),
    "/ready": probe("Whether it answers", objectOf({ status: TEXT, model_loaded: { type: "boolean" } }), notReady),
    "/models": {
      get: operations.get({
        summary: "The registry's index",
        tag: "server",
        response: objectOf({
          models: { type: "array", items: objectOf({ name: TEXT, versions: listOf(TEXT, 1), latest: TEXT }) },
        }),
        errors: { "503": "The registry cannot be read" },
      }),
    },
    "/metrics": {
      get: operations.get({
        summary: "Prometheus metrics",
        tag: "server",
        response: TEXT,
        type: "text/plain",
        open: true,
      }),
    },
    ...(loadEndpoint ? { "/load": load } : {}),
    "/v1/models": { get: operations.get({ ...v2, summary: "Names of the served models", response: names }) },
    "/v2": {
      get: operations.get({ ...v2, summary: "Server metadata", response: objectOf({ name: TEXT, version: TEXT }) }),
    },
    "/v2/health/live": probe("Whether the process lives", flag("live")),
    "/v2/health/ready": probe("Whether it answers", flag("ready"), notReady),
    "/v2/models": { get: operations.get({ ...v2, summary: "Names of the served models", response: names }) },
    "/v2/models/stats": { get: operations.get({ ...v2, summary: "Statistics of all models", response: STATISTICS }) },
  };
}
