import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { loadStack } from "../../config/index.ts";
import { type Settings, stackWith } from "./support.ts";

const SECRETS = {
  keys: { data: { TOKEN: { config: "token" }, USER: { value: "someone" }, KEY: { random: {} } } },
  pull: { registry: { server: "r.example.com", username: "team", password: { config: "registryPassword" } } },
};

/** Loads the stack with its settings and the given values, in the form in which Pulumi passes them. */
function load(values: Settings) {
  const all = { ...stackWith({ secrets: SECRETS }), ...values };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(all).map(([key, value]) => [
        `${pulumi.getProject()}:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  return loadStack();
}

describe("secret configuration", () => {
  it("is read if a secret refers to it, and is not a setting of the stack", async () => {
    const { secretValues } = load({ token: "t-1", registryPassword: "p-1" });
    const keys = secretValues["keys"];
    const data = keys !== undefined && "data" in keys ? keys.data : undefined;
    const token = data?.["TOKEN"];
    if (token === undefined || !("value" in token)) throw new Error("the token has no value");
    expect(await pulumi.isSecret(pulumi.output(token.value))).to.equal(true);
    expect(data?.["USER"]).to.deep.equal({ plain: "someone" });
  });

  it("is reported if it is missing, one line per value", () => {
    expect(() => load({})).to.throw(
      pulumi.RunError,
      [
        `Pulumi.${pulumi.getStack()}.yaml: secrets.keys.data.TOKEN.config: there is no value "token"; set it with \`pulumi config set --secret token\``,
        `Pulumi.${pulumi.getStack()}.yaml: secrets.pull.registry.password.config: there is no value "registryPassword"; set it with \`pulumi config set --secret registryPassword\``,
      ].join("\n"),
    );
  });
});
