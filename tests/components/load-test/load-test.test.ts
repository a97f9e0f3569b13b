import { expect } from "chai";
import { LoadTest, type LoadTestArgs } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const args: LoadTestArgs = { namespace: "ml", image: "inference:1", url: "http://model-v1-service:80/predict" };

let made = 0;
const registered = (more: Partial<LoadTestArgs>) =>
  record(() => {
    new LoadTest(`load-${++made}`, { ...args, ...more });
  });

describe("LoadTest", () => {
  it("runs one pod per client, all at once, without retries", async () => {
    const { metadata, spec }: Manifest = only(await registered({ name: "model-load-test" }), "Job").inputs;
    expect(metadata.name).to.equal("model-load-test");
    expect(spec).to.include({ parallelism: 5, completions: 5, backoffLimit: 0 });
    const pod = spec.template.spec;
    expect(pod.restartPolicy).to.equal("Never");
    const variables = Object.fromEntries(pod.containers[0].env.map((v: Manifest) => [v.name, v.value]));
    expect(variables).to.deep.equal({
      URL: "http://model-v1-service:80/predict",
      REQUESTS: "100",
      DELAY_MILLISECONDS: "100",
      TIMEOUT_SECONDS: "30",
      MIN_SUCCESS: "0.99",
      HEADERS: "{}",
      BODY: '{"text":"This product is amazing!"}',
    });
  });

  it("sends the given requests with a key from a Secret", async () => {
    const { spec }: Manifest = only(
      await registered({
        headers: { Host: "ml-model.example.com" },
        body: { features: [1] },
        maxP95Milliseconds: 250,
        secretEnvironment: { API_KEY: { secret: "keys", key: "API_KEY" } },
      }),
      "Job",
    ).inputs;
    const { env } = spec.template.spec.containers[0];
    expect(env).to.deep.include.members([
      { name: "HEADERS", value: '{"Host":"ml-model.example.com"}' },
      { name: "BODY", value: '{"features":[1]}' },
      { name: "MAX_P95_MILLISECONDS", value: "250" },
      { name: "API_KEY", valueFrom: { secretKeyRef: { name: "keys", key: "API_KEY" } } },
    ]);
  });

  it("runs again only if `run` is increased", async () => {
    const first = only(await registered({}), "Job");
    expect(optionsOf(first)?.ignoreChanges).to.deep.equal(["spec"]);
    const second = only(await registered({ run: 2 }), "Job");
    expect((second.inputs["metadata"] as Manifest).name).to.equal("load-test-2");
  });
});
