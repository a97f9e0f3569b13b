import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { pushArtifact, pushImage } from "../../apps/sources/oci-push.ts";
import { onRequest } from "../../support/needs.ts";
import { type Cluster, NAMESPACE as DEV, destroyStack, devCluster, startLocal, status } from "../support/cluster.ts";
import { deploy, stackOf } from "../support/stacks.ts";
import { eventually } from "../support/wait.ts";
import { GRAPH, type Registry, removeServers, type Store, startRegistryPod, startStore } from "./servers.ts";
import { LARGE_BYTES, largePiece, MODEL_BYTES } from "./store.ts";

const STACK = "sources";
const NAMESPACE = "ml-sources";
const HOST = "sources.example.com";
/** A version in the stack file. */
interface Version {
  readonly version: string;
  readonly source: unknown;
  readonly resources?: object;
}

const RESOURCES = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } };

describe("models from elsewhere on the embedded cluster", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let store: Store;
  let registry: Registry;
  before(async function () {
    // On a new machine this builds Kubernetes and everything else from source.
    this.timeout(60 * 60_000);
    onRequest(this, "SOURCES", "takes minutes and writes 2 GB to the disk");
    cluster = await devCluster();
    const [server] = await cluster.kubectl.get(["deployment", "model-v1", `--namespace=${DEV}`]);
    const image = server && valueAt(server, "spec.template.spec.containers.0.image");
    store = await startStore(cluster, String(image));
    registry = await startRegistryPod(cluster);
  });
  after(async () => {
    if (cluster === undefined) return;
    await destroyStack(STACK);
    await removeServers(cluster);
  });

  /** Arguments of `up` for a stack with these versions; the first is stable. */
  const stackWith = async (...versions: readonly Version[]) => [
    ...["--stack", STACK],
    ...(await stackOf(cluster, {
      environment: "test",
      images: { registry: "registry.example.com/ml" },
      namespace: { name: NAMESPACE },
      gateway: { name: "ml-gateway", namespace: "gateway-system", implementation: "traefik" },
      secrets: { store: { data: { SOURCE_USERNAME: { value: "me" }, SOURCE_PASSWORD: { value: "pass" } } } },
      modelDefaults: { resources: RESOURCES },
      models: [
        {
          model: "half",
          versions,
          traffic: {
            hosts: [HOST],
            stable: versions[0]?.version,
            ...(versions[1] === undefined ? {} : { canary: versions[1].version, canaryWeight: 50 }),
          },
        },
      ],
    })),
  ];
  const fromStore = (version: string, files = ["model.onnx"], more: object = {}) => ({
    version,
    source: { url: `${store.url}/${version}/`, files, secret: "store" },
    ...more,
  });

  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  /** Asks the route for a prediction, and returns the version that answers. */
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const headers = { host: HOST, "content-type": "application/json" };
      const url = new URL("/v1/models/half:predict", cluster.gatewayUrl);
      const sent = request(url, { method: "POST", agent, headers, timeout: 30_000 }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("error", reject);
        response.on("end", () => {
          const isRight = response.statusCode === 200 && text.replaceAll(/\s/g, "").includes('"predictions":[3]');
          if (isRight) resolve(String(response.headers["x-model-version"]));
          else reject(new Error(`${response.statusCode} ${text}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer in 30 s")));
      sent.on("error", reject);
      sent.end(JSON.stringify({ instances: [2] }));
    });
  const answers = (...wanted: readonly string[]) =>
    eventually(`answers of version ${wanted}`, async () => {
      const found = await Promise.all(Array.from({ length: 20 }, () => ask().catch(() => undefined)));
      return wanted.every((version) => found.includes(version)) && !found.includes(undefined) ? true : undefined;
    });

  it("are fetched from a web server with a password, and served", async () => {
    await deploy(...(await stackWith(fromStore("1"))));
    await answers("1");
  });

  it("leave the old version serving while a source is cut off midway, and come by themselves when it is back", async () => {
    await store.cutAt(MODEL_BYTES / 2);
    const seen: Record<string, number> = {};
    const failures: string[] = [];
    let isOver = false;
    const worker = async () => {
      while (!isOver) {
        await ask().then(
          (version) => {
            seen[version] = (seen[version] ?? 0) + 1;
          },
          (error: Error) => failures.push(error.message),
        );
        await sleep(5);
      }
    };
    const workers = Promise.all(Array.from({ length: 4 }, worker));
    const up = startLocal("up", ...(await stackWith(fromStore("2"))));
    try {
      const problem = await eventually("problem of the pod that cannot fetch its model", async () =>
        (await status()).problems.find(
          ({ namespace, what }) => namespace === NAMESPACE && what.includes("cannot fetch its model"),
        ),
      );
      expect(problem.object).to.match(/^Pod .*half-v2/);
      expect(problem.what).to.match(
        /http:\/\/store\.model-store\.svc:8080\/2\/: the connection to store\.model-store\.svc:8080 failed .*gave up after 5 attempts/,
      );
      expect(problem.remedy).to.include("it is tried again by itself, and the pods that are ready stay");
      expect(Object.keys(seen)).to.deep.equal(["1"]);
      const before = (await store.requests()).filter(({ path }) => path === "/2/model.onnx").length;
      await store.cutAt(undefined);
      const { exitCode, all } = await up;
      expect(exitCode, all).to.equal(0);
      await answers("2");
      // What was fetched before is not fetched again.
      const after = (await store.requests()).filter(({ path }) => path === "/2/model.onnx").slice(before);
      expect(new Set(after.map(({ from }) => from))).to.deep.equal(new Set([MODEL_BYTES / 2]));
      const { problems } = await status();
      expect(problems.filter(({ namespace }) => namespace === NAMESPACE)).to.deep.equal([]);
    } finally {
      isOver = true;
      await store.cutAt(undefined);
      up.kill();
      await up;
      await workers;
    }
    expect(failures.slice(0, 5), `${failures.length} requests failed`).to.deep.equal([]);
    expect(seen["1"]).to.be.above(100);
    expect(seen["2"]).to.be.above(0);
  });

  it("are fetched from an OCI registry, or mounted as an image that the node pulls from it", async () => {
    const graph = await readFile(GRAPH);
    const artifact = await pushArtifact({ url: registry.url, name: "half/artifact" }, "1", { "model.onnx": graph });
    const image = await pushImage({ url: registry.url, name: "half/image" }, "1", { "model.onnx": graph });
    await deploy(
      ...(await stackWith(
        { version: "3", source: `oci+http://${registry.podHost}/half/artifact@${artifact}` },
        {
          version: "4",
          source: { url: `oci://${registry.nodeHost}/half/image@${image}`, imageVolume: true },
        },
      )),
    );
    await answers("3", "4");
  });

  it("are fetched with 2 GB beside them in a pod of 256 MiB, and resumed after its container was killed", async () => {
    const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "2", memory: "256Mi" } };
    const up = startLocal("up", ...(await stackWith(fromStore("5", ["model.onnx", "large.bin"], { resources }))));
    try {
      const pod = await eventually("pod that fetches", async () => {
        const found = await cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, "--selector=app=half,version=v5"]);
        return found.find((one) => valueAt(one, "status.initContainerStatuses.0.state.running") !== undefined);
      });
      const inPod = ["exec", pod.metadata.name, `--namespace=${NAMESPACE}`, "--container"];
      const part = "/models/half/.fetch-5/content/large.bin.part";
      const isMidway = `set -- $(ls -ln ${part}) && [ $5 -gt ${LARGE_BYTES / 4} ] && kill 1`;
      await eventually("half of the file", () =>
        cluster.kubectl.run([...inPod, "fetch", "--", "sh", "-c", isMidway]).then(
          () => true,
          () => undefined,
        ),
      );
      const { exitCode, all } = await up;
      expect(exitCode, all).to.equal(0);
      await answers("5");
      const starts = (await store.requests()).filter(({ path }) => path === "/5/large.bin").map(({ from }) => from);
      expect(starts.length).to.equal(2);
      expect(starts[1]).to.be.above(LARGE_BYTES / 4);
      const hash = createHash("sha256");
      for (let at = 0; at < LARGE_BYTES; at += 1024 ** 2) hash.update(largePiece(at));
      const record = ["model-server", "--", "cat", "/models/half/5/source.json"];
      const { files } = JSON.parse(await cluster.kubectl.run([...inPod, ...record])) as { files: object[] };
      expect(files).to.deep.include({ path: "large.bin", bytes: LARGE_BYTES, sha256: hash.digest("hex") });
    } finally {
      up.kill();
      await up;
    }
  });
});
