import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { freePort } from "../../../common/ports.ts";
import { waitFor } from "../../../common/wait.ts";
import { ensureTool } from "../../tools/index.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.ts";
import { isSigned } from "./s3-signature.ts";
import { bytes, type Fetching, sha256, startFetching } from "./support.ts";

const SECRET = "secret/key+1";
const KEYS = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: SECRET };
const GRAPH = bytes(3_000_000);
const WEIGHTS = bytes(2_000_000, 5);
const OBJECTS = {
  "models/3/model.onnx": GRAPH,
  "models/3/weights/a b+c (1).data": WEIGHTS,
  "models/30/model.onnx": bytes(10),
};

describe("a source in a real S3 server", function () {
  this.timeout(900_000);
  let direct: string;
  let proxy: CuttingProxy;
  let stop: (() => Promise<void>) | undefined;
  let fetching: Fetching;
  before(async () => {
    const gofakes3 = path.join(await ensureTool("gofakes3"), "gofakes3");
    const port = await freePort();
    direct = `http://127.0.0.1:${port}`;
    const args = ["-backend", "memory", "-initialbucket", "bucket", "-host", `127.0.0.1:${port}`, "-quiet"];
    const server = execa(gofakes3, args, { reject: false, all: true });
    stop = async () => {
      server.kill();
      await server;
    };
    const up = await waitFor(async () => ((await fetch(direct).catch(() => undefined))?.ok ? true : undefined), {
      timeout: 120_000,
    });
    expect(up, "gofakes3 answers").to.equal(true);
    for (const [key, body] of Object.entries(OBJECTS)) await put(key, body);
    // The server takes every signature, so what is before it checks them.
    proxy = await startCuttingProxy(direct, {
      isContent: (headers) => headers["content-type"] !== "application/xml",
      refuse({ method = "GET", url: path = "/", headers }) {
        const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
        if (isSigned({ method, url: new URL(path, direct), headers: flat }, SECRET)) return undefined;
        return { status: 403, body: "<Error><Code>SignatureDoesNotMatch</Code></Error>" };
      },
    });
  });
  after(async () => {
    proxy?.close();
    await stop?.();
  });
  beforeEach(async () => {
    fetching = await startFetching();
    proxy.cuts.length = 0;
    proxy.ranges.length = 0;
  });
  afterEach(() => fetching.close());

  async function put(key: string, body: Buffer): Promise<void> {
    const place = `${direct}/bucket/${key.split("/").map(encodeURIComponent).join("/")}`;
    const { ok, status } = await fetch(place, { method: "PUT", body: new Uint8Array(body) });
    expect(ok, `PUT ${key}: ${status}`).to.equal(true);
  }
  const environment = (keys: object = KEYS) => ({ AWS_ENDPOINT_URL: proxy.url, ...keys });

  it("is listed and fetched below its prefix, each request signed", async () => {
    const { record } = await fetching.fetch("s3://bucket/models/3/", { environment: environment() });
    expect(record.files.map(({ path: file, sha256: digest }) => [file, digest])).to.deep.equal([
      ["model.onnx", sha256(GRAPH)],
      ["weights/a b+c (1).data", sha256(WEIGHTS)],
    ]);
  });

  it("refuses wrong keys, and says so; a missing object too", async () => {
    const wrong = environment({ ...KEYS, AWS_SECRET_ACCESS_KEY: "wrong" });
    const source = "s3://bucket/models/3/model.onnx";
    expect(await fetching.failure(source, { environment: wrong })).to.match(
      /answers 403 \(SignatureDoesNotMatch\): the credentials are missing, wrong or lack the permission/,
    );
    expect(await fetching.failure("s3://bucket/none.onnx", { environment: environment() })).to.match(
      /answers 404 \(NoSuchKey\): there is no such thing/,
    );
    expect(await fetching.failure("s3://bucket/none/", { environment: environment() })).to.include(
      "there is no object below this prefix",
    );
  });

  it("continues where the connection broke, by a range of the same object", async () => {
    proxy.cuts.push(1_000_000, 500_000);
    const source = "s3://bucket/models/3/model.onnx";
    const { record } = await fetching.fetch(source, { environment: environment() });
    expect(record.digest).to.equal(sha256(GRAPH));
    expect(proxy.ranges).to.have.lengthOf(3);
    expect(proxy.ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ""))).to.equal(true);
  });

  it("is refused if the object has changed under its pinned name", async () => {
    const pin = { environment: environment(), sha256: sha256(GRAPH) };
    await put("models/pinned.onnx", WEIGHTS);
    expect(await fetching.failure("s3://bucket/models/pinned.onnx", pin)).to.include("it has changed under its name");
    await put("models/pinned.onnx", GRAPH);
    expect((await fetching.fetch("s3://bucket/models/pinned.onnx", pin)).record.digest).to.equal(sha256(GRAPH));
  });
});
