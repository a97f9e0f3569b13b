import { join } from "node:path";
import { trainerCommit } from "../../apps/trainer/source-commit.ts";
import { addonImages } from "../../cluster/addons/images.ts";
import { ensureAddons } from "../../cluster/addons/index.ts";
import { planMonitoring } from "../../cluster/addons/monitoring/index.ts";
import { ensureAppImages } from "../../cluster/images/index.ts";
import { ensureSubstitutes } from "../../cluster/images/substitutes.ts";
import { removeUnusedImages } from "../../cluster/images/unused.ts";
import { Kubectl } from "../../cluster/kubectl.ts";
import { defaultGatewayPort, nodePaths } from "../../cluster/node/layout.ts";
import { runningNode } from "../../cluster/node/record.ts";
import { startNode } from "../../cluster/node/start.ts";
import { checkBuild, planToolchain, type Toolchain, toolchainFolders } from "../../cluster/toolchain/index.ts";
import { installPackages, missingPackages } from "../../cluster/toolchain/packages.ts";
import { checkMachine, probeMachine } from "../../cluster/toolchain/prerequisites.ts";
import type { ToolPlace } from "../../cluster/toolchain/tool.ts";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot, stateDirectory } from "../../common/paths.ts";
import { isPortFree } from "../../common/ports.ts";
import { announce } from "./announce.ts";
import { type Background, background } from "./background.ts";
import { buildStep } from "./build-step.ts";
import { deployStep } from "./deploy-step.ts";
import { missingEngine } from "./missing-pulumi.ts";
import { usesOneImage } from "./one-image.ts";
import type { UpOptions, UpResult } from "./options.ts";
import { resultStep, runSteps, type Step } from "./progress.ts";

/** Brings up the embedded cluster and deploys onto it. */
export async function upEmbedded(options: UpOptions): Promise<UpResult> {
  checkMachine(await probeMachine());
  const paths = nodePaths(stateDirectory());
  const running = await runningNode(paths);
  const gatewayPort = options.port ?? running?.gatewayPort ?? defaultGatewayPort;
  if (running?.gatewayPort !== gatewayPort && !(await isPortFree(gatewayPort))) throw portTaken(gatewayPort);
  const packages = await missingPackages();
  const missing = planToolchain().filter(({ built }) => !built);
  // Built and installed last, but announced and checked with the others.
  const later = options.prometheus === true ? planMonitoring().filter(({ built }) => !built) : [];
  const builds = [...missing, ...later];
  if (builds.length > 0) await checkBuild(builds);
  const engine = await missingEngine();
  const starting = running === undefined;
  announce({ packages, missing: builds, engine: engine !== undefined, starting, gatewayPort, paths });

  const toolchain = toolchainFolders();
  const kubectl = new Kubectl(join(toolchain.kubernetes, "kubectl"), paths.kubeconfig);
  try {
    await runSteps(preparation(packages, missing, engine));
    const deployed = await runOnNode(options, { toolchain, kubectl, gatewayPort, engine });
    return { kubectl, deployed, gatewayUrl: `http://127.0.0.1:${gatewayPort}` };
  } finally {
    engine?.cancel();
  }
}

/**
 * One step for everything that the machine lacks. The engine is needed only by the last step; its build starts after the
 * first build, and reuses the parts of Go's standard library that the first build compiled.
 */
function preparation(packages: readonly string[], missing: readonly ToolPlace[], engine?: Background): Step[] {
  const steps = missing.map((place) => buildStep(place, {}, () => engine?.start()));
  if (packages.length === 0) return steps;
  const install = {
    title: "Debian packages",
    run: async (report: (line: string) => void) => void (await installPackages(packages, report)),
  };
  return [install, ...steps];
}

interface Embedded {
  readonly toolchain: Toolchain;
  readonly kubectl: Kubectl;
  readonly gatewayPort: number;
  /** Installs the engine; undefined if the machine has it. */
  readonly engine: Background | undefined;
}

/** Starts the node if it is not running, and deploys the stack onto it. */
async function runOnNode(options: UpOptions, { toolchain, kubectl, gatewayPort, engine }: Embedded) {
  engine?.start();
  const paths = nodePaths(stateDirectory());
  const combined = await usesOneImage(options.stack, options.configFile);
  const node = resultStep("Kubernetes node", async (report) => {
    const { record, already } = await startNode({
      paths,
      toolDirectories: [toolchain.kubernetes, toolchain.etcd, toolchain.containerd, toolchain.helpers],
      kubectl,
      pauseImage: addonImages(toolchain).pause,
      gatewayPort,
      report,
    });
    return { result: record, summary: already ? "already running" : "started" };
  });
  const place = () => ({ containerd: toolchain.containerd, init: node.result().init, state: paths.state });

  const images = background("Images of the apps", async (report, signal) => {
    const result = await ensureAppImages(combined, () => trainerCommit(repositoryRoot), { ...place(), report, signal });
    return { result, summary: result.built.length > 0 ? `built ${result.built.join(", ")}` : "no change" };
  });
  const addons: Step = {
    title: "DNS, metrics, storage, gateway",
    run: async (report) => {
      // The pods of the add-ons start while the images are built.
      images.start();
      return (await ensureAddons({ toolchain, kubectl, record: node.result(), paths, report })) ? "ready" : "no change";
    },
  };
  const deployed = deployStep(
    options,
    kubectl,
    () => images.step.result().images,
    async (references, report) => void (await ensureSubstitutes(references, { ...place(), report })),
  );
  try {
    await runSteps([node, addons, images.step, ...(engine ? [engine.step] : []), deployed]);
  } finally {
    images.cancel();
  }
  const { built, images: current } = images.step.result();
  if (built.length > 0) await removeUnusedImages(kubectl, place(), current);
  return deployed.result();
}

function portTaken(port: number): UserError {
  return new UserError(`port ${port} on 127.0.0.1 is taken`, "free it or choose another: npm run up -- --port N");
}
