import type { Context } from "koa";
import { readPublished } from "../../registry/read.ts";
import { type BodyLimits, checkType, readBody, UNDECLARED } from "../http/body.ts";
import type { Route } from "../http/router.ts";
import { invalidInput, Problem } from "../http-error.ts";
import { asFlag, type JsonObject, optional, parameterOf, parametersOf } from "../payload/fields.ts";
import { parseJson } from "../payload/json.ts";
import { asObject } from "../payload/request-schema.ts";
import type { ModelHost } from "../repository/model-repository.ts";
import type { Settings } from "../settings.ts";

/** What the routes of the model repository need. */
export interface RepositoryDeps {
  readonly host: ModelHost;
  readonly settings: Pick<Settings, "modelControl" | "modelDirectory">;
  readonly limits: BodyLimits;
}

interface State {
  readonly name: string;
  readonly version: string;
  readonly state: "READY" | "UNAVAILABLE";
  readonly reason: string;
}

/**
 * The model repository extension: what is in the registry and in which state, and, where `MODEL_CONTROL` is `explicit`,
 * loading and unloading by name.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
 */
export function repository({ host, settings, limits }: RepositoryDeps): Route[] {
  function assertExplicit(): void {
    if (settings.modelControl !== "explicit") {
      throw new Problem(
        403,
        "not_allowed",
        "models are loaded and unloaded by request with MODEL_CONTROL=explicit only",
      );
    }
  }

  /** A JSON object; of an empty body an empty one, for all that these requests say is optional. */
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
        const states = await index(host, settings.modelDirectory);
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
          await host.loadModel(name);
        } catch (error) {
          throw new Problem(400, "not_loaded", error instanceof Error ? error.message : String(error));
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
        // Nothing here depends on another model: true and false mean the same.
        asFlag(parameterOf(await readRequest(ctx), "unload_dependents", ""), "parameters.unload_dependents");
        if (!(await host.unloadModel(name))) {
          throw new Problem(400, "not_loaded", `model ${name} is not loaded`);
        }
        ctx.status = 200;
        ctx.body = {};
      },
    },
  ];
}

/** What is published, what is served, and what was tried in vain. */
async function index(host: ModelHost, root: string): Promise<State[]> {
  const states = new Map<string, State>();
  const put = (name: string, version: string, reason?: string) => {
    const state = reason === undefined ? "READY" : "UNAVAILABLE";
    states.set(`${name}/${version}`, { name, version, state, reason: reason ?? "" });
  };
  // Where the index cannot be read, what is served is still known.
  const { models } = await readPublished(root).catch(() => ({ models: [] }));
  for (const { name, versions } of models) {
    for (const version of versions) {
      put(name, version, "not loaded");
    }
  }
  for (const { name, version, reason } of host.faults()) {
    put(name, version, reason);
  }
  for (const { model } of host.all()) {
    put(model.metadata.name, model.metadata.version);
  }
  return [...states.values()].sort((a, b) =>
    a.name === b.name ? Number(a.version) - Number(b.version) : a.name < b.name ? -1 : 1,
  );
}
