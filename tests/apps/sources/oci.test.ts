import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { type FileServer, startFileServer } from "./file-server.ts";
import { tar } from "./oci-push.ts";
import { bytes, type Fetching, sha256, startFetching } from "./support.ts";

const GRAPH = bytes(50_000);
const TITLE = "org.opencontainers.image.title";

describe("a source in an OCI registry", () => {
  let server: FileServer;
  let fetching: Fetching;
  let base: string;
  beforeEach(async () => {
    [server, fetching] = await Promise.all([startFileServer(), startFetching()]);
    base = server.url.replace("http", "oci");
    server.files.set("/v2/", { content: Buffer.from("{}") });
  });
  afterEach(() => Promise.all([server.close(), fetching.close()]));

  /** Pushes layers, and returns the digest of their manifest. */
  function push(
    layers: readonly { content: Buffer; mediaType: string; title?: string }[],
    tag = "1",
    authorization?: string,
  ): string {
    const more = authorization === undefined ? {} : { authorization };
    for (const { content } of layers)
      server.files.set(`/v2/models/m/blobs/sha256:${sha256(content)}`, { content, ...more });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        layers: layers.map(({ content, mediaType, title }) => ({
          ...{ mediaType, digest: `sha256:${sha256(content)}`, size: content.length },
          ...(title === undefined ? {} : { annotations: { [TITLE]: title } }),
        })),
      }),
    );
    const digest = `sha256:${sha256(manifest)}`;
    for (const name of [tag, digest])
      server.files.set(`/v2/models/m/manifests/${name}`, { content: manifest, ...more });
    return digest;
  }

  it("may be an artifact with a blob for each file", async () => {
    const digest = push([
      { content: GRAPH, mediaType: "application/octet-stream", title: "model.onnx" },
      { content: Buffer.from("{}"), mediaType: "application/json", title: "config.json" },
    ]);
    const { record } = await fetching.fetch(`${base}/models/m@${digest}`);
    expect(record.files.map((file) => file.path)).to.deep.equal(["config.json", "model.onnx"]);
  });

  it("may be an image, whose layers change each other", async () => {
    const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
    push([
      { content: gzipSync(await tar({ "models/model.onnx": bytes(10), "models/old.bin": bytes(10) })), mediaType },
      {
        content: gzipSync(await tar({ "./models/model.onnx": GRAPH, "models/.wh.old.bin": Buffer.alloc(0) })),
        mediaType,
      },
    ]);
    const { record } = await fetching.fetch(`${base}/models/m:1`);
    expect(record.files).to.deep.equal([{ path: "model.onnx", bytes: GRAPH.length, sha256: sha256(GRAPH) }]);
  });

  it("never writes outside of the version's folder", async () => {
    push([{ content: await tar({ "../../evil": GRAPH }), mediaType: "application/vnd.oci.image.layer.v1.tar" }]);
    expect(await fetching.failure(`${base}/models/m:1`)).to.include("which is outside of its folder");
    push([{ content: GRAPH, mediaType: "application/octet-stream", title: "../evil" }], "2");
    expect(await fetching.failure(`${base}/models/m:2`)).to.include(
      'a file "../evil", which is no path below a folder',
    );
  });

  it("is refused if manifest or blob are not what their digests say", async () => {
    const digest = push([{ content: GRAPH, mediaType: "application/octet-stream", title: "model.onnx" }]);
    server.files.set(`/v2/models/m/blobs/sha256:${sha256(GRAPH)}`, { content: bytes(50_000, 3) });
    expect(await fetching.failure(`${base}/models/m@${digest}`)).to.include("model.onnx has the digest");
    server.files.set(`/v2/models/m/manifests/${digest}`, { content: Buffer.from('{"layers": []}') });
    expect(await fetching.failure(`${base}/models/m@${digest}`)).to.include("sends a manifest with the digest");
  });

  it("gets a token for the repository with the user's password", async () => {
    const challenge = `Bearer realm="${server.url}/token",service="registry"`;
    server.files.set("/v2/", {
      content: Buffer.alloc(0),
      faults: [1, 2, 3].map(() => ({ status: 401, headers: { "www-authenticate": challenge } })),
    });
    const scope = "/token?service=registry&scope=repository%3Amodels%2Fm%3Apull";
    const authorization = `Basic ${Buffer.from("me:pass").toString("base64")}`;
    server.files.set(scope, { content: Buffer.from('{"token": "t1", "expires_in": 300}'), authorization });
    push([{ content: GRAPH, mediaType: "application/octet-stream", title: "model.onnx" }], "1", "Bearer t1");
    expect(await fetching.failure(`${base}/models/m:1`)).to.match(
      /answers 401: .*: give SOURCE_USERNAME and SOURCE_PASSWORD, or DOCKER_AUTH/,
    );
    const environment = { SOURCE_USERNAME: "me", SOURCE_PASSWORD: "pass" };
    await fetching.fetch(`${base}/models/m:1`, { environment });
    const auths = { [new URL(server.url).host]: { auth: Buffer.from("me:pass").toString("base64") } };
    const docker = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    await fetching.fetch(`${base}/models/m:1`, { environment: docker, version: "2" });
  });
});
