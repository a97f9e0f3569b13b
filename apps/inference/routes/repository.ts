import type { Context } from "koa";
import { errorMessage } from "../../registry/errors.ts";
import { readPublished } from "../../registry/read.ts";
import { checkType, UNDECLARED } from "../http/body/content-type.ts";
import { type BodyLimits, readBody } from "../http/body/read-body.ts";
import type { Route } from "../http/router.ts";
import { HttpError, invalidInput } from "../http-error.ts";
import { asFlag, asObject, type JsonObject, optional, parameterOf, parametersOf } from "../payload/fields.ts";
import { parseJson } from "../payload/json.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { Settings } from "../settings.ts";

/** What the routes of the model repository need. */
export interface RepositoryDeps {
  readonly repository: ModelRepository;
  readonly settings: Pick<Settings, "modelControl" | "modelDirectory">;
  readonly limits: BodyLimits;
}

interface VersionState {
  readonly name: string;
  readonly version: string;
  readonly state: "READY" | "UNAVAILABLE";
  readonly reason: string;
}

/**
 * The model repository extension: the versions in the registry with their state, and, with `MODEL_CONTROL=explicit`, loading
 * and unloading by name.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
 */
export function repositoryRoutes({ repository, settings, limits }: RepositoryDeps): Route[] {
  function assertExplicit(): void {
    if (settings.modelControl !== "explicit") {
      throw new HttpError(
        403,
        "not_allowed",
        "models are loaded and unloaded by request with MODEL_CONTROL=explicit only",
      );
    }
  }

  /** The request's JSON object; an empty body counts as an empty object, because all fields are optional. */
  async function readRequest(ctx: Context): Promise<JsonObject> {
    checkType(ctx.req, [UNDECLARED]);
    const bytes = await readBody(ctx, limits);
    return bytes.length === 0 ? {} : asObject(parseJson(bytes), "");
  }

  return [
    {
      method: "POST",
      path: "/v2/repository/index",
      async handle(ctx) {
        const ready = asFlag(optional(await readRequest(ctx), "ready"), "ready") === true;
        const states = await index(repository, settings.modelDirectory);
        ctx.body = ready ? states.filter(({ state }) => state === "READY") : states;
      },
    },
    {
      method: "POST",
      path: "/v2/repository/models/{model}/load",
      async handle(ctx, [name = ""]) {
        assertExplicit();
        const parameters = parametersOf(await readRequest(ctx), "");
        if (Object.keys(parameters).length > 0) {
          throw invalidInput("parameters", "must be empty: a model is loaded as it is published");
        }
        try {
          await repository.loadModel(name);
        } catch (error) {
          throw new HttpError(400, "not_loaded", errorMessage(error));
        }
        ctx.status = 200;
        ctx.body = {};
      },
    },
    {
      method: "POST",
      path: "/v2/repository/models/{model}/unload",
      async handle(ctx, [name = ""]) {
        assertExplicit();
        // No model depends on another here, so true and false mean the same.
        asFlag(parameterOf(await readRequest(ctx), "unload_dependents", ""), "parameters.unload_dependents");
        if (!(await repository.unloadModel(name))) {
          throw new HttpError(400, "not_loaded", `model ${name} is not loaded`);
        }
        ctx.status = 200;
        ctx.body = {};
      },
    },
  ];
}

/** The versions that are published, that are served, and that could not be loaded. */
async function index(repository: ModelRepository, root: string): Promise<VersionState[]> {
  const states = new Map<string, VersionState>();
  const put = (name: string, version: string, reason?: string) => {
    const state = reason === undefined ? "READY" : "UNAVAILABLE";
    states.set(`${name}/${version}`, { name, version, state, reason: reason ?? "" });
  };
  // If the index cannot be read, the served versions are still known.
  const { models } = await readPublished(root).catch(() => ({ models: [] }));
  for (const { name, versions } of models) {
    for (const version of versions) {
      put(name, version, "not loaded");
    }
  }
  for (const { name, version, reason } of repository.failures()) {
    put(name, version, reason);
  }
  for (const { model } of repository.all()) {
    put(model.metadata.name, model.metadata.version);
  }
  return [...states.values()].sort((a, b) =>
    a.name === b.name ? Number(a.version) - Number(b.version) : a.name < b.name ? -1 : 1,
  );
}
