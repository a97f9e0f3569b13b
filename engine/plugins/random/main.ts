import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import random from "@pulumi/random/package.json" with { type: "json" };
import { whenParentEnds } from "../parent.ts";
import { changedSettings, createPassword, type Properties, problems } from "./password.ts";

const PASSWORD = "random:index/randomPassword:RandomPassword";

/** A random provider with only RandomPassword. Its state is compatible with that of the released provider. */
const provider: Provider = {
  version: random.version,
  check: async (urn, _olds, news: Properties) => {
    const type = urn.split("::")[2]?.split("$").at(-1);
    if (type !== PASSWORD) {
      const reason = `this random provider has only RandomPassword, not ${type}: install the Pulumi CLI, whose released provider has it`;
      return { inputs: news, failures: [{ property: "", reason }] };
    }
    return { inputs: news, failures: problems(news) };
  },
  diff: async (_id, _urn, olds: Properties, news: Properties) => {
    const replaces = changedSettings(olds, news);
    return { changes: replaces.length > 0, replaces };
  },
  create: async (_urn, inputs: Properties) => ({ id: "none", outs: await createPassword(inputs) }),
  read: async (id, _urn, props: Properties) => {
    if (props["result"] === undefined) {
      throw new Error("This random provider cannot import: install the Pulumi CLI, whose released provider does");
    }
    return { id, props };
  },
};

whenParentEnds(() => process.exit(1));
await main(provider, process.argv.slice(2));
