import { expect } from "chai";
import { MARKED, UNKNOWN } from "../../policy/objects/fields.ts";
import { credentialViolations } from "../../policy/rules/credentials.ts";
import { secretViolations } from "../../policy/rules/secrets.ts";
import { object, podOf, workload } from "./support.ts";

describe("policy: Secrets are encrypted in the state", () => {
  const secret = (fields: object) => secretViolations(object({ kind: "Secret", ...fields }));
  const problem =
    "is not marked as secret, so the state keeps it in plain text; wrap it in pulumi.secret(…), or set it with `pulumi config set --secret`";

  it("reports every value that is not marked secret", () => {
    expect(secret({ stringData: { A: "plain", B: MARKED }, data: { C: "cGxhaW4=" } })).to.deep.equal([
      `Secret ml/x: data.C: ${problem}`,
      `Secret ml/x: stringData.A: ${problem}`,
    ]);
  });

  it("accepts parts that are marked as a whole, are not known yet in a preview, or are empty", () => {
    expect(secret({ stringData: MARKED, data: UNKNOWN })).to.deep.equal([]);
    expect(secret({ stringData: { A: UNKNOWN, B: MARKED, C: "" } })).to.deep.equal([]);
    expect(secret({})).to.deep.equal([]);
  });

  it("checks patches of Secrets, and no other kinds", () => {
    const patch = object({ kind: "Secret", stringData: { A: "plain" } }, { patch: true });
    expect(secretViolations(patch)).to.deep.equal([`Secret ml/x: stringData.A: ${problem}`]);
    expect(secretViolations(object({ kind: "ConfigMap", data: { A: "plain" } }))).to.deep.equal([]);
    expect(secretViolations(object({ kind: "Secret", apiVersion: "vault.example.com/v1", data: { A: "x" } })))
      .to.deep //
      .equal([]);
  });
});

describe("policy: credentials are in Secrets", () => {
  const variable = (name: string, value: unknown) => credentialViolations(podOf({ env: [{ name, value }] }));
  const credentials = [
    "API_KEY",
    "OPENAI_API_KEYS",
    "apiKey",
    "APIKEY",
    "HF_TOKEN",
    "TOKEN",
    "PASSWORD",
    "db-password",
    "DB_PASSWD",
    "MYSQL_PWD",
    "CLIENT_SECRET",
    "SSH_PASSPHRASE",
    "AWS_CREDENTIALS",
  ];
  for (const name of credentials) {
    it(`treats ${name} as the name of a credential`, () => {
      expect(variable(name, "s3cret")).to.deep.equal([
        `Pod ml/x: spec.containers[0].env[0].value: ${name} is given as plain text; take it from a Secret with valueFrom.secretKeyRef`,
      ]);
    });
  }

  const others = ["MAX_TOKENS", "TOKENIZER", "KEYBOARD", "KEY", "PWD", "API_KEY_FILE", "SSH_PUBLIC_KEY", "MONKEY"];
  for (const name of others) {
    it(`does not treat ${name} as the name of a credential`, () => {
      expect(variable(name, "value")).to.deep.equal([]);
    });
  }

  it("accepts values that come from a Secret or another variable, or are empty", () => {
    const valueFrom = { secretKeyRef: { name: "credentials", key: "API_KEY" } };
    expect(credentialViolations(podOf({ env: [{ name: "API_KEY", valueFrom }] }))).to.deep.equal([]);
    expect(variable("API_KEY", "$(OTHER)")).to.deep.equal([]);
    expect(variable("API_KEY", "")).to.deep.equal([]);
  });

  it("reports a value that is marked secret or not known yet, because the cluster stores it as plain text", () => {
    expect(variable("API_KEY", MARKED)).to.have.length(1);
    expect(variable("API_KEY", UNKNOWN)).to.have.length(1);
    expect(variable("API_KEY", "a$(OTHER)")).to.have.length(1);
  });

  it("checks init containers of CronJobs", () => {
    const spec = { initContainers: [{}, { env: [{ name: "A" }, { name: "A_TOKEN", value: "t" }] }], containers: [] };
    expect(credentialViolations(object(workload("CronJob", spec)))).to.deep.equal([
      "CronJob ml/x: spec.jobTemplate.spec.template.spec.initContainers[1].env[1].value: A_TOKEN is given as plain text; take it from a Secret with valueFrom.secretKeyRef",
    ]);
  });

  it("checks the entries of ConfigMaps by name", () => {
    const configMap = object({
      kind: "ConfigMap",
      data: { LOG_LEVEL: "info", "db.password": "x" },
      binaryData: UNKNOWN,
    });
    expect(credentialViolations(configMap)).to.deep.equal([
      "ConfigMap ml/x: data.db.password: is given as plain text; put it into a Secret",
    ]);
    expect(credentialViolations(object({ kind: "ConfigMap", binaryData: { "tls.key": "eA==" } }))).to.deep.equal([
      "ConfigMap ml/x: binaryData.tls.key: is given as plain text; put it into a Secret",
    ]);
  });

  it("skips allowed names", () => {
    const pod = podOf({ env: [{ name: "SHARD_KEY", value: "user" }] });
    expect(credentialViolations(pod)).to.have.length(1);
    expect(credentialViolations(pod, ["*SHARD_KEY"])).to.deep.equal([]);
  });
});
