import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { parseValues, StackSchema, validateConfig } from "../../config/index.ts";
import { configReference } from "../../config/reference.ts";
import { gatewayReference } from "../../docs/gateways.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const readYaml = async (file: string) => parse(await readFile(path.join(repository, file), "utf8"));

describe("Pulumi.yaml", () => {
  it("describes every setting of a stack, and no other", async () => {
    const { name, config } = await readYaml("Pulumi.yaml");
    const described = Object.keys(config).map((key) => key.replace(`${name}:`, ""));
    expect(described).to.have.members(Object.keys(StackSchema.shape));
    for (const [key, { description }] of Object.entries<{ description?: string }>(config)) {
      expect(description, key).to.be.a("string");
    }
  });

  it("has defaults that a stack may be left with", async () => {
    const { config } = await readYaml("Pulumi.yaml");
    const defaults = Object.fromEntries(
      Object.entries<{ default?: unknown }>(config).flatMap(([key, { default: value }]) =>
        value === undefined ? [] : [[key.split(":")[1] ?? "", value]],
      ),
    );
    const required = {
      environment: "test",
      images: { registry: "registry.example.com" },
      namespace: { name: "ml" },
      storage: { models: { size: "1Gi" } },
    };
    expect(validateConfig({ ...defaults, ...required }, "Pulumi.test.yaml")).to.deep.include({
      models: [],
      canaryWeight: 0,
    });
  });
});

describe("docs/config.md", () => {
  it("is what `npm run docs` makes of the schema", async () => {
    expect(await readFile(path.join(repository, "docs/config.md"), "utf8")).to.equal(configReference());
  });

  it("has a page of the gateways beside it, which is what their table makes it", async () => {
    expect(await readFile(path.join(repository, "docs/gateways.md"), "utf8")).to.equal(gatewayReference());
  });

  it("says of every setting what it means", () => {
    const silent = configReference()
      .split("\n")
      .filter((line) => line.startsWith("| ") && line.endsWith("|  |"));
    expect(silent).to.deep.equal([]);
  });
});

describe("stack files", () => {
  for (const stack of ["dev", "prod"]) {
    it(`of ${stack} are right`, async () => {
      const { config } = await readYaml(`Pulumi.${stack}.yaml`);
      const values = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
      );
      expect(validateConfig(parseValues(values, "ml-platform"), `Pulumi.${stack}.yaml`).environment).to.equal(stack);
    });
  }

  it("are read as Pulumi hands their values on: text, and JSON for all else", () => {
    const all = {
      "p:weight": "25",
      "p:name": "v25",
      "p:on": "true",
      "p:list": '["a"]',
      "p:broken": "{x",
      "other:key": "1",
    };
    expect(parseValues(all, "p")).to.deep.equal({ weight: 25, name: "v25", on: true, list: ["a"], broken: "{x" });
  });
});
