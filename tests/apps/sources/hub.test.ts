import { createHash } from "node:crypto";
import { expect } from "chai";
import { type FileServer, startFileServer } from "./file-server.ts";
import { bytes, type Fetching, sha256, startFetching } from "./support.ts";

const COMMIT = "c".repeat(40);
const GRAPH = bytes(50_000);
const CONFIG = Buffer.from('{"id2label": {"0": "NEGATIVE"}}');

describe("a source on the Hugging Face Hub", () => {
  let server: FileServer;
  let fetching: Fetching;
  let environment: Record<string, string>;
  beforeEach(async () => {
    [server, fetching] = await Promise.all([startFileServer(), startFetching()]);
    environment = { HF_ENDPOINT: server.url };
    const api = "/api/models/owner/name";
    const git = createHash("sha1").update(`blob ${CONFIG.length}\0`).update(CONFIG).digest("hex");
    const json = (value: object) => ({ content: Buffer.from(JSON.stringify(value)) });
    server.files.set(`${api}/revision/main`, json({ sha: COMMIT }));
    server.files.set(
      `${api}/tree/${COMMIT}?recursive=true`,
      json([
        { type: "directory", path: "onnx", size: 0, oid: "0" },
        { type: "file", path: "config.json", size: CONFIG.length, oid: git },
        { type: "file", path: "model.safetensors", size: 9, oid: "1", lfs: { oid: "2".repeat(64), size: 1_000_000 } },
        { type: "file", path: "onnx/model.onnx", size: 9, oid: "3", lfs: { oid: sha256(GRAPH), size: GRAPH.length } },
      ]),
    );
    server.files.set(`/owner/name/resolve/${COMMIT}/config.json`, { content: CONFIG });
    server.redirects.set(`/owner/name/resolve/${COMMIT}/onnx/model.onnx`, "/cdn/1?signature=2");
    server.files.set("/cdn/1?signature=2", { content: GRAPH });
  });
  afterEach(() => Promise.all([server.close(), fetching.close()]));

  it("is fetched at its commit, with the graph beside its companions", async () => {
    const files = ["*.onnx", "*.json"];
    const { record } = await fetching.fetch("hf://owner/name", { environment, files });
    expect(record.files.map((file) => file.path)).to.deep.equal(["config.json", "model.onnx"]);
    expect(record.files[1]?.sha256).to.equal(sha256(GRAPH));
  });

  it("can be one file or folder of the repository", async () => {
    const one = await fetching.fetch("hf://owner/name@main/onnx/model.onnx", { environment });
    expect(one.record.digest).to.equal(sha256(GRAPH));
    const folder = await fetching.fetch("hf://owner/name/onnx/", { environment, version: "2" });
    expect(folder.record.digest).to.equal(sha256(GRAPH));
    expect(await fetching.failure("hf://owner/name/pytorch", { environment, version: "3" })).to.include(
      "has no file pytorch",
    );
  });

  it("is refused if a file is not what the repository lists", async () => {
    for (const [path, pattern] of [
      [`/owner/name/resolve/${COMMIT}/config.json`, "*.json"],
      ["/cdn/1?signature=2", "*.onnx"],
    ] as const) {
      const file = server.files.get(path);
      server.files.set(path, { content: Buffer.from(file?.content.map((one) => one ^ 1) ?? []) });
      const message = await fetching.failure("hf://owner/name", { environment, files: [pattern] });
      expect(message).to.match(
        /(config\.json|model\.onnx) has the digest .*: what the source lists and what it sends differ/,
      );
    }
  });

  it("sends the token to the Hub, and says that it is missing or wrong", async () => {
    const place = server.files.get("/api/models/owner/name/revision/main");
    if (place !== undefined) place.authorization = "Bearer hf_1";
    expect(await fetching.failure("hf://owner/name", { environment })).to.match(
      /answers 401: the credentials are missing, wrong or lack the permission: give HF_TOKEN from a Secret/,
    );
    const files = ["*.onnx"];
    await fetching.fetch("hf://owner/name", { environment: { ...environment, HF_TOKEN: "hf_1" }, files });
  });
});
