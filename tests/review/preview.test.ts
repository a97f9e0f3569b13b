import { expect } from "chai";
import type { Fields } from "../../review/objects/change.ts";
import { attribute } from "../../review/objects/pending.ts";
import { readViolations } from "../../review/objects/policies.ts";
import { readPreview } from "../../review/objects/preview.ts";
import { dangersOf } from "../../review/words/dangers.ts";
import { previewOf, step } from "./support.ts";

const named = (name: string, fields: object = {}) => ({ metadata: { name, namespace: "ml" }, ...fields });
const autonamed = (name: string, fields: object = {}) => ({
  metadata: { name, namespace: "ml", annotations: { "pulumi.com/autonamed": "true" } },
  ...fields,
});
const route = (weight: number) =>
  named("iris", { spec: { rules: [{ backendRefs: [{ weight: 100 - weight }, { weight }] }] } });
const weightStep = (from: number, to: number) =>
  step("update", "gateway.networking.k8s.io/v1:HTTPRoute", "iris", {
    old: route(from),
    now: route(to),
    detailedDiff: {
      "spec.rules[0].backendRefs[0].weight": { kind: "update", inputDiff: false },
      "spec.rules[0].backendRefs[1].weight": { kind: "update", inputDiff: false },
    },
  });
const changesOf = (...steps: readonly Fields[]) => readPreview(previewOf(...steps)).changes;
const warnings = (...steps: readonly Fields[]) =>
  dangersOf(changesOf(...steps)).map(({ what, change, text }) => `${what}: ${change.kind} ${change.name} ${text}`);

describe("the engine's preview in a review", () => {
  it("lists changed objects and fields, without components, providers and unchanged objects", () => {
    const [change, ...others] = changesOf(
      { op: "create", urn: "urn:pulumi:dev::p::ml:platform:Part::x", newState: { type: "ml:platform:Part" } },
      {
        op: "update",
        urn: "urn:pulumi:dev::p::pulumi:providers:kubernetes::cluster",
        newState: { type: "pulumi:providers:kubernetes", custom: true },
      },
      step("same", "core/v1:Service", "iris", { old: named("iris"), now: named("iris") }),
      weightStep(0, 25),
    );
    expect(others).to.deep.equal([]);
    expect(change).to.include({ action: "update", kind: "HTTPRoute", name: "iris" });
    expect(change?.fields).to.deep.equal([
      { path: "spec.rules[0].backendRefs[0].weight", before: 100, after: 75, pending: false },
      { path: "spec.rules[0].backendRefs[1].weight", before: 0, after: 25, pending: false },
    ]);
  });

  it("handles fields with dots and slashes in their names", () => {
    const annotated = (value: string) => ({ metadata: { name: "a", annotations: { "example.com/a.b": value } } });
    const [change] = changesOf(
      step("update", "apps/v1:Deployment", "a", {
        old: annotated("1"),
        now: annotated("2"),
        detailedDiff: { 'metadata.annotations["example.com/a.b"]': { kind: "update" } },
      }),
    );
    expect(change?.fields[0]).to.include({ before: "1", after: "2" });
  });

  it("counts as failed if it has errors or is not a preview", () => {
    expect(readPreview("").errors).to.have.length(1);
    expect(readPreview('{"steps": 3}').errors).to.have.length(1);
    const failed = {
      diagnostics: [
        { severity: "error", message: "no cluster\n" },
        { severity: "warning", message: "old" },
      ],
    };
    expect(readPreview(JSON.stringify(failed))).to.deep.equal({ changes: [], errors: ["no cluster"] });
    // A preview without changes has no steps at all.
    expect(readPreview('{"diagnostics": null, "steps": null}').errors).to.deep.equal([]);
  });

  it("never contains the values of secrets", () => {
    const secret = (value: string) =>
      named("key", { data: { API_KEY: value }, stringData: { B: value }, type: "Opaque" });
    const wrapped = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: '"hunter2"' };
    const changes = changesOf(
      step("replace", "core/v1:Secret", "key", {
        old: secret("hunter1"),
        now: secret("hunter2"),
        detailedDiff: { "data.API_KEY": { kind: "update-replace" } },
      }),
      step("create", "core/v1:ConfigMap", "map", { now: named("map", { data: { key: wrapped } }) }),
    );
    expect(JSON.stringify(changes)).not.to.contain("hunter");
    expect(changes[0]?.fields[0]).to.include({ path: "data.API_KEY" });
  });
});

describe("a change already pending on the base", () => {
  const base = changesOf(weightStep(0, 25), step("create", "core/v1:Service", "old", { now: named("old") }));

  it("does not count as a change of the pull request, field by field", () => {
    expect(attribute(changesOf(weightStep(0, 25)), base).changes[0]).to.include({ pending: true });
    const { changes } = attribute(changesOf(weightStep(0, 50)), base);
    expect(changes[0]).to.include({ pending: false });
    expect(changes[0]?.fields.map(({ pending }) => pending)).to.deep.equal([false, false]);
  });

  it("is listed if the pull request makes it unnecessary", () => {
    expect(attribute(changesOf(weightStep(0, 25)), base).settled.map(({ name }) => name)).to.deep.equal(["old"]);
  });

  it("is recognized even though Pulumi generates new names in every preview", () => {
    const waiting = (suffix: string, image: string) =>
      changesOf(
        step("create", "core/v1:ConfigMap", "map", { now: autonamed(`map-${suffix}`) }),
        step("create", "batch/v1:Job", "job", {
          now: autonamed(`job-${suffix}`, { spec: { image, map: `map-${suffix}` } }),
        }),
      );
    const pending = (image: string) =>
      attribute(waiting("1a2b", image), waiting("9f8e", "a:1")).changes.map((one) => one.pending);
    expect(pending("a:1")).to.deep.equal([true, true]);
    expect(pending("a:2")).to.deep.equal([true, false]);
  });
});

describe("a warning for reviewers", () => {
  const claim = (fields: object) => named("models", { spec: fields });

  it("reports loss of data before anything else", () => {
    expect(
      warnings(
        step("delete", "core/v1:Service", "iris", { old: named("iris") }),
        step("replace", "core/v1:PersistentVolumeClaim", "models", {
          old: claim({ storageClassName: "a" }),
          now: claim({ storageClassName: "b" }),
          detailedDiff: { "spec.storageClassName": { kind: "update-replace" } },
        }),
        step("delete", "core/v1:Namespace", "ml", { old: { metadata: { name: "ml" } } }),
      ),
    ).to.deep.equal([
      "data loss: PersistentVolumeClaim models is replaced (`spec.storageClassName` cannot be changed): the new volume is empty",
      "data loss: Namespace ml is deleted with everything in it, volumes included",
      "downtime: Service iris is deleted: clients that call `iris` fail",
    ]);
  });

  it("reports a replaced provider, and everything replaced with it", () => {
    const provider = { type: "pulumi:providers:kubernetes", custom: true, inputs: {} };
    const urn = "urn:pulumi:dev::p::pulumi:providers:kubernetes::cluster";
    expect(warnings({ op: "replace", urn, oldState: provider, newState: provider })).to.have.length(1);
  });

  it("reports a replaced Deployment with a fixed name, but not one that Pulumi names", () => {
    const replace = (inputs: (name: string) => object) =>
      warnings(step("replace", "apps/v1:Deployment", "iris", { old: inputs("iris-1"), now: inputs("iris-1") }));
    expect(replace(named)).to.deep.equal([
      "downtime: Deployment iris-1 is replaced: its pods are gone until the new ones are ready",
    ]);
    expect(replace(autonamed)).to.deep.equal([]);
  });

  it("reports changes that the engine or Kubernetes will reject", () => {
    const size = (storage: string) => claim({ resources: { requests: { storage } } });
    expect(
      warnings(
        step("delete", "core/v1:PersistentVolumeClaim", "models", { old: claim({}), protect: true }),
        step("update", "core/v1:PersistentVolumeClaim", "models", { old: size("2Gi"), now: size("1Gi") }),
      ),
    ).to.deep.equal([
      "refused: PersistentVolumeClaim models is protected, so the update that would delete it is refused",
      "refused: PersistentVolumeClaim models shrinks from `2Gi` to `1Gi`, which Kubernetes refuses",
    ]);
  });

  it("omits objects that are only removed from the stack and kept in the cluster", () => {
    const kept = { ...step("delete", "core/v1:PersistentVolumeClaim", "models") };
    const oldState = {
      type: "kubernetes:core/v1:PersistentVolumeClaim",
      custom: true,
      retainOnDelete: true,
      inputs: {},
    };
    expect(warnings({ ...kept, oldState })).to.deep.equal([]);
  });
});

describe("policies in a review", () => {
  it("are read from the engine's events, without duplicates", () => {
    const event = (level: string) => ({
      policyEvent: {
        resourceUrn: "urn:pulumi:dev::p::kubernetes:apps/v1:Deployment::iris",
        message: "<{%reset%}>limits are\nmissing<{%reset%}>\n",
        policyName: "limits-present",
        enforcementLevel: level,
      },
    });
    const log = [{ preludeEvent: {} }, event("mandatory"), event("mandatory"), {}].map((line) => JSON.stringify(line));
    // The last line is incomplete because the CLI was ended.
    expect(readViolations(`${log.join("\n")}\n{"policyEvent": {`)).to.deep.equal([
      { mandatory: true, text: "policy limits-present: iris: limits are missing" },
    ]);
  });
});
