import { trainingJobs } from "../../resolve/jobs.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

/** The device plugin mounts a folder of the node, which its namespace must allow; the stack's own must not. */
export function checkGpuPool(stack: ResolvedStack): ConfigProblem[] {
  const { gpuPool, namespace } = stack;
  const plugin = gpuPool?.devicePlugin;
  if (plugin === undefined || plugin === false) return [];
  const inside =
    "is the stack's own namespace, whose Pod Security would be lifted for the plugin; leave it out for kube-system, or name another one";
  return [
    ...(plugin.namespace === namespace.name ? [{ path: "gpuPool.devicePlugin.namespace", message: inside }] : []),
    ...(plugin.timeSlices === undefined ? [] : checkSlices(stack)),
  ];
}

/** With time slices several GPUs may be the same one, so the plugin gives a pod only one by default. */
function checkSlices({ models, training, gpuPool }: ResolvedStack): ConfigProblem[] {
  const workloads = [
    ...models.flatMap(({ versions }, index) =>
      versions.map((version, position) => ({ path: `models[${index}].versions[${position}]`, ...version })),
    ),
    ...trainingJobs(training).map(({ path, job }) => ({ ...job, path })),
  ];
  return workloads.flatMap(({ path, gpus = 0, gpuResource }) =>
    gpus < 2 || gpuResource !== gpuPool?.resource
      ? []
      : [
          {
            path: `${path}.gpus`,
            message: `is ${gpus}, and gpuPool.devicePlugin.timeSlices makes them turns on the same GPU; take 1`,
          },
        ],
  );
}
