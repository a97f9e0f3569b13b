import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { compactTriggers } from "../keda-triggers.ts";
import { apiText, compactApi, type OpenApi } from "../kubernetes-api.ts";
import { ensureTool } from "../tools/index.ts";
import { keda } from "../tools/keda.ts";

const folder = path.resolve(import.meta.dirname, "../../components/kubernetes/api");
const file = path.join(folder, "api.json");
const triggers = path.join(folder, "keda.json");

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

  it("has the triggers of the KEDA that the tests run", async () => {
    const published = JSON.parse(await readFile(path.join(await ensureTool("schemas"), "keda-triggers.json"), "utf8"));
    const compact = compactTriggers(published, keda.version.replace(/^v(\d+\.\d+).*/, "$1"));
    if (update) await writeFile(triggers, JSON.stringify(compact));
    expect(JSON.parse(await readFile(triggers, "utf8")), "UPDATE_GOLDEN=1, then npm run format").to.deep.equal(compact);
  });
});
