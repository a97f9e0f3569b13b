import { expect } from "chai";
import { readRefresh } from "../../../engine/drift/refresh.ts";
import { hasDrift, type Report, reportJson, reportText } from "../../../engine/drift/report.ts";

const by = { manager: "kubectl-edit", time: "2026-02-01T10:00:00Z" };
const place = { apiVersion: "v1", namespace: "ml" };
const changed = {
  ...place,
  kind: "Deployment",
  name: "iris",
  state: "changed",
  up: "restore",
  fields: [
    { path: "spec.image", program: "a:1", cluster: "a:2", by, up: "restore" },
    { path: "metadata.labels.zone", program: "x", up: "restore" },
  ],
  additions: [{ path: "metadata.labels.team", cluster: "me", by: { manager: "kubectl-label" }, up: "remove" }],
} as const;
const secret = {
  ...place,
  kind: "Secret",
  name: "key",
  state: "changed",
  up: "restore",
  fields: [{ path: "data.key", secret: true, by, up: "restore" }],
  additions: [],
} as const;
const deleted = {
  ...place,
  kind: "Service",
  name: "iris",
  state: "deleted",
  up: "recreate",
  fields: [],
  additions: [],
} as const;
const extended = { ...changed, state: "extended", up: "leave", fields: [] } as const;
const report = (...objects: Report["objects"]): Report => ({ stack: "dev", looked: 9, objects });

describe("a report on drift", () => {
  it("says what changed, by whom and when, and what up does", () => {
    expect(reportText(report(changed, secret, deleted)).split("\n")).to.deep.equal([
      "Deployment ml/iris: changed",
      "  spec.image: a:1 → a:2",
      "    by kubectl-edit, 2026-02-01T10:00:00Z; up restores it",
      "  metadata.labels.zone: x → removed",
      "    changed by: unknown; up restores it",
      "  added metadata.labels.team: me",
      "    by kubectl-label; up removes it",
      "Secret ml/key: changed",
      "  data.key: differs (secret)",
      "    by kubectl-edit, 2026-02-01T10:00:00Z; up restores it",
      "Service ml/iris: deleted; up recreates the object",
      "",
      "3 of 9 objects of the stack dev differ from the program.",
      "npm run up -- --stack dev makes these changes.",
    ]);
  });

  it("says if there is no drift, and counts additions only if requested", () => {
    expect(reportText(report())).to.equal("No drift in 9 objects of the stack dev.");
    expect(reportText(report(extended)))
      .to.include("with additions")
      .and.to.include("No drift");
    expect(hasDrift(report(extended), false)).to.equal(false);
    expect(hasDrift(report(extended), true)).to.equal(true);
    expect(hasDrift(report(changed), false)).to.equal(true);
  });

  it("asks whether this is the right cluster if none of the stack's objects exist", () => {
    expect(reportText({ ...report(deleted), looked: 1 })).to.include("is this another one?");
    expect(reportText(report(deleted))).not.to.include("another one");
  });

  it("suggests up only if up would change something", () => {
    const unseen = {
      ...changed,
      up: "leave",
      fields: [{ path: "spec.rules[2]", cluster: {}, by, up: "leave" }],
    } as const;
    expect(reportText(report(unseen)))
      .to.include("not in the program → {}")
      .and.not.to.include("npm run up");
  });

  it("shortens long values to one line", () => {
    const field = { path: "data.x", program: "a\nb", cluster: "y".repeat(5000), by, up: "restore" } as const;
    const [, line = ""] = reportText(report({ ...changed, fields: [field] })).split("\n");
    expect(line).to.match(/^ {2}data\.x: a\\nb → y+…$/);
    expect(line.length).to.be.lessThan(200);
  });

  it("is a JSON object with --json", () => {
    expect(JSON.parse(reportJson(report(changed), false))).to.deep.equal({
      stack: "dev",
      drift: true,
      objects: [changed],
    });
  });
});

describe("the engine's refresh", () => {
  const state = (more: object = {}) => ({
    type: "kubernetes:apps/v1:Deployment",
    custom: true,
    inputs: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "iris", namespace: "ml" } },
    outputs: { status: {} },
    ...more,
  });
  const read = (...steps: readonly object[]) =>
    readRefresh(JSON.stringify({ steps: steps.map((step) => ({ urn: "urn:x", op: "refresh", ...step })) }));

  it("is read object by object: deleted, different or unchanged", () => {
    const detailedDiff = { "spec.replicas": { kind: "update", inputDiff: false } };
    const objects = read(
      { oldState: state({ ignoreChanges: ["spec.replicas"] }) },
      { op: "update", oldState: state(), detailedDiff },
      { op: "delete", oldState: state() },
    );
    expect(objects.map(({ deleted, ignored }) => [deleted, ignored])).to.deep.equal([
      [false, ["spec.replicas"]],
      [false, []],
      [true, []],
    ]);
    expect(objects[1]?.changes).to.have.keys("spec.replicas");
    expect(objects[0]?.recorded).to.deep.equal({ status: {} });
  });

  it("skips resources that are not objects of the cluster, or are about to be deleted", () => {
    const objects = read(
      { oldState: { type: "pulumi:pulumi:Stack" } },
      { oldState: { type: "ml:serving:ModelService" } },
      { oldState: { type: "pulumi:providers:kubernetes", custom: true, inputs: {} } },
      { oldState: { type: "random:index/randomPassword:RandomPassword", custom: true, inputs: { length: 32 } } },
      { oldState: state({ type: "kubernetes:helm.sh/v3:Release", inputs: { chart: "x" } }) },
      { oldState: state({ delete: true }) },
    );
    expect(objects).to.deep.equal([]);
    expect(readRefresh('{"changeSummary": {}}')).to.deep.equal([]);
  });
});
