import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { defaults } from "../../components/index.ts";
import { parseValues, validateConfig } from "../../config/index.ts";
import { configReference } from "../../config/reference.ts";
import { StackSchema } from "../../config/schema/stack.ts";
import { gatewayReference } from "../../docs/gateways.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const readYaml = async (file: string) => parse(await readFile(path.join(repository, file), "utf8"));

describe("Pulumi.yaml", () => {
  it("declares every setting of a stack, and nothing else", async () => {
    const { name, config } = await readYaml("Pulumi.yaml");
    const described = Object.keys(config).map((key) => key.replace(`${name}:`, ""));
    expect(described).to.have.members(Object.keys(StackSchema.shape));
    for (const [key, { description }] of Object.entries<{ description?: string }>(config)) {
      expect(description, key).to.be.a("string");
    }
  });

  it("has a default for each setting that can be omitted, since the engine refuses a stack without the others", async () => {
    const { name, config } = await readYaml("Pulumi.yaml");
    const required = Object.entries<{ default?: unknown }>(config).filter(
      ([, { default: value }]) => value === undefined,
    );
    const needed = Object.entries(StackSchema.shape).filter(([, setting]) => !setting.safeParse(undefined).success);
    expect(required.map(([key]) => key.replace(`${name}:`, ""))).to.have.members(needed.map(([key]) => key));
  });

  it("has defaults that are equivalent to omitting the setting", async () => {
    const { config } = await readYaml("Pulumi.yaml");
    const written = Object.fromEntries(
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
    expect(validateConfig({ ...written, ...required }, "test")).to.deep.equal(validateConfig(required, "test"));
    expect(written["canaryWeight"]).to.equal(defaults.traffic.canaryWeight);
  });
});

describe("docs/config.md", () => {
  it("equals the output of `npm run docs`", async () => {
    expect(await readFile(path.join(repository, "docs/config.md"), "utf8")).to.equal(configReference());
  });

  it("comes with a gateways.md that is generated from the table of gateways", async () => {
    expect(await readFile(path.join(repository, "docs/gateways.md"), "utf8")).to.equal(gatewayReference());
  });

  it("describes every setting", () => {
    const silent = configReference()
      .split("\n")
      .filter((line) => line.startsWith("| ") && line.endsWith("|  |"));
    expect(silent).to.deep.equal([]);
  });
});

describe("stack files", () => {
  for (const stack of ["dev", "prod"]) {
    it(`of ${stack} is valid`, async () => {
      const { config } = await readYaml(`Pulumi.${stack}.yaml`);
      const values = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
      );
      expect(validateConfig(parseValues(values, "ml-platform"), `Pulumi.${stack}.yaml`).environment).to.equal(stack);
    });
  }

  it("are parsed in the form in which Pulumi passes values: text as is, everything else as JSON", () => {
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
