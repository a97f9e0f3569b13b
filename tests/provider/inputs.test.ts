import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { readInputs } from "../../provider/platform.ts";

const settings = {
  environment: "prod",
  namespace: { name: "shop" },
  images: { inference: "example.com/inference:1", trainer: "example.com/trainer:1" },
  storage: { models: { size: "1Gi" } },
  models: [{ name: "iris", model: "iris", versions: [{ version: "1" }] }],
};
const secrets = { registry: { registry: { server: "example.com", username: "ci", password: { config: "password" } } } };

/** The value of an output, secret or not. */
const resolved = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

describe("the inputs of the Platform component", () => {
  it("are the settings of a stack file", () => {
    const { name, stack } = readInputs("shop", settings);
    expect(name).to.equal("shop");
    expect(stack.models.map(({ versions }) => versions.map(({ version }) => version))).to.deep.equal([["1"]]);
  });

  it("are refused with the path of what is wrong", () => {
    expect(() => readInputs("shop", { ...settings, modles: [] })).to.throw(
      pulumi.RunError,
      "Platform shop: modles: unknown setting",
    );
  });

  it("must be known before anything is created, at any depth", () => {
    const versions = [{ version: "1", env: { REGION: pulumi.output("eu") } }];
    expect(() => readInputs("shop", { ...settings, models: [{ name: "iris", model: "iris", versions }] })).to.throw(
      pulumi.RunError,
      "Platform shop: models[0].versions[0].env.REGION: is the output of a resource, or secret, but settings must be plain",
    );
    expect(() => readInputs("shop", { ...settings, namespace: pulumi.output({ name: "shop" }) })).to.throw(
      "Platform shop: namespace: is the output of a resource",
    );
  });

  it("name no registry to build images for, since a package builds none", () => {
    expect(() => readInputs("shop", { ...settings, images: { registry: "example.com/team" } })).to.throw(
      "Platform shop: images.registry: a package builds no images",
    );
  });

  it("bring the values of secrets, which may be outputs, and stay secret", async () => {
    const secretValues = pulumi.output({ password: "hunter2" });
    const { secretValues: found } = readInputs("shop", { ...settings, secrets, secretValues });
    const value = pulumi.output(found["registry"]);
    expect(await resolved(value)).to.nested.include({ "registry.password": "hunter2" });
    expect(await pulumi.isSecret(value)).to.equal(true);
  });

  it("miss no secret's value", () => {
    expect(() => readInputs("shop", { ...settings, secrets, secretValues: { passwort: "hunter2" } })).to.throw(
      pulumi.RunError,
      'Platform shop: secrets.registry.registry.password.config: there is no value "password"; add password to secretValues',
    );
  });
});
