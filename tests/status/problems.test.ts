import { expect } from "chai";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { findProblems } from "../../engine/status/problems.ts";

function object(kind: string, status: object): LiveObject {
  return { apiVersion: "v1", kind, metadata: { name: "x", namespace: "ml" }, status };
}
const pod = (container: object) =>
  object("Pod", { containerStatuses: [{ name: "server", restartCount: 4, ...container }] });
const fetching = (container: object) =>
  object("Pod", { initContainerStatuses: [{ name: "fetch", restartCount: 2, ...container }] });
const CUT_OFF = { reason: "Error", exitCode: 1, message: "m: 1 MiB\ns3://b/m/: the connection to minio:9000 failed\n" };
const jobOf = (status: object) => object("Job", status);
const refusal = {
  ...object("Event", {}),
  reason: "FailedCreate",
  involvedObject: { kind: "Job", name: "x", namespace: "ml" },
  message: 'Error creating: pods "x-1" is forbidden: exceeded quota: q',
};
const unscheduled = (message: string) =>
  object("Pod", { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] });

describe("problems that status finds", () => {
  const cases: [string, LiveObject, RegExp, RegExp][] = [
    [
      "a pod without enough CPU on any node",
      unscheduled("0/1 nodes are available: 1 Insufficient cpu."),
      /Pending: .*Insufficient cpu/,
      /lower the requests or the replicas/,
    ],
    [
      "a container of a Job out of memory",
      pod({ restartCount: 0, state: { terminated: { reason: "OOMKilled", exitCode: 137 } } }),
      /ran out of memory \(OOMKilled\), 0 restarts/,
      /limits\.memory/,
    ],
    [
      "a container out of memory",
      pod({ state: {}, lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } }),
      /ran out of memory \(OOMKilled\), 4 restarts/,
      /limits\.memory/,
    ],
    [
      "a model that cannot be fetched, between two attempts",
      fetching({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: CUT_OFF } }),
      /^cannot fetch its model: s3:\/\/b\/m\/: the connection to minio:9000 failed$/,
      /^correct `source` of the version, or wait: it is tried again by itself, and the pods that are ready stay$/,
    ],
    [
      "a model that cannot be fetched, while it is tried again",
      fetching({ state: { running: {} }, lastState: { terminated: CUT_OFF } }),
      /cannot fetch its model/,
      /tried again/,
    ],
    [
      "a missing image",
      pod({ state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } }),
      /image not found \(ImagePullBackOff\): not found/,
      /images/,
    ],
    [
      "a crash loop",
      pod({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode: 1 } } }),
      /exit code 1 \(CrashLoopBackOff\), 4 restarts/,
      /kubectl logs x --namespace ml --previous/,
    ],
    [
      "a missing secret",
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
      "a trigger of KEDA that fails",
      object("ScaledObject", {
        conditions: [{ type: "Ready", status: "False", message: "no scaler found for type: kafak" }],
      }),
      /does not scale: no scaler found/,
      /autoscaling\.keda.*kubectl describe scaledobject x --namespace ml/,
    ],
    [
      "triggers of KEDA that cannot be asked",
      object("ScaledObject", {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "Fallback", status: "True" },
        ],
      }),
      /the pods of the fallback run/,
      /what its triggers ask/,
    ],
    ["a ScaledObject without KEDA", object("ScaledObject", {}), /KEDA has not looked at it/, /operator runs/],
    [
      "a quota that rejects pods",
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
    it(`include ${what}, with a remedy`, () => {
      const [problem, ...others] = findProblems([live]);
      expect(others).to.deep.equal([]);
      expect(problem?.object).to.equal(`${live.kind} x`);
      expect(problem?.what).to.match(fault);
      expect(problem?.remedy).to.match(remedy);
    });
  }

  it("include a Job whose pods the quota rejects, which only its events report", () => {
    const [problem] = findProblems([jobOf({}), refusal]);
    expect(problem).to.include({ kind: "Job", namespace: "ml", object: "Job x" });
    expect(problem?.what).to.match(/cannot create its pods: .*exceeded quota/);
    expect(problem?.remedy).to.match(/namespace\.quota/);
    expect(findProblems([jobOf({ active: 1 }), refusal])).to.deep.equal([]);
    expect(findProblems([jobOf({ conditions: [{ type: "Complete", status: "True" }] }), refusal])).to.deep.equal([]);
  });

  it("include a Job that waits in a queue, with Kueue's reason", () => {
    const labels = { "kueue.x-k8s.io/queue-name": "team" };
    const job = { ...jobOf({}), metadata: { name: "x", namespace: "ml", labels }, spec: { suspend: true } };
    const workload = (reserved: object) => ({
      ...object("Workload", { conditions: [{ type: "QuotaReserved", ...reserved }] }),
      metadata: { name: "job-x-1", namespace: "ml", ownerReferences: [{ kind: "Job", name: "x" }] },
    });
    const found = (message: string) => findProblems([job], [job, workload({ status: "False", message })])[0];
    const full =
      "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor default, 2 more needed";
    expect(found(full)).to.include({ object: "Job x", what: `waits in queue team: ${full}` });
    const remedies = [
      [full, /^wait for the Jobs before it/],
      ["LocalQueue team doesn't exist", /^create the LocalQueue team .*raise run$/],
      ["ClusterQueue shared is inactive", /^see what it lacks: kubectl describe localqueue team --namespace ml, /],
      [
        "insufficient quota for cpu in flavor default, … > maximum capacity (1)",
        /^it does not fit however long it waits/,
      ],
      ["resource nvidia.com/gpu unavailable in ClusterQueue", /^it does not fit however long it waits/],
    ] as const;
    for (const [message, remedy] of remedies) expect(found(message)?.remedy).to.match(remedy);
    expect(findProblems([job])[0]?.what).to.equal("waits in queue team: Kueue has not looked at it yet");
    const reserved = workload({ status: "True" });
    expect(findProblems([job], [job, reserved])).to.deep.equal([]);
    const checked = (state: string) => {
      const admissionChecks = [{ name: "nodes", state, message: "asked for" }];
      return { ...reserved, status: { conditions: [{ type: "QuotaReserved", status: "True" }], admissionChecks } };
    };
    expect(findProblems([job], [job, checked("Ready")])).to.deep.equal([]);
    expect(findProblems([job], [job, checked("Pending")])[0]?.what).to.equal(
      "waits in queue team: it has its quota, but not yet the admission checks nodes (Pending: asked for)",
    );
    expect(findProblems([{ ...job, spec: {} }])).to.deep.equal([]);
  });

  it("do not include failed attempts of a Job that has succeeded", () => {
    const job = jobOf({ conditions: [{ type: "Complete", status: "True" }] });
    const failed = pod({ state: { terminated: { reason: "OOMKilled", exitCode: 137 } } });
    const owned = { ...failed, metadata: { ...failed.metadata, ownerReferences: [{ kind: "Job", name: "x" }] } };
    expect(findProblems([job, owned])).to.deep.equal([]);
    expect(findProblems([jobOf({ active: 1 }), owned])).to.have.length(1);
  });

  it("are none if all is well", () => {
    const well = [
      pod({ state: { running: {} } }),
      object("PersistentVolumeClaim", { phase: "Bound" }),
      object("Job", { conditions: [{ type: "Complete", status: "True" }] }),
      object("HorizontalPodAutoscaler", { conditions: [{ type: "ScalingActive", status: "True" }] }),
      // KEDA has scaled the Deployment to zero.
      object("HorizontalPodAutoscaler", {
        conditions: [{ type: "ScalingActive", status: "False", reason: "ScalingDisabled" }],
      }),
      object("ScaledObject", {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "Active", status: "False" },
        ],
      }),
      object("ReplicaSet", {}),
    ];
    expect(findProblems(well)).to.deep.equal([]);
  });
});
