import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { POD_TEMPLATE } from "../../../../components/kubernetes/api/api.ts";
import { joinPatches, mergePatch } from "../../../../components/kubernetes/api/merge.ts";

/** A pod's spec with a patch. */
const patched = (spec: object, patch: object) =>
  (mergePatch({ spec }, { spec: patch }, POD_TEMPLATE) as { spec: object }).spec;

const server = {
  name: "server",
  image: "a:1",
  env: [
    { name: "A", value: "1" },
    { name: "B", value: "2" },
  ],
  ports: [{ name: "http", containerPort: 8080 }],
  volumeMounts: [{ name: "models", mountPath: "/models", readOnly: true }],
};

/** What kubectl 1.36 makes of the same with `patch --local --type strategic`, but for the order of new items. */
describe("a strategic merge patch", () => {
  it("merges containers, variables, ports and mounts by their keys", () => {
    const containers = [
      {
        name: "server",
        image: "a:2",
        env: [
          { name: "B", value: "3" },
          { name: "C", value: "4" },
        ],
        ports: [{ containerPort: 8080, protocol: "TCP" }, { containerPort: 9 }],
        volumeMounts: [
          { mountPath: "/models", readOnly: null },
          { mountPath: "/tmp", name: "tmp" },
        ],
      },
      { name: "sidecar", image: "s:1" },
    ];
    expect(patched({ containers: [server] }, { containers })).to.deep.equal({
      containers: [
        {
          name: "server",
          image: "a:2",
          env: [
            { name: "A", value: "1" },
            { name: "B", value: "3" },
            { name: "C", value: "4" },
          ],
          ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }, { containerPort: 9 }],
          volumeMounts: [
            { name: "models", mountPath: "/models" },
            { mountPath: "/tmp", name: "tmp" },
          ],
        },
        { name: "sidecar", image: "s:1" },
      ],
    });
  });

  it("replaces lists without a key: tolerations, arguments", () => {
    const spec = { tolerations: [{ key: "a" }, { key: "b" }], containers: [{ ...server, args: ["x", "y"] }] };
    const patch = { tolerations: [{ key: "c" }], containers: [{ name: "server", args: ["z"] }] };
    expect(patched(spec, patch)).to.deep.equal({
      tolerations: [{ key: "c" }],
      containers: [{ ...server, args: ["z"] }],
    });
  });

  it("takes away what is null, and merges maps", () => {
    const spec = { nodeSelector: { a: "1", b: "2" }, securityContext: { runAsUser: 1000, fsGroup: 1000 }, priority: 1 };
    const patch = { nodeSelector: { a: null, c: "3" }, securityContext: { runAsUser: null }, priority: null };
    expect(patched(spec, patch)).to.deep.equal({
      nodeSelector: { b: "2", c: "3" },
      securityContext: { fsGroup: 1000 },
    });
  });

  it("follows $patch: delete and replace, and $retainKeys", () => {
    const volumes = [
      { name: "a", emptyDir: {} },
      { name: "b", emptyDir: {} },
      { name: "c", emptyDir: { medium: "Memory" } },
    ];
    const patch = {
      volumes: [
        { name: "a", $patch: "delete" },
        { name: "b", $retainKeys: ["name", "secret"], secret: { secretName: "s" } },
        { name: "c", emptyDir: { $patch: "replace", sizeLimit: "1Gi" } },
      ],
    };
    expect(patched({ volumes }, patch)).to.deep.equal({
      volumes: [
        { name: "b", secret: { secretName: "s" } },
        { name: "c", emptyDir: { sizeLimit: "1Gi" } },
      ],
    });
    expect(
      patched({ containers: [server] }, { containers: [{ $patch: "replace" }, { name: "x", image: "x" }] }),
    ).to.deep.equal({ containers: [{ name: "x", image: "x" }] });
  });

  it("adds to and removes from lists of plain values that are merged", () => {
    const metadata = { type: { is: "object", definition: "meta.v1.ObjectMeta" } as const };
    const finalizers = mergePatch({ finalizers: ["a", "b"] }, { finalizers: ["b", "c"] }, metadata.type);
    expect(finalizers).to.deep.equal({ finalizers: ["a", "b", "c"] });
    const fewer = mergePatch(
      { finalizers: ["a", "b"] },
      { "$deleteFromPrimitiveList/finalizers": ["a"] },
      metadata.type,
    );
    expect(fewer).to.deep.equal({ finalizers: ["b"] });
  });

  it("changes neither the value nor the patch, and leaves outputs alone", () => {
    const claim = pulumi.output("models");
    const spec = { volumes: [{ name: "models", persistentVolumeClaim: { claimName: claim } }] };
    const before = JSON.stringify(Object.keys(spec.volumes[0] ?? {}));
    const patch = { volumes: [{ name: "models", persistentVolumeClaim: { readOnly: true } }] };
    const merged = patched(spec, patch) as typeof spec;
    expect(merged.volumes[0]?.persistentVolumeClaim).to.deep.equal({ claimName: claim, readOnly: true });
    expect(merged.volumes[0]?.persistentVolumeClaim.claimName).to.equal(claim);
    expect(JSON.stringify(Object.keys(spec.volumes[0] ?? {}))).to.equal(before);
    expect(spec.volumes[0]?.persistentVolumeClaim).not.to.have.property("readOnly");
  });

  it("of a custom kind is a JSON merge patch: lists are replaced", () => {
    const rule = { backendRefs: [{ name: "a" }, { name: "b" }] };
    const patch = { rules: [{ backendRefs: [{ name: "a", weight: 1 }] }], hostnames: null };
    expect(mergePatch({ rules: [rule], hostnames: ["x"] }, patch)).to.deep.equal({
      rules: [{ backendRefs: [{ name: "a", weight: 1 }] }],
    });
  });
});

describe("two patches as one", () => {
  it("do what the first and then the second does", () => {
    const value = {
      spec: { containers: [server], tolerations: [{ key: "a" }], priority: 1, securityContext: { a: 1 } },
    };
    const first = {
      metadata: { annotations: { a: "1", b: "2" } },
      spec: {
        priority: null,
        tolerations: [{ key: "b" }],
        containers: [
          { name: "server", env: [{ name: "A", value: "9" }] },
          { name: "one", image: "one" },
        ],
      },
    };
    const second = {
      metadata: { annotations: { b: null, c: "3" } },
      spec: {
        tolerations: [{ key: "c" }],
        securityContext: null,
        containers: [
          { name: "one", image: "two" },
          { name: "server", env: [{ name: "B", $patch: "delete" }] },
        ],
      },
    };
    const inTurn = mergePatch(mergePatch(value, first, POD_TEMPLATE), second, POD_TEMPLATE);
    const joined = joinPatches(first, second, POD_TEMPLATE);
    expect(mergePatch(value, joined, POD_TEMPLATE)).to.deep.equal(inTurn);
    expect(inTurn).to.deep.include({ metadata: { annotations: { a: "1", c: "3" } } });
  });
});
