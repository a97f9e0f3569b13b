import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { samplePredictions } from "../../local/deploy/predictions.ts";

describe("the predictions that up shows", () => {
  it("are asked for under the model's host and path, with its key", async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push([request.headers.host, request.url, request.headers["x-api-key"]]);
      response.setHeader("content-type", "application/json").end('{"species_index":0,"species_name":"setosa"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const model = {
        name: "iris",
        namespace: "n",
        path: "/iris",
        host: "models.example.com",
        apiKey: "k",
        versions: [],
      };
      const [prediction] = await samplePredictions(`http://127.0.0.1:${port}`, [model]);
      expect(prediction?.response).to.deep.equal({ species_index: 0, species_name: "setosa" });
      expect(seen).to.deep.equal([["models.example.com", "/iris/predict", "k"]]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
