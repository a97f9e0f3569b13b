import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { renderStack } from "../../render/render.ts";
import { objectKey, type RenderedObject } from "../../render/rendered.ts";

/** A stack with everything that has pods. */
const STACK = {
  environment: "test",
  images: { inference: "inference:1", trainer: "trainer:1" },
  namespace: {
    name: "ml",
    quota: { name: "ml-quota", hard: { pods: "100" } },
    limitRange: { name: "ml-limits", container: { default: { cpu: "1" } } },
  },
  storage: { models: { size: "1Gi" }, data: { size: "1Gi" }, init: { name: "storage-init" } },
  training: {
    sequential: true,
    jobs: [
      { name: "first", task: "iris", model: "iris" },
      { name: "second", task: "iris", model: "iris" },
    ],
    cronJobs: [{ name: "weekly", task: "iris", model: "iris", schedule: "@weekly" }],
    batchJobs: [{ name: "scoring", model: "iris", schedule: "@daily", synthetic: 5 }],
  },
  gateway: { name: "gw", namespace: "gw-system", implementation: "traefik" },
  models: [{ model: "iris", versions: [{ version: "1", name: "iris" }], traffic: { name: "iris", stable: "1" } }],
  loadTest: { name: "load-test", model: "iris" },
};

describe("the order in which a stack is created", () => {
  let objects: readonly RenderedObject[];

  before(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "order-"));
    const file = path.join(folder, "Pulumi.order.yaml");
    const config = Object.fromEntries(Object.entries(STACK).map(([key, value]) => [`ml-platform:${key}`, value]));
    await writeFile(file, JSON.stringify({ config }));
    objects = await renderStack({ stack: "order", configFiles: [file] });
    await rm(folder, { recursive: true });
  });

  /** All objects that an object waits for, as `<kind>/<name>`. */
  function waitsFor(key: string): Set<string> {
    const byKey = new Map(objects.map((object) => [objectKey(object.object), object]));
    const found = new Set<string>();
    const visit = (name: string) => {
      for (const before of byKey.get(name)?.dependsOn ?? []) {
        if (!found.has(before)) {
          found.add(before);
          visit(before);
        }
      }
    };
    visit(key);
    return new Set(
      [...found].flatMap((name) => {
        const object = byKey.get(name)?.object;
        return object === undefined ? [] : [`${object.kind}/${object.metadata.name}`];
      }),
    );
  }

  const keyOf = (kind: string, name: string) => {
    const found = objects.find(({ object }) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return objectKey(found.object);
  };

  it("creates pods only after the quota and the limit range", () => {
    const kinds = ["Deployment", "Job", "CronJob"];
    const withPods = objects.filter(({ object }) => kinds.includes(object.kind));
    expect(withPods).to.have.length(7);
    for (const { object } of withPods) {
      expect([...waitsFor(objectKey(object))], object.metadata.name).to.include.members([
        "ResourceQuota/ml-quota",
        "LimitRange/ml-limits",
      ]);
    }
  });

  it("serves and trains only after the volumes are initialized", () => {
    for (const [kind, name] of [
      ["Deployment", "iris"],
      ["Job", "first"],
      ["CronJob", "weekly"],
    ] as const) {
      expect([...waitsFor(keyOf(kind, name))], name).to.include("Job/storage-init");
    }
  });

  it("runs training Jobs one after another if they are in sequence", () => {
    expect([...waitsFor(keyOf("Job", "second"))]).to.include("Job/first");
  });

  it("routes requests only to ready versions, and runs the load test only once requests are routed", () => {
    expect([...waitsFor(keyOf("HTTPRoute", "iris"))]).to.include("Deployment/iris");
    expect([...waitsFor(keyOf("Job", "load-test"))]).to.include("HTTPRoute/iris");
  });
});
