import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { writeFiles } from "../../render/files.ts";
import { ensureTool } from "../tools/index.ts";
import { objectsOf, stacks } from "./stacks.ts";

interface ScoredObject {
  /** `<kind>/<apiVersion>/<namespace>/<name>` */
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    /** 10 for passed, 5 for a warning, 1 for critical. */
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly path: string; readonly summary: string }[] | null;
  }[];
}

/** Advice of kube-score that is not followed: the check, the objects (if not all), and the reason. */
const exceptions: readonly { readonly check: string; readonly objects?: RegExp; readonly why: string }[] = [
  {
    check: "container-ephemeral-storage-request-and-limit",
    why: "containers have a read-only root, and their scratch volumes a size limit of their own",
  },
  {
    check: "container-security-context-user-group-id",
    why: "the images' own user is 1000, which the Pod Security Standard takes; volumes are shared by that group",
  },
  {
    check: "container-image-pull-policy",
    why: "images are deployed by their digest or by a tag of their content: a pull can bring nothing new",
  },
  {
    check: "deployment-has-host-podantiaffinity",
    why: "pods are spread over nodes by topologySpreadConstraints instead",
  },
  {
    check: "deployment-targeted-by-hpa-does-not-have-replicas-configured",
    why: "replicas are where the autoscaler starts; the program sets them once and leaves them alone from then on",
  },
  {
    check: "deployment-replicas",
    objects: /\/ml-dev\/|\/model-v2$|\/php-apache$/,
    why: "one pod is enough for the dev environment, for a canary, and to show autoscaling from",
  },
  {
    check: "horizontalpodautoscaler-replicas",
    objects: /\/model-v2-hpa$|\/php-apache-hpa$/,
    why: "a canary and the demonstration of autoscaling may go down to one pod",
  },
  { check: "cronjob-has-deadline", why: "a run that is late is still wanted" },
  {
    check: "pod-networkpolicy",
    objects: /\/kube-system\/nvidia-device-plugin-daemonset$/,
    why: "kube-system is the cluster's, and so are its policies",
  },
  {
    check: "pod-probes-identical",
    objects: /\/model-api$|\/api-gateway$/,
    why: "the model API is asked at /health by both, once the startup probe has found it ready; nginx has nothing to load",
  },
  {
    check: "deployment-has-poddisruptionbudget",
    objects: /\/(mlops-lab|ml-platform|ml-course)\//,
    why: "labs on one node, where a budget would only hold up a drain",
  },
  {
    check: "service-type",
    objects: /\/(api-gateway-service|api-service|iris-api-svc)$/,
    why: "these are reached at a port of the node",
  },
];

describe("kube-score", function () {
  this.timeout(120_000);
  let folder: string;
  let program: string;
  before(async function () {
    // Builds kube-score on first use.
    this.timeout(20 * 60_000);
    folder = await mkdtemp(path.join(tmpdir(), "score-"));
    program = path.join(await ensureTool("kubeScore"), "kube-score");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** The findings in a stack: object, check, and a text with both and the details. */
  async function findings(stack: string): Promise<{ object: string; check: string; text: string }[]> {
    const out = path.join(folder, stack);
    const files = (await writeFiles(out, await objectsOf(stack))).map((file) => path.join(out, file));
    const { stdout } = await execa(program, ["score", "--kubernetes-version=v1.36", "--output-format=json", ...files], {
      reject: false,
    });
    return (JSON.parse(stdout) as ScoredObject[]).flatMap(({ object_name: object, checks }) =>
      checks
        .filter(({ grade, skipped }) => grade < 10 && !skipped)
        .flatMap(({ check, comments }) =>
          (comments ?? []).map(({ path: place, summary }) => ({
            object,
            check: check.id,
            text: `${object}: ${check.id}: ${place === "" ? "" : `${place}: `}${summary}`,
          })),
        ),
    );
  }

  const covers = ({ check, objects }: (typeof exceptions)[number], found: { object: string; check: string }) =>
    check === found.check && (objects === undefined || objects.test(found.object));

  for (const stack of Object.keys(stacks)) {
    it(`finds only known exceptions in stack ${stack}`, async () => {
      const unexpected = (await findings(stack)).filter((found) => !exceptions.some((item) => covers(item, found)));
      expect(unexpected.map(({ text }) => text)).to.deep.equal([]);
    });
  }

  it("has no unused exceptions", async () => {
    const all = (await Promise.all(Object.keys(stacks).map(findings))).flat();
    const unneeded = exceptions.filter((item) => !all.some((found) => covers(item, found)));
    expect(unneeded).to.deep.equal([]);
  });
});
