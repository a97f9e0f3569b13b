import { expect } from "chai";
import { checkStack, type ResolvedStack, validateConfig } from "../../config/index.ts";
import { type Settings, stackWith } from "./support.ts";

const sha256 = "a".repeat(64);
const regression = { version: "1", metric: "accuracy", value: 0.8, previous: 0.9 };
const lineage = { commit: "unknown", trainedDate: "2026-01-15" };

/** The same stack with the current and with the previous names of its settings. */
const stack = (names: "present" | "previous"): Settings => {
  const is = names === "present";
  const skipAwait = is ? { skipAwait: true } : { await: false };
  return stackWith({
    gateway: { [is ? "api" : "form"]: "Ingress", ingressClassName: "nginx", implementation: "traefik" },
    training: { jobs: [{ name: "train", task: "iris", model: "iris", ...skipAwait }] },
    models: [
      {
        model: "iris",
        versions: [
          {
            version: "2",
            service: { type: "LoadBalancer", ...skipAwait },
            additionalServices: [skipAwait],
            ...(is
              ? { lineage: { ...lineage, artifact: sha256, regression }, allowRegression: "harder data" }
              : { lineage: { ...lineage, artefact: sha256, worseThan: regression }, acceptWorse: "harder data" }),
          },
        ],
      },
    ],
    apiGateway: { routes: [{ path: "/predict", model: "iris", version: "2" }], service: skipAwait },
    loadTest: { model: "iris", ...skipAwait },
  });
};

function resolved(settings: Settings): { readonly stack: ResolvedStack; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  return { stack: validateConfig(settings, "Pulumi.test.yaml", (warning) => warnings.push(warning)), warnings };
}

describe("renamed settings", () => {
  it("mean the same under their old names, with one warning each", () => {
    const { stack: present, warnings: none } = resolved(stack("present"));
    const { stack: previous, warnings } = resolved(stack("previous"));
    expect(previous).to.deep.equal(present);
    expect(none).to.deep.equal([]);
    expect(warnings).to.have.length(9);
    expect(warnings).to.include.members([
      "Pulumi.test.yaml: gateway.form is now gateway.api; the next release no longer reads the old name",
      "Pulumi.test.yaml: loadTest.await is now loadTest.skipAwait, with true and false swapped; the next release no longer reads the old name",
    ]);
  });

  it("are unknown under the old name if the new name is set too", () => {
    const { problems } = checkStack(stackWith({ loadTest: { url: "http://a", await: false, skipAwait: true } }));
    expect(problems).to.deep.equal([{ path: "loadTest.await", message: "unknown setting" }]);
  });
});
