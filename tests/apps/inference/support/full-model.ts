import { onnxOpener } from "../../../../apps/inference/model/onnx.ts";
import { fakeModel } from "./fake-model.ts";
import { type Answer, startTestServer, type TestServer, until } from "./server.ts";

/** A server whose model half-plus-two has a full queue. */
export interface FullModel {
  readonly server: TestServer;
  /** Requests a prediction from the full model. */
  ask(): Promise<Answer>;
  /** Unblocks the model; resolves with the responses to the requests that were running or waiting. */
  release(): Promise<Answer[]>;
}

/**
 * Starts a server of two models: half-plus-two has one request running and a full queue, and `linear` has no requests.
 *
 * @param queue Capacity of the queue in rows.
 * @param apiKey Key of the server. @default none
 */
export async function startFullModel(queue: number, apiKey?: string): Promise<FullModel> {
  const model = fakeModel();
  const open = model.hold();
  const server = await startTestServer({
    model: "half-plus-two",
    published: [
      ["half-plus-two", "1"],
      ["linear", "1"],
    ],
    env: {
      ...{ MODEL_NAME: "*", MODEL_VERSION: "latest", MAX_QUEUE_SIZE: String(queue), MAX_BATCH_SIZE: "1" },
      ...(apiKey === undefined ? {} : { API_KEY: apiKey }),
    },
    open: (metadata, artifact) =>
      metadata.name === "half-plus-two" ? model.open(metadata, artifact) : onnxOpener(1)(metadata, artifact),
  });
  const headers: Record<string, string> = apiKey === undefined ? {} : { "X-API-Key": apiKey };
  const ask = () => server.post("/models/half-plus-two/predict", { instances: [1] }, headers);
  const asked = [ask()];
  await until(() => model.runs.length === 1);
  asked.push(...Array.from({ length: queue }, ask));
  const depth = new RegExp(`^model_queue_depth\\{model="half[^}]*\\} ${queue}$`, "m");
  await until(async () => depth.test((await server.get("/metrics")).body));
  return {
    server,
    ask,
    release() {
      open();
      return Promise.all(asked);
    },
  };
}
