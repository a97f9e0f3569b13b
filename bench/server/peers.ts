import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import { pythonEnvironment } from "../../tests/tools/python.ts";
import type { Start } from "./process.ts";

const folder = path.join(import.meta.dirname, "peers");
const peer = (script: string) => path.join(folder, script);

/** So that the scripts find each other, write nothing beside them, and report to nobody. */
const ENVIRONMENT = {
  ...{ PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
  ...{ RAY_USAGE_STATS_ENABLED: "0", BENTOML_DO_NOT_TRACK: "True" },
};
const env = () => ENVIRONMENT;

/** FastAPI and scikit-learn, on uvicorn with its compiled extensions. */
export async function fastApi(): Promise<Start> {
  const python = await pythonEnvironment("bench-apps");
  const app = ["-m", "uvicorn", "--app-dir", folder, "fastapi_iris:app", "--host", "127.0.0.1"];
  return {
    name: "FastAPI + scikit-learn",
    command: (port) => [python, ...app, "--port", String(port), "--log-level", "warning"],
    env,
  };
}

/** Flask with its own server, and ONNX Runtime. */
export async function flask(root: string): Promise<Start> {
  const python = await pythonEnvironment("bench-apps");
  const file = path.join(root, "sentiment-classifier", "1", "model.onnx");
  return {
    name: "Flask + ONNX Runtime",
    command: (port) => [python, peer("flask_sentiment.py"), file, String(port)],
  };
}

/**
 * MLServer with its scikit-learn runtime, one process.
 *
 * @param work A folder for its settings.
 */
export async function mlServer(work: string): Promise<Start> {
  const python = await pythonEnvironment("bench-mlserver");
  const settings = await mkdtemp(path.join(work, "mlserver-"));
  return {
    name: "MLServer + scikit-learn",
    command: (port) => [python, peer("mlserver_iris.py"), settings, String(port)],
  };
}

/** BentoML with one worker. */
export async function bentoMl(): Promise<Start> {
  const python = await pythonEnvironment("bench-servers");
  const app = ["-m", "bentoml", "serve", "bentoml_iris:Iris", "--working-dir", folder, "--host", "127.0.0.1"];
  return { name: "BentoML + scikit-learn", command: (port) => [python, ...app, "--port", String(port)], env };
}

/** LitServe with one worker. */
export async function litServe(): Promise<Start> {
  const python = await pythonEnvironment("bench-servers");
  return {
    name: "LitServe + scikit-learn",
    command: (port) => [python, peer("litserve_iris.py"), String(port)],
    env,
  };
}

/**
 * Ray Serve with one replica.
 *
 * @param work A folder for its sockets and logs; their paths must be short.
 */
export async function rayServe(work: string): Promise<Start> {
  const python = await pythonEnvironment("bench-servers");
  return {
    name: "Ray Serve + scikit-learn",
    command: (port) => [python, peer("ray_iris.py"), path.join(work, "r"), String(port)],
    env,
  };
}
