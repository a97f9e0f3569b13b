import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { layOut, metadataOf, publish, publishWorse, writeVersion } from "../support/registry.ts";
import { startRepository, startTestServer, type TestServer } from "../support/server.ts";

type Paths = Record<string, { get?: Operation; post?: Operation }>;
interface Operation {
  readonly parameters?: readonly { name: string; in: string }[];
  readonly security?: unknown[];
  readonly requestBody?: { content: Record<string, { schema: unknown; example?: unknown }> };
  readonly responses: Record<string, unknown>;
}

interface Schema {
  readonly required?: string[];
  readonly items?: Schema;
  readonly oneOf?: Schema[];
  readonly anyOf?: Schema[];
  readonly properties?: Record<string, Schema>;
}

const EVERY = ["iris", "words", "linear", "half-plus-two", "pair", "image", "types", "lengths"] as const;

describe("GET /openapi.json", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("describes /predict by the model's own fields", async () => {
    server = await startTestServer({ model: "iris" });
    const { status, headers, body } = await server.get("/openapi.json");
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.match(/^application\/json/);
    expect(body.openapi).to.equal("3.1.0");
    const manifest = path.join(import.meta.dirname, "..", "..", "..", "..", "apps", "inference", "package.json");
    const { version } = JSON.parse(await readFile(manifest, "utf8"));
    expect(body.info.version).to.equal(version);
    expect((await server.get("/v2")).body.version).to.equal(version);
    const { schema } = body.paths["/predict"].post.requestBody.content["application/json"];
    expect(schema.oneOf[0].required).to.deep.equal(["sepal_length", "sepal_width", "petal_length", "petal_width"]);
    const answer = body.paths["/predict"].post.responses["200"].content["application/json"].schema.oneOf[0];
    expect(answer.properties.species_name.enum).to.deep.equal(["setosa", "versicolor", "virginica"]);
  });

  it("gives a valid example for every prediction", async () => {
    server = await startRepository(EVERY);
    const paths: Paths = (await server.get("/openapi.json")).body.paths;
    const predictions = Object.entries(paths).filter(([path]) => /predict$|infer$/.test(path));
    // Eight models: both protocols for each, /predict for those with a batch dimension.
    expect(predictions).to.have.lengthOf(8 + 8 + 7);
    for (const [path, { post }] of predictions) {
      const { status, body } = await server.post(path, post?.requestBody?.content["application/json"]?.example);
      expect(status, `${path}: ${JSON.stringify(body)}`).to.equal(200);
    }
  });

  const requestOf = (paths: Record<string, Required<Pick<Paths[string], "post">>>, path: string) =>
    paths[path]?.post.requestBody?.content["application/json"]?.schema as Schema;

  it("describes every form of a request that the server accepts", async () => {
    server = await startTestServer({ model: "linear", published: [], wait: false });
    await layOut(server.root, "linear", (written) => ({
      ...written,
      signature: { ...written.signature, categories: {} },
    }));
    await server.running.loaded;
    const { paths } = (await server.get("/openapi.json")).body;
    const [named, listed] = requestOf(paths, "/predict").oneOf?.[0]?.anyOf ?? [];
    expect(named?.required).to.deep.equal(["a", "b", "c"]);
    expect(listed?.required).to.deep.equal(["features"]);
    for (const request of [{ a: 1, b: null, c: 3 }, { features: [1, null, 3] }]) {
      const { status } = await server.post("/predict", request);
      // The request has a valid form; 422 because the prediction is NaN: this model does not fill in missing values.
      expect(status).to.equal(422);
    }
    const [byRow, byColumn] = requestOf(paths, "/v1/models/linear:predict").oneOf ?? [];
    const [row, object] = byRow?.properties?.["instances"]?.anyOf ?? [];
    expect(row?.items).to.include({ type: "array", minItems: 3, maxItems: 3 });
    expect(object?.items?.required).to.deep.equal(["x"]);
    const [rows, columns] = byColumn?.properties?.["inputs"]?.anyOf ?? [];
    expect(rows?.items).to.include({ type: "array", minItems: 3, maxItems: 3 });
    expect(columns?.required).to.deep.equal(["x"]);
  });

  it("gives the sizes that may be 0, and the maximum length of a text", async () => {
    server = await startRepository(["boxes", "half-plus-two", "words", "same"]);
    const { paths } = (await server.get("/openapi.json")).body;
    const shapeOf = (model: string) =>
      requestOf(paths, `/v2/models/${model}/infer`).properties?.["inputs"]?.items?.anyOf?.[0]?.properties?.["shape"];
    expect(shapeOf("boxes")?.items?.anyOf).to.deep.equal([{ type: "integer", minimum: 0 }, { const: 4 }]);
    expect(shapeOf("half-plus-two")?.items?.anyOf).to.deep.equal([{ type: "integer", minimum: 1 }]);
    const texts = requestOf(paths, "/v1/models/words:predict").oneOf?.[0]?.properties?.["instances"]?.anyOf?.[0];
    expect(texts?.items?.anyOf?.[0]).to.include({ maxLength: 100_000 });
    const document = await (await fetch(`${server.url}/openapi.json`)).text();
    expect(document).to.include('"minimum":-9223372036854775808,"maximum":9223372036854775807');
  });

  it("has no empty list of alternatives for a graph without inputs", async () => {
    server = await startTestServer({ model: "constant", published: [], wait: false });
    await layOut(server.root, "constant", ({ signature: _, ...written }) => written);
    await server.running.loaded;
    const { paths } = (await server.get("/openapi.json")).body;
    const document = JSON.stringify(paths);
    expect(document).not.to.include('"anyOf":[]');
    const path = "/v2/models/constant/infer";
    const { example } = paths[path].post.requestBody.content["application/json"];
    expect(example).to.deep.equal({ inputs: [] });
    expect((await server.post(path, example)).body.outputs[0].data).to.deep.equal([1, 2]);
    const { schema } = paths["/v2/models/constant"].get.responses["200"].content["application/json"];
    expect(schema.properties.inputs.minItems).to.equal(0);
  });

  it("has no example with a whole image", async () => {
    server = await startTestServer({ model: "photo", published: [], wait: false });
    const metadata = await metadataOf("photo", "1");
    const signature = { ...metadata.signature, kind: "instances" as const };
    await writeVersion(server.root, "photo", "1", { ...metadata, signature });
    await server.running.loaded;
    const { body } = await server.get("/openapi.json");
    for (const path of ["/v2/models/photo/infer", "/v1/models/photo:predict", "/predict"]) {
      const content = body.paths[path].post.requestBody.content["application/json"];
      expect(content, path).to.have.property("schema");
      expect(content, path).not.to.have.property("example");
    }
    expect(JSON.stringify(body).length).to.be.below(40_000);
  });

  it("has every path that is served, and no others", async () => {
    server = await startTestServer({ model: "iris", env: { LOAD_ENDPOINT: "true" } });
    const paths: Paths = (await server.get("/openapi.json")).body.paths;
    for (const [path, { get }] of Object.entries(paths)) {
      const { status } = get === undefined ? await server.post(path, {}) : await server.get(path);
      expect(status, path).not.to.equal(404);
    }
  });

  it("describes binary tensors in requests and responses, only where they are supported", async () => {
    server = await startTestServer({ model: "iris" });
    const paths: Paths = (await server.get("/openapi.json")).body.paths;
    const raw = Object.entries(paths).filter(([, { post }]) => post?.requestBody?.content["application/octet-stream"]);
    expect(raw.map(([path]) => path)).to.deep.equal(["/v2/models/iris/infer"]);
    const infer = raw[0]?.[1].post;
    expect(infer?.parameters?.map(({ name, in: place }) => [name, place])).to.deep.equal([
      ["Inference-Header-Content-Length", "header"],
    ]);
    expect(infer?.responses).to.have.nested.property("200.headers.Inference-Header-Content-Length");
    expect(infer?.responses["200"]).to.have.property("content").that.has.property("application/octet-stream");
    const schema = JSON.stringify(infer?.requestBody?.content["application/json"]?.schema);
    for (const parameter of ["binary_data", "binary_data_size", "binary_data_output"]) {
      expect(schema).to.include(`"${parameter}":`);
    }
  });

  it("has loading and unloading of models only if they are enabled", async () => {
    server = await startTestServer({ model: "iris", env: { MODEL_CONTROL: "explicit" } });
    const paths: Paths = (await server.get("/openapi.json")).body.paths;
    const changes = Object.keys(paths).filter((path) => path.endsWith("load"));
    expect(changes).to.deep.equal(["/v2/repository/models/{model}/load", "/v2/repository/models/{model}/unload"]);
    for (const path of changes) {
      expect(paths[path]?.post?.parameters?.map(({ name, in: place }) => [name, place])).to.deep.equal([
        ["model", "path"],
      ]);
      expect((await server.post(path.replace("{model}", "iris"), {})).status, path).to.equal(200);
    }
    await server.stop();
    server = await startTestServer({ model: "iris" });
    expect((await server.get("/openapi.json")).body.paths).not.to.have.any.keys(...changes);
  });

  it("has every version of a model with several versions", async () => {
    server = await startTestServer({
      model: "words",
      published: [
        ["words", "1"],
        ["words", "2"],
        ["iris", "1"],
      ],
      env: { MODEL_NAME: "*", MODEL_VERSION: "all" },
    });
    const paths: Paths = (await server.get("/openapi.json")).body.paths;
    const versioned = Object.keys(paths).filter((path) => path.includes("/versions/"));
    expect(versioned).to.have.members(
      ["1", "2"].flatMap((version) => [
        `/models/words/versions/${version}/predict`,
        `/v1/models/words/versions/${version}`,
        `/v1/models/words/versions/${version}:predict`,
        ...["", "/config", "/stats", "/ready", "/infer"].map((what) => `/v2/models/words/versions/${version}${what}`),
      ]),
    );
    for (const path of versioned) {
      const { get, post } = paths[path] ?? {};
      const example = post?.requestBody?.content["application/json"]?.example;
      expect((get ? await server.get(path) : await server.post(path, example)).status, path).to.equal(200);
    }
  });

  it("describes the paths without a version by the version served there, which is never a regression", async () => {
    server = await startTestServer({ model: "words", published: [], wait: false, env: { MODEL_VERSION: "all" } });
    await publishWorse(server.root, "words");
    await server.running.loaded;
    const { paths, info } = (await server.get("/openapi.json")).body;
    const versionOf = (path: string) =>
      paths[path].post.responses["200"].content["application/json"].schema.properties.model_version.const;
    expect(versionOf("/v2/models/words/infer")).to.equal("1");
    expect(versionOf("/v2/models/words/versions/2/infer")).to.equal("2");
    expect(info.description).to.include("version 1");
  });

  it("states which paths need the API key", async () => {
    server = await startTestServer({ model: "iris", env: { API_KEY: "secret" } });
    const { body } = await server.get("/openapi.json");
    expect(body.security).to.deep.equal([{ apiKey: [] }]);
    expect(body.components.securitySchemes.apiKey).to.deep.equal({ type: "apiKey", in: "header", name: "X-API-Key" });
    expect(body.paths["/predict"].post.responses).to.have.property("401");
    expect(body.paths["/health"].get.security).to.deep.equal([]);
    expect(JSON.stringify(body)).not.to.include("secret");
  });

  it("is updated when models are loaded or unloaded", async () => {
    server = await startTestServer({
      model: "iris",
      env: { MODEL_NAME: "*", MODEL_VERSION: "latest", MODEL_CONTROL: "explicit" },
    });
    expect((await server.get("/openapi.json")).body.paths).not.to.have.property("/models/words/predict");
    await publish(server.root, ["iris", "1"], ["words", "1"]);
    await server.post("/v2/repository/models/words/load", {});
    expect((await server.get("/openapi.json")).body.paths).to.have.property("/models/words/predict");
  });
});
