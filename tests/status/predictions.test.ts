import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { samplePredictions } from "../../engine/status/predictions.ts";
import type { ModelStatus, VersionStatus } from "../../engine/status/stack-status.ts";

describe("the predictions that up shows", () => {
  const species = '{"species_index":0,"species_name":"setosa"}';
  const model = (versions: readonly VersionStatus[]): ModelStatus => ({
    name: "iris",
    namespace: "n",
    path: "/iris",
    host: "models.example.com",
    apiKey: "k",
    versions,
  });
  const version = (name: string, weight: number, wanted = 1): VersionStatus => ({
    version: name,
    deployment: `iris-${name}`,
    ready: wanted,
    wanted,
    weight,
  });

  /** The predictions that up shows, and the requests that the gateway got. */
  async function ask(
    versions: readonly VersionStatus[],
    answer: (response: ServerResponse, request: number) => void,
    timeoutSeconds?: number,
  ) {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push([request.headers.host, request.url, request.headers["x-api-key"]]);
      answer(response, asked.length);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      return { shown: await samplePredictions(`http://127.0.0.1:${port}`, [model(versions)], timeoutSeconds), asked };
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** A response of the given version, or of a server that does not name its version. */
  const good = (response: ServerResponse, name?: string) => {
    if (name !== undefined) response.setHeader("X-Model-Version", name);
    response.setHeader("content-type", "application/json").end(species);
  };
  const refused = (response: ServerResponse) => response.writeHead(503).end("no available server\n");

  it("are requested at the model's host and path, with its key", async () => {
    const { shown, asked } = await ask([], (response) => good(response));
    expect(shown.map(({ response }) => response)).to.deep.equal([{ species_index: 0, species_name: "setosa" }]);
    expect(asked).to.deep.equal([["models.example.com", "/iris/predict", "k"]]);
  });

  it("are not requested from a model that is scaled to zero", async () => {
    expect((await ask([version("1", 100, 0)], refused, 1)).asked).to.deep.equal([]);
    const { asked } = await ask([version("1", 75), version("2", 25, 0)], (response) => good(response, "1"));
    expect(asked).not.to.deep.equal([]);
  });

  it("wait until the gateway knows the canary's pods", async () => {
    // Like Traefik: a quarter of the requests go to the canary, and they fail while the gateway knows none of its pods.
    const { asked } = await ask([version("1", 75), version("2", 25)], (response, request) => {
      if (request % 4 !== 3) return good(response, "1");
      return request < 4 ? refused(response) : good(response, "2");
    });
    expect(asked).to.have.length(7);
  });

  it("are repeated until every pod of a version has probably been reached", async () => {
    const { asked } = await ask([version("1", 100, 3)], (response, request) =>
      request === 3 ? refused(response) : good(response, "1"),
    );
    expect(asked).to.have.length(6);
  });

  it("do not wait for versions without requests or pods", async () => {
    const { asked } = await ask([version("1", 100), version("2", 0), version("3", 10, 0)], (response) =>
      good(response, "1"),
    );
    expect(asked).to.have.length(1);
  });

  it("accept enough successful responses if they do not name their version", async () => {
    const { asked } = await ask([version("1", 90), version("2", 10)], (response) => good(response));
    expect(asked).to.have.length(50);
  });

  it("include the model's response even if not all of its versions respond", async () => {
    const error = await ask(
      [version("1", 50), version("2", 50)],
      (response, request) => (request % 2 === 1 ? refused(response) : good(response, "1")),
      0.7,
    ).catch(({ message }: Error) => message);
    expect(error).to.match(/^iris does not answer at http:\S+\/iris\/predict: 503 no available server/);
  });
});
