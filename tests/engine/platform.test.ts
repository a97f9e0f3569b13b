import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { writeKubeconfig } from "../../bench/engine/stack.ts";
import { parseValues } from "../../config/index.ts";
import type { PreviewStep } from "../../engine/pulumi/preview.ts";
import { Session } from "../../engine/pulumi/session.ts";
import { Workspace } from "../../engine/pulumi/workspace.ts";
import { renderStack } from "../../render/render.ts";
import { readStack } from "../../render/stack-file.ts";
import { stacks } from "../render/stacks.ts";
import { ensureTool } from "../tools/index.ts";
import { expectRendered } from "./registered.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const images = { inference: "localhost/inference:1", trainer: "localhost/trainer:1" };

/**
 * A program that knows the package by its name only, as the SDKs that Pulumi generates for other languages do.
 *
 * @param before statements before the component
 * @param options source text of its options
 */
const program = (settings: object, before = "", options = "{}") => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
${before}
const platform = new pulumi.ComponentResource(
  "ml-platform:index:Platform",
  "shop",
  { ...${JSON.stringify(settings)}, namespaceName: undefined, cost: undefined },
  ${options},
  true,
);
export const namespaceName = platform.namespaceName;
export const cost = platform.cost;
`;

describe("the component for programs in other languages", function () {
  this.timeout(300_000);
  let folder: string;
  let cluster: { readonly kubeconfig: string; readonly identifier: string };
  before(async function () {
    // Builds the engine on first use.
    this.timeout(60 * 60_000);
    await ensureTool("pulumi");
    folder = await mkdtemp(path.join(tmpdir(), "provider-"));
    // A preview of a new stack needs no cluster.
    cluster = { kubeconfig: await writeKubeconfig(folder), identifier: "nowhere" };
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** The CLI in a new project. */
  async function project(name: string, source: string) {
    const directory = path.join(folder, name);
    await mkdir(directory);
    const plugins = { providers: [{ name: "ml-platform", path: path.join(repository, "provider") }] };
    const runtime = { name: "nodejs", options: { typescript: false } };
    await writeFile(
      path.join(directory, "Pulumi.yaml"),
      JSON.stringify({ name, runtime, main: "program.js", plugins }),
    );
    await writeFile(path.join(directory, "program.js"), source);
    await writeFile(path.join(directory, "package.json"), '{ "type": "module" }');
    await symlink(path.join(repository, "node_modules"), path.join(directory, "node_modules"));
    const session = await Session.open(new Workspace(path.join(folder, "state")), "test", () => undefined, {
      create: false,
    });
    await session.run(["stack", "init", "test", "--no-select", `--cwd=${directory}`]);
    return (...args: readonly string[]) => session.run([...args, `--cwd=${directory}`]);
  }

  // The others differ in their settings only, which rendering.test.ts compares for all.
  for (const stack of ["dev", "prod", "ml-platform"]) {
    it(`creates the objects of ${stack} from the settings of its stack file`, async () => {
      const configFiles = (stacks[stack] ?? []).map((file) => path.join(repository, file));
      const { project: prefix, values } = await readStack(repository, configFiles);
      const settings = { ...parseValues(values, prefix), images, cluster };
      const cli = await project(stack, program(settings));
      const { steps } = JSON.parse(await cli("preview", "--json", "--show-secrets")) as {
        steps: readonly PreviewStep[];
      };
      expectRendered(steps, await renderStack({ stack, configFiles, overrides: { images, cluster } }));
    });
  }

  /** A stack with a secret of its own. */
  const settings = {
    environment: "test",
    namespace: { name: "shop" },
    images,
    secrets: { api: { name: "api", data: { key: { config: "apiKey" } } } },
  };

  it("uses the cluster of the program, and keeps the values of secrets secret", async () => {
    const own = `const cluster = new k8s.Provider("own", ${JSON.stringify({ kubeconfig: cluster.kubeconfig })});`;
    const withSecret = { ...settings, secretValues: { apiKey: "hunter2" } };
    const cli = await project("own-cluster", program(withSecret, own, "{ providers: [cluster] }"));
    const text = await cli("preview", "--json");
    const { steps } = JSON.parse(text) as { steps: readonly PreviewStep[] };
    const providers = steps.filter(({ newState }) => newState?.type === "pulumi:providers:kubernetes");
    expect(providers.map(({ urn }) => urn.split("::").at(-1))).to.deep.equal(["own"]);
    expect(steps.map(({ newState }) => newState?.type)).to.include("kubernetes:core/v1:Secret");
    expect(text).not.to.include("hunter2").and.not.to.include(Buffer.from("hunter2").toString("base64"));
  });

  it("refuses what is wrong at preview, by its path", async () => {
    const cli = await project("wrong", program({ ...settings, modles: [] }));
    const error = await cli("preview").then(String, String);
    expect(error).to.include("Platform shop: modles: unknown setting");
  });
});
