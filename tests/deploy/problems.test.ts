import { expect } from "chai";
import { findProblems } from "../../local/deploy/problems.ts";
import type { LiveObject } from "../../local/kubectl.ts";

function object(kind: string, status: object): LiveObject {
  return { apiVersion: "v1", kind, metadata: { name: "x", namespace: "ml" }, status };
}
const pod = (container: object) =>
  object("Pod", { containerStatuses: [{ name: "server", restartCount: 4, ...container }] });
const unscheduled = (message: string) =>
  object("Pod", { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] });

describe("problems that status finds", () => {
  const cases: [string, LiveObject, RegExp, RegExp][] = [
    [
      "a pod that finds no CPU",
      unscheduled("0/1 nodes are available: 1 Insufficient cpu."),
      /Pending: .*Insufficient cpu/,
      /lower the requests or the replicas/,
    ],
    [
      "a pod that finds no GPU",
      unscheduled("0/1 nodes are available: 1 Insufficient nvidia.com/gpu."),
      /nvidia\.com\/gpu/,
      /free GPU/,
    ],
    [
      "a container out of memory",
      pod({ state: {}, lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } }),
      /killed for want of memory, 4 restarts/,
      /limits\.memory/,
    ],
    [
      "an image that is not there",
      pod({ state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } }),
      /image not found \(ImagePullBackOff\): not found/,
      /images/,
    ],
    [
      "a crash loop",
      pod({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode: 1 } } }),
      /exit code 1, 4 restarts/,
      /kubectl logs x --namespace ml --previous/,
    ],
    [
      "a secret that is not there",
      pod({ state: { waiting: { reason: "CreateContainerConfigError", message: 'secret "k" not found' } } }),
      /secret "k" not found/,
      /secrets/,
    ],
    ["a claim that is not bound", object("PersistentVolumeClaim", { phase: "Pending" }), /not bound/, /class exists/],
    [
      "an autoscaler without metrics",
      object("HorizontalPodAutoscaler", {
        conditions: [
          { type: "ScalingActive", status: "False", reason: "FailedGetResourceMetric", message: "no metrics" },
        ],
      }),
      /no metrics/,
      /metrics-server/,
    ],
    [
      "a quota that refuses pods",
      object("ReplicaSet", {
        conditions: [{ type: "ReplicaFailure", status: "True", message: "pods x is forbidden: exceeded quota: q" }],
      }),
      /exceeded quota/,
      /namespace\.quota/,
    ],
    [
      "a Job that failed",
      object("Job", { conditions: [{ type: "Failed", status: "True", message: "too many retries" }] }),
      /too many retries/,
      /kubectl logs job\/x --namespace ml/,
    ],
  ];
  for (const [what, live, fault, remedy] of cases) {
    it(`names ${what}, and what to do`, () => {
      const [problem, ...others] = findProblems([live]);
      expect(others).to.deep.equal([]);
      expect(problem?.object).to.equal(`${live.kind} x`);
      expect(problem?.what).to.match(fault);
      expect(problem?.remedy).to.match(remedy);
    });
  }

  it("finds nothing where all is well", () => {
    const well = [
      pod({ state: { running: {} } }),
      object("PersistentVolumeClaim", { phase: "Bound" }),
      object("Job", { conditions: [{ type: "Complete", status: "True" }] }),
      object("HorizontalPodAutoscaler", { conditions: [{ type: "ScalingActive", status: "True" }] }),
      object("ReplicaSet", {}),
    ];
    expect(findProblems(well)).to.deep.equal([]);
  });
});
