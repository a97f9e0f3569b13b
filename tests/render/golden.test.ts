import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { objectsOf, stacks } from "./stacks.ts";
import { summarize } from "./summary.ts";

const folder = path.join(import.meta.dirname, "golden");

/** `UPDATE_GOLDEN=1` rewrites the summaries after an intentional change. */
const update = process.env["UPDATE_GOLDEN"] === "1";

describe("rendered stacks", function () {
  this.timeout(120_000);

  for (const stack of Object.keys(stacks)) {
    it(`match tests/render/golden/${stack}.yaml for stack ${stack}`, async () => {
      const file = path.join(folder, `${stack}.yaml`);
      const summary = summarize(await objectsOf(stack));
      if (update) await writeFile(file, summary);
      const reviewed = await readFile(file, "utf8").catch(() => "");
      expect(summary, "where the change is meant, review the difference after UPDATE_GOLDEN=1").to.equal(reviewed);
    });
  }
});

describe("a summary", () => {
  const pod = (spec: object) => ({
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", labels: { "app.kubernetes.io/part-of": "ml-platform" } },
      spec,
    },
    ignoreChanges: [],
    dependsOn: [],
  });

  it("is YAML with the same content as the object", () => {
    const spec = {
      a: "1",
      b: 1,
      c: ["x: y", "z", "*"],
      d: { e: "long ".repeat(40), f: "two\nlines", g: true },
      h: "0 2 * * *",
    };
    const [value] = Object.values(parse(summarize([pod(spec)])));
    expect(value).to.deep.equal({ spec: { ...spec, d: { ...spec.d, f: "two\nlines\n" } } });
  });

  it("shows security settings that differ from the restricted ones", () => {
    expect(summarize([pod({ securityContext: { runAsNonRoot: false } })])).to.contain("runAsNonRoot: false");
  });
});
