import path from "node:path";
import { execa } from "execa";
import type { ModelCase } from "./cases.ts";
import { API_KEY, type Start } from "./process.ts";

const repository = path.resolve(import.meta.dirname, "..", "..");

/** Number of models in the case of many models in one process. */
export const MANY = 16;

/** Trains the three models, and further copies of iris up to `MANY`. */
export async function trainModels(root: string, report: (line: string) => void): Promise<void> {
  const copies = Array.from({ length: MANY - 1 }, (_, index) => ["iris", `iris-${index + 2}`] as const);
  const models = [["sentiment", undefined] as const, ["half_plus_two", undefined] as const, ["iris", "iris"] as const];
  for (const [task, model] of [...models, ...copies]) {
    report(`training ${model ?? task}`);
    const named = model === undefined ? [] : ["--model", model];
    const args = ["apps/trainer/main.ts", "train", "--task", task, "--models", root, ...named];
    await execa(process.execPath, args, { cwd: repository });
  }
}

/**
 * Loads the server once, to fill a compile cache as in the image: stripping types and compiling is half of the start-up time.
 */
export async function compileServer(root: string): Promise<void> {
  const load = `import(${JSON.stringify(path.join(repository, "apps", "inference", "run.ts"))})`;
  await execa(process.execPath, ["--eval", load], { env: asInImage(root) });
}

/** NODE_OPTIONS of the image. */
export const NODE_OPTIONS = "--max-semi-space-size=32";

const compiled = (root: string, by: string) => ({ NODE_COMPILE_CACHE: path.join(root, "..", `compiled-${by}`) });
const asInImage = (root: string) => ({ NODE_OPTIONS, ...compiled(root, "as-in-image") });

/** Our server with all features: validation, key, metrics, request ids, a log line per request. */
export function ours(root: string, model: string, name = "this server"): Start {
  return {
    name,
    // As in the image.
    command: () => [process.execPath, "apps/inference/main.ts"],
    env: (port) => ({
      ...{ MODEL_DIR: root, MODEL_NAME: model, MODEL_VERSION: model === "*" ? "latest" : "1", API_KEY },
      ...{ HOST: "127.0.0.1", PORT: String(port), METRICS_PORT: "0", ...asInImage(root) },
    }),
  };
}

/** The minimal server of `floor.ts`. */
export function floor(root: string, model: ModelCase): Start {
  const file = path.join(root, model, "1", "model.onnx");
  return {
    name: "bare node:http",
    command: (port) => [process.execPath, "bench/server/floor.ts", file, String(port), model],
    env: () => compiled(root, "bare"),
  };
}

/** The minimal gRPC server of `grpc-floor.ts`, with iris. */
export function grpcFloor(root: string): Start {
  const file = path.join(root, "iris", "1", "model.onnx");
  return {
    name: "bare grpc-js",
    command: (port) => [process.execPath, "bench/server/grpc-floor.ts", file, String(port)],
    env: () => compiled(root, "bare-grpc"),
  };
}

/** Our server's gRPC port, with all features. */
export function oursGrpc(root: string): Start {
  const { name, command, env } = ours(root, "iris");
  return { name, command, env: (port) => ({ ...env?.(port), PORT: "0", GRPC_PORT: String(port) }) };
}
