import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { apiText, compactApi, type OpenApi } from "../kubernetes-api.ts";
import { ensureTool } from "../tools/index.ts";

const file = path.resolve(import.meta.dirname, "../../components/kubernetes/api/api.json");

/** `UPDATE_GOLDEN=1` writes the file anew, after another release of Kubernetes. */
const update = process.env["UPDATE_GOLDEN"] === "1";

describe("the API of Kubernetes that patches are merged and checked by", function () {
  this.timeout(20 * 60_000);

  it("is that of the release that the embedded cluster runs", async () => {
    const published = path.join(await ensureTool("schemas"), "swagger.json");
    const api = compactApi(JSON.parse(await readFile(published, "utf8")) as OpenApi);
    if (update) await writeFile(file, apiText(api));
    expect(JSON.parse(await readFile(file, "utf8")), "UPDATE_GOLDEN=1, then npm run format").to.deep.equal(api);
  });
});
