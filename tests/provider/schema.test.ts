import { expect } from "chai";
import { StackSchema } from "../../config/schema/stack.ts";
import { PLATFORM, packageSchema } from "../../provider/schema.ts";

interface Resource {
  readonly inputProperties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly requiredInputs: readonly string[];
}

const schema = packageSchema({ name: "ml-platform", version: "1.2.3" });
const types = schema["types"] as Readonly<Record<string, { readonly properties: Resource["inputProperties"] }>>;
const platform = (schema["resources"] as Readonly<Record<string, Resource>>)[PLATFORM];

/** The types that a schema refers to, at any depth. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === "$ref" && typeof part === "string" ? [part] : references(part),
  );
}

describe("the schema of the Pulumi package", () => {
  it("has every setting of a stack file, and the values of secrets", () => {
    expect(Object.keys(platform?.inputProperties ?? {})).to.have.members([
      ...Object.keys(StackSchema.shape),
      "secretValues",
    ]);
    expect(platform?.requiredInputs).to.deep.equal(["environment", "namespace"]);
  });

  it("describes settings at any depth, with the words of the reference", () => {
    const version = types["ml-platform:index:ModelVersion"]?.properties;
    expect(version?.["replicas"]).to.include({ type: "integer", plain: true });
    expect(version?.["replicas"]?.["description"]).to.match(/Default: /);
    expect(version?.["autoscaling"]?.["$ref"]).to.equal("#/types/ml-platform:index:ModelVersionAutoscaling");
  });

  it("refers only to types that it has, and has none in vain", () => {
    const own = references(schema).filter((reference) => reference.startsWith("#/types/"));
    expect(new Set(own.map((reference) => reference.slice("#/types/".length)))).to.deep.equal(
      new Set(Object.keys(types)),
    );
  });
});
