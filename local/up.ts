import { join } from "node:path";
import { addonImages } from "./addons/images.ts";
import { ensureAddons } from "./addons/index.ts";
import { announce } from "./announce.ts";
import { type Deployed, deployStack, type Engine } from "./deploy/index.ts";
import { gatewayAddress } from "./deploy/status.ts";
import { UserError } from "./errors.ts";
import { externalImages } from "./images/external.ts";
import { ensureAppImages } from "./images/index.ts";
import type { AppImages } from "./images/inputs.ts";
import { Kubectl } from "./kubectl.ts";
import { defaultGatewayPort, nodePaths } from "./node/layout.ts";
import { acquireLock } from "./node/lock.ts";
import { isPortFree } from "./node/ports.ts";
import { runningKeeper } from "./node/record.ts";
import { startNode } from "./node/start.ts";
import { deployDirectory, stateDirectory } from "./paths.ts";
import { runSteps, type Step } from "./progress.ts";
import { showResult } from "./result.ts";
import { checkBuild, ensureTool, ensureTools, planToolchain, toolchainFolders } from "./toolchain/index.ts";
import { installPackages, missingPackages } from "./toolchain/packages.ts";
import { checkMachine, probeMachine } from "./toolchain/prerequisites.ts";

/** Options of `up`. */
export interface UpOptions {
  /** kubeconfig context of another cluster; without it the embedded one is used. */
  readonly context?: string;
  /** HOST/PREFIX that images are pushed to for such a cluster. */
  readonly registry?: string;
  /** Port on 127.0.0.1 for the gateway; default: the one in use, else 8080. */
  readonly port?: number;
  /** Name of the stack. */
  readonly stack: string;
  /** Stack files instead of the one the stack's name gives, later ones laid over earlier ones. */
  readonly configFile?: readonly string[];
  /** What deploys the stack; default: what deployed it before, else the Pulumi CLI where there is one, else kubectl. */
  readonly engine?: Engine;
}

/** Brings everything up, from nothing or from whatever is there. @throws UserError for what the person can mend. */
export async function up(options: UpOptions): Promise<void> {
  const paths = nodePaths(stateDirectory());
  const release = acquireLock(paths.lock);
  try {
    const result =
      options.context === undefined ? await upEmbedded(options) : await upElsewhere(options, options.context);
    await showResult(result.kubectl, result.deployed, result.gatewayUrl);
  } finally {
    release();
  }
}

/** What an `up` has deployed, and where it can be asked about. */
interface Result {
  readonly kubectl: Kubectl;
  readonly deployed: Deployed;
  readonly gatewayUrl: string | undefined;
}

async function upEmbedded(options: UpOptions): Promise<Result> {
  checkMachine(await probeMachine());
  const paths = nodePaths(stateDirectory());
  const toolchain = toolchainFolders();
  const running = await runningKeeper(paths.keeperRecord);
  const gatewayPort = options.port ?? running?.gatewayPort ?? defaultGatewayPort;
  if (running?.gatewayPort !== gatewayPort && !(await isPortFree(gatewayPort))) throw portTaken(gatewayPort);
  const packages = await missingPackages();
  const missing = planToolchain().filter(({ built }) => !built);
  if (missing.length > 0) await checkBuild(missing);
  announce({ packages, missing, starting: running === undefined, gatewayPort, paths });

  const steps: Step[] = [];
  if (packages.length > 0) {
    steps.push({ title: "Debian packages", run: async (report) => void (await installPackages(packages, report)) });
  }
  for (const place of missing) {
    const { name, version } = place.tool;
    steps.push({
      title: `Building ${name} ${version}`,
      run: async (report) => void (await ensureTools([place], (_, line) => report(line))),
    });
  }
  let record = running;
  const kubectl = new Kubectl(join(toolchain.kubernetes, "kubectl"), paths.kubeconfig);
  let images: AppImages | undefined;
  let deployed: Deployed | undefined;
  steps.push(
    {
      title: "Kubernetes node",
      run: async (report) => {
        const node = await startNode({
          paths,
          toolDirectories: [toolchain.kubernetes, toolchain.etcd, toolchain.containerd, toolchain.helpers],
          kubectl,
          pauseImage: addonImages(toolchain).pause,
          gatewayPort,
          report,
        });
        record = node.record;
        return node.already ? "already running" : "started";
      },
    },
    {
      title: "DNS, metrics, storage, gateway",
      run: async (report) => {
        if (!record) throw new Error("the node has no record");
        return (await ensureAddons({ toolchain, kubectl, record, paths, report })) ? "ready" : "no change";
      },
    },
    {
      title: "Images of the apps",
      run: async (report) => {
        if (!record) throw new Error("the node has no record");
        const result = await ensureAppImages({
          containerd: toolchain.containerd,
          init: record.init,
          state: paths.state,
          report,
        });
        images = result.images;
        return result.built.length > 0 ? `built ${result.built.join(", ")}` : "no change";
      },
    },
    deployStep(
      options,
      kubectl,
      () => images,
      (result) => {
        deployed = result;
      },
    ),
  );
  await runSteps(steps);
  if (!deployed) throw new Error("nothing was deployed");
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  return { kubectl, deployed, gatewayUrl };
}

/** Deploys onto a cluster the person has: its kubectl context, its way to get images. */
async function upElsewhere(options: UpOptions, context: string): Promise<Result> {
  const kubeconfig = process.env.KUBECONFIG || join(process.env.HOME ?? "", ".kube", "config");
  let images: AppImages | undefined;
  let deployed: Deployed | undefined;
  const kubectl = new Kubectl(join(toolchainFolders().kubernetes, "kubectl"), kubeconfig, context);
  await runSteps([
    {
      title: "kubectl",
      run: async (report) => {
        await ensureTool("kubernetes", report);
        return undefined;
      },
    },
    {
      title: `Images of the apps for ${context}`,
      run: async (report) => {
        images = await externalImages({ context, ...(options.registry ? { registry: options.registry } : {}), report });
        return undefined;
      },
    },
    deployStep(
      options,
      kubectl,
      () => images,
      (result) => {
        deployed = result;
      },
    ),
  ]);
  if (!deployed) throw new Error("nothing was deployed");
  return { kubectl, deployed, gatewayUrl: await gatewayAddress(kubectl) };
}

/** The step that deploys the stack, from the images that an earlier step has named by then. */
function deployStep(
  options: UpOptions,
  kubectl: Kubectl,
  images: () => AppImages | undefined,
  done: (deployed: Deployed) => void,
): Step {
  return {
    title: `Stack ${options.stack}`,
    run: async (report) => {
      const names = images();
      if (names === undefined) throw new Error("the images have no names");
      const deployed = await deployStack({
        stack: options.stack,
        configFiles: options.configFile,
        engine: options.engine,
        stateDirectory: deployDirectory(options.context),
        kubectl,
        images: names,
        report,
      });
      done(deployed);
      return deployed.changes.length === 0 ? "no change" : `${deployed.changes.length} changed`;
    },
  };
}

function portTaken(port: number): UserError {
  return new UserError(`port ${port} on 127.0.0.1 is taken`, "free it or choose another: npm run up -- --port N");
}
