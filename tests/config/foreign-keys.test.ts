import { expect } from "chai";
import { checkForeignKeys } from "../../config/foreign-keys.ts";

const check = (...keys: string[]) => checkForeignKeys(keys, "ml-platform");

describe("keys of a stack without the project's name", () => {
  for (const key of [
    "ml-platfrom:x",
    "mlplatform:x",
    "ML-Platform:x",
    "ml-plattform:x",
    "team:canaryWeight",
    "platform:models",
  ]) {
    it(`${key} is taken for a slip`, () => {
      const message = `is not read; did you mean ml-platform:${key.split(":")[1]}?`;
      expect(check(key)).to.deep.equal({ problems: [{ path: key, message }], notices: [] });
    });
  }

  it("do not configure the cluster", () => {
    expect(check("kubernetes:context").problems).to.deep.equal([
      {
        path: "kubernetes:context",
        message: "is not read, because the program configures its own provider; set ml-platform:cluster",
      },
    ]);
  });

  it("of others are pointed out, unless Pulumi or a provider reads them", () => {
    const own = ["ml-platform:x", "pulumi:tags", "docker-build:host"];
    expect(check(...own, "aws:region")).to.deep.equal({
      problems: [],
      notices: [{ path: "aws:region", message: "is not read: settings of this program begin with ml-platform:" }],
    });
  });
});
