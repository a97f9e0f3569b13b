import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { waitFor } from "../../../common/wait.ts";
import { ensureTool } from "../../tools/index.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.ts";
import { pushArtifact, pushImage } from "./oci-push.ts";
import { type OciRegistry, startRegistry, USER } from "./oci-registry.ts";
import { bytes, type Fetching, sha256, startFetching } from "./support.ts";
import { startTokenServer, type TokenServer } from "./token-server.ts";

const GRAPH = bytes(3_000_000);
const CONFIG = Buffer.from('{"id2label": {}}');
const OTHER = bytes(2_000_000, 5);
const BASIC = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString("base64")}`;
const PASSWORD = { SOURCE_USERNAME: USER.name, SOURCE_PASSWORD: USER.password };

describe("a source in a real OCI registry", function () {
  this.timeout(900_000);
  let fetching: Fetching;
  before(() => ensureTool("distribution"));
  beforeEach(async () => {
    fetching = await startFetching();
  });
  afterEach(() => fetching.close());

  describe("for everybody", () => {
    let registry: OciRegistry;
    let proxy: CuttingProxy;
    before(async () => {
      registry = await startRegistry();
      proxy = await startCuttingProxy(registry.url, {
        isContent: (headers) => headers["content-type"] === "application/octet-stream",
      });
    });
    after(async () => {
      proxy?.close();
      await registry?.close();
    });
    beforeEach(() => {
      proxy.cuts.length = 0;
      proxy.ranges.length = 0;
    });
    const repository = (name: string) => ({ url: registry.url, name });
    const throughProxy = (place: string) => `oci://${new URL(proxy.url).host}/${place}`;

    it("is an artifact, found by its tag and by its digest, which stays when the tag moves", async () => {
      const digest = await pushArtifact(repository("models/a"), "1", { "model.onnx": GRAPH, "config.json": CONFIG });
      const files = [
        ["config.json", sha256(CONFIG)],
        ["model.onnx", sha256(GRAPH)],
      ];
      const filesOf = async (...args: Parameters<Fetching["fetch"]>) =>
        (await fetching.fetch(...args)).record.files.map((file) => [file.path, file.sha256]);
      const tagged = `oci://${registry.host}/models/a:1`;
      expect(await filesOf(tagged)).to.deep.equal(files);
      await pushArtifact(repository("models/a"), "1", { "model.onnx": OTHER });
      const pinned = `oci://${registry.host}/models/a@${digest}`;
      expect(await filesOf(pinned, { version: "2" })).to.deep.equal(files);
      expect(await filesOf(tagged, { version: "3" })).to.deep.equal([["model.onnx", sha256(OTHER)]]);
      expect(await fetching.failure(tagged, { version: "4", sha256: sha256(GRAPH) })).to.include(
        "it has changed under its name",
      );
    });

    it("is an image whose layer has the files", async () => {
      const digest = await pushImage(repository("models/image"), "1", { "models/model.onnx": GRAPH });
      const { record } = await fetching.fetch(`oci://${registry.host}/models/image@${digest}`);
      expect(record.files).to.deep.equal([{ path: "model.onnx", bytes: GRAPH.length, sha256: sha256(GRAPH) }]);
    });

    it("is named by the registry's reason if it is not there", async () => {
      await pushArtifact(repository("models/a"), "1", { "model.onnx": OTHER });
      for (const [place, code] of [
        ["models/a:none", "MANIFEST_UNKNOWN"],
        [`models/a@sha256:${"0".repeat(64)}`, "MANIFEST_UNKNOWN"],
        ["models/none:1", "(MANIFEST|NAME)_UNKNOWN"],
      ] as const) {
        expect(await fetching.failure(`oci://${registry.host}/${place}`)).to.match(
          new RegExp(`answers 404 \\(${code}\\): there is no such thing: check the URL$`),
        );
      }
    });

    it("continues where the connection broke, by a range of the same blob", async () => {
      await pushArtifact(repository("models/cut"), "1", { "model.onnx": GRAPH });
      proxy.cuts.push(1_000_000, 500_000);
      const { record } = await fetching.fetch(throughProxy("models/cut:1"));
      expect(record.files[0]?.sha256).to.equal(sha256(GRAPH));
      const blobs = proxy.ranges.filter((range) => range !== undefined);
      expect(blobs).to.have.lengthOf(2);
      for (const range of blobs) expect(range).to.match(/^bytes=[1-9]\d*-$/);
    });

    it("is completed by the next process if one is killed midway", async () => {
      await pushArtifact(repository("models/killed"), "1", { "model.onnx": GRAPH });
      // The connection breaks again and again without a new byte, so that the process waits to be killed.
      proxy.cuts.push(1_500_000, ...Array.from({ length: 20 }, () => 0));
      const main = path.resolve(import.meta.dirname, "../../../apps/sources/main.ts");
      const args = [main, throughProxy("models/killed:1"), "--models", fetching.root, "--model", "m", "--version=1"];
      const killed = execa(process.execPath, args, { reject: false });
      const stage = path.join(fetching.root, "m", ".fetch-1", "content");
      const part = path.join(stage, "model.onnx.part");
      const isMidway = async () => ((await stat(part).catch(() => undefined))?.size ?? 0) >= 1_000_000 || undefined;
      expect(await waitFor(isMidway, { interval: 20, timeout: 60_000 })).to.equal(true);
      killed.kill("SIGKILL");
      expect((await killed).signal).to.equal("SIGKILL");
      const fetched = (await stat(part)).size;
      proxy.cuts.length = 0;
      proxy.ranges.length = 0;
      const { all, exitCode } = await execa(process.execPath, args, { reject: false, all: true });
      expect(exitCode, all).to.equal(0);
      expect(proxy.ranges).to.include(`bytes=${fetched}-`);
      const model = await readFile(path.join(fetching.root, "m", "1", "model.onnx"));
      expect(sha256(model)).to.equal(sha256(GRAPH));
      expect(await readdir(path.join(fetching.root, "m"))).to.deep.equal(["1"]);
    });

    it("is refused if the registry's disk has other bytes than the digests say", async () => {
      const digest = await pushArtifact(repository("models/broken"), "1", { "model.onnx": bytes(100_000, 7) });
      const pinned = `oci://${registry.host}/models/broken@${digest}`;
      const blob = registry.blobFile(sha256(bytes(100_000, 7)));
      await writeFile(blob, bytes(100_000, 8));
      expect(await fetching.failure(pinned)).to.match(
        new RegExp(`model\\.onnx has the digest ${sha256(bytes(100_000, 8))}, not ${sha256(bytes(100_000, 7))}`),
      );
      await truncate(blob, 50_000);
      expect(await fetching.failure(pinned)).to.match(
        /model\.onnx has 50000 bytes, not the 100000 that the source lists; gave up after 3 attempts/,
      );
      const manifest = registry.blobFile(digest);
      await writeFile(manifest, (await readFile(manifest, "utf8")).replace("octet-stream", "octet-STREAM"));
      expect(await fetching.failure(pinned)).to.include("sends a manifest with the digest");
      // Nothing of it was published.
      expect((await readdir(path.join(fetching.root, "m"))).filter((name) => !name.startsWith("."))).to.deep.equal([]);
    });
  });

  it("asks for the password, and says plainly that it is missing or wrong", async () => {
    const registry = await startRegistry("password");
    try {
      await pushArtifact({ url: registry.url, name: "m", authorization: BASIC }, "1", { "model.onnx": GRAPH });
      const source = `oci://${registry.host}/m:1`;
      const refused =
        /answers 401 \(UNAUTHORIZED\): the credentials are missing, wrong or lack the permission: give SOURCE_USERNAME and/;
      expect(await fetching.failure(source)).to.match(refused);
      expect(await fetching.failure(source, { environment: { ...PASSWORD, SOURCE_PASSWORD: "no" } })).to.match(refused);
      const auths = { [registry.host]: { auth: BASIC.slice("Basic ".length) } };
      for (const [version, environment] of Object.entries({
        1: PASSWORD,
        2: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) },
      })) {
        const { record } = await fetching.fetch(source, { version, environment });
        expect(record.digest).to.equal(sha256(GRAPH));
      }
    } finally {
      await registry.close();
    }
  });

  it("gets a token for its repository, and says plainly that the user may not read it", async () => {
    let tokens: TokenServer | undefined;
    let registry: OciRegistry | undefined;
    try {
      tokens = await startTokenServer(BASIC, (name) => name === "models/mine");
      registry = await startRegistry(tokens.access);
      for (const name of ["models/mine", "models/theirs"]) {
        const authorization = `Bearer ${tokens.tokenFor(name, ["push", "pull"])}`;
        await pushArtifact({ url: registry.url, name, authorization }, "1", { "model.onnx": GRAPH });
      }
      const { record } = await fetching.fetch(`oci://${registry.host}/models/mine:1`, { environment: PASSWORD });
      expect(record.digest).to.equal(sha256(GRAPH));
      for (const [name, environment] of [
        ["models/mine", {}],
        ["models/mine", { ...PASSWORD, SOURCE_PASSWORD: "no" }],
        ["models/theirs", PASSWORD],
      ] as const) {
        const said = await fetching.failure(`oci://${registry.host}/${name}:1`, { version: "2", environment });
        expect(said).to.match(/answers 401 \((UNAUTHORIZED|DENIED)\): the credentials are missing, wrong or lack/);
      }
    } finally {
      await registry?.close();
      await tokens?.close();
    }
  });
});
