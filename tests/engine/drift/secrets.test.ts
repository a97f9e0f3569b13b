import { expect } from "chai";
import { driftOf } from "../../../engine/drift/drift.ts";
import { byPulumi, deployment, found, live, managed, onlyField, pulumis, stackObject } from "./support.ts";

describe("drift of a secret value", () => {
  const secret = (fields: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "api-key", namespace: "ml", ...fields },
    type: "Opaque",
  });
  const plain = "c2VjcmV0LXZhbHVl";
  const program = { ...secret({}), data: "[secret]" };
  const applied = "kubectl.kubernetes.io/last-applied-configuration";
  const cluster = live(
    { ...secret({ annotations: { [applied]: `{"data":{"key":"${plain}"}}` } }), data: { key: plain, more: plain } },
    byPulumi({}),
    managed("kubectl-edit", {
      "f:metadata": { "f:annotations": { ".": {}, [`f:${applied}`]: {} } },
      "f:data": { "f:key": {}, "f:more": {} },
    }),
  );

  it("says that a value differs or was added, and never shows it", () => {
    const drift = found(stackObject(program, { changes: { "data.key": { kind: "update" } } }), cluster);
    const by = { manager: "kubectl-edit", time: "2026-02-01T10:00:00Z" };
    expect(drift.fields).to.deep.equal([{ path: "data.key", secret: true, by, up: "restore" }]);
    expect(drift.additions).to.deep.equal([{ path: "data.more", secret: true, by, up: "remove" }]);
    expect(JSON.stringify(drift)).not.to.include(plain);
  });

  it("also hides values that the program sets in plain text", () => {
    const object = stackObject(
      { ...secret({}), data: { key: "b3RoZXI=" } },
      { changes: { "data.key": { kind: "update" } } },
    );
    const text = JSON.stringify(found(object, cluster));
    expect(text).to.include("data.key");
    expect(text).not.to.match(new RegExp(`${plain}|b3RoZXI=`));
  });

  it("is found in any field that the program sets to a secret value", () => {
    const token = (value: string) => ({
      ...deployment(),
      metadata: { name: "iris", namespace: "ml", annotations: { token: value } },
    });
    const object = stackObject(token("[secret]"), { changes: { "metadata.annotations.token": { kind: "update" } } });
    const field = onlyField(object, live(token(plain), pulumis));
    expect(field).to.deep.equal({ path: "metadata.annotations.token", secret: true, up: "restore" });
  });

  it("stays hidden in a list to which items were added", () => {
    const server = (value: string) => ({ name: "server", env: [{ name: "TOKEN", value }] });
    const object = (...containers: readonly object[]) => deployment({ extra: { containers } });
    const injected = live(object({ name: "proxy" }, server(plain)), pulumis);
    expect(driftOf(stackObject(object(server("[secret]")), { recorded: {} }), injected)).to.equal(undefined);
  });
});
