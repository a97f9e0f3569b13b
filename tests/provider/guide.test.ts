import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { readInputs } from "../../provider/platform.ts";

const guide = path.resolve(import.meta.dirname, "../../docs/guides/other-languages.md");

describe("the program in YAML of the guide", () => {
  it("has settings that the component accepts", async () => {
    const [, text = ""] = /```yaml\n(.*?)```/s.exec(await readFile(guide, "utf8")) ?? [];
    const { resources } = parse(text.replaceAll("sha256:…", `sha256:${"0".repeat(64)}`));
    const { stack } = readInputs("platform", resources.platform.properties);
    expect(stack.models.map(({ model }) => model)).to.deep.equal(["iris"]);
  });
});
