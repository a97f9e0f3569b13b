import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { fileName } from "../../render/files.ts";
import { forGitOps } from "../../render/gitops.ts";
import { renderStack } from "../../render/render.ts";
import type { KubernetesObject } from "../../render/rendered.ts";
import { acceptedStacks } from "../config/accepted-stacks.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

describe("generated stack files that are accepted", function () {
  this.timeout(600_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "generated-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("render to objects that the API server accepts by their names, labels, selectors and variables", async () => {
    const stacks = acceptedStacks(20, { seed: 7, likely: 15 });
    expect(stacks).to.have.length(20);
    for (const [index, settings] of stacks.entries()) {
      const file = path.join(folder, `${index}.yaml`);
      const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`ml-platform:${key}`, value]));
      await writeFile(file, JSON.stringify({ config }));
      const objects = forGitOps(await renderStack({ stack: "generated", configFiles: [file] }));
      expect(new Set(objects.map(({ object }) => fileName(object))).size, file).to.equal(objects.length);
      for (const { object } of objects) checkObject(object, JSON.stringify(settings));
    }
  });
});

function checkObject(object: KubernetesObject, settings: string): void {
  const { kind, metadata } = object;
  const what = `${kind} ${metadata.name} of ${settings}`;
  expect(metadata.name, what).to.match(kind === "Service" || kind === "Job" ? LABEL : SUBDOMAIN);
  expect(metadata.name.length, what).to.be.at.most(
    kind === "Service" || kind === "Job" ? 63 : kind === "CronJob" ? 52 : 253,
  );
  for (const value of Object.values(metadata.labels ?? {})) expect(value, what).to.match(LABEL_VALUE);
  const spec = object["spec"] as Spec | undefined;
  const template = spec?.template ?? spec?.jobTemplate?.spec.template;
  if (template === undefined) return;
  for (const [name, value] of Object.entries(spec?.selector?.matchLabels ?? {})) {
    expect(template.metadata.labels[name], what).to.equal(value);
  }
  for (const { env = [], resources = {} } of template.spec.containers) {
    expect(new Set(env.map(({ name }) => name)).size, what).to.equal(env.length);
    for (const [name, request] of Object.entries(resources.requests ?? {})) {
      if (name.includes("/")) expect(resources.limits?.[name], what).to.equal(request);
    }
  }
}

/** The parts of objects with pods that the API server's own rules are about. */
interface Spec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly template?: Template;
  readonly jobTemplate?: { readonly spec: { readonly template: Template } };
}

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly {
      readonly env?: readonly { readonly name: string }[];
      readonly resources?: {
        readonly requests?: Readonly<Record<string, string>>;
        readonly limits?: Readonly<Record<string, string>>;
      };
    }[];
  };
}
