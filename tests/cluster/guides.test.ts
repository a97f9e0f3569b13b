import path from "node:path";
import { PageRun } from "../docs/page-run.ts";
import { type Block, readBlocks, testedPages, titleOf } from "../docs/pages.ts";
import { type Cluster, devCluster } from "./support/cluster.ts";
import { deploy } from "./support/stacks.ts";

const pages = new Map<string, readonly Block[]>();
for (const page of await testedPages()) pages.set(page, await readBlocks(page));

describe("the commands of the guides, on a cluster", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });
  // The guides deployed from copies of this checkout, which have been deleted.
  after(() => deploy());

  for (const [page, blocks] of pages) {
    if (!blocks.some(({ mode }) => mode === "cluster")) continue;
    describe(page, () => {
      let run: PageRun;
      before(async () => {
        const kubectl = path.dirname(cluster.kubectl.program);
        run = await PageRun.start({
          port: cluster.port,
          environment: {
            ML_PLATFORM_STATE: path.join(cluster.folder, "state"),
            KUBECONFIG: cluster.kubeconfig,
            PATH: [kubectl, process.env["PATH"]].join(path.delimiter),
          },
        });
      });
      after(() => run.end());
      // The blocks that need no cluster create what later commands use, such as a stack file, so they run as well.
      // Servers in the background are left out, because they would take the gateway's port.
      for (const block of blocks) {
        if (block.mode === "cluster" || block.script.startsWith("cat > ")) it(titleOf(block), () => run.run(block));
      }
    });
  }
});
