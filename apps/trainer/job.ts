import type { VersionDescription } from "../registry/index.ts";

/**
 * Image and Job of this process, from the environment that the Job sets: `TRAINER_IMAGE`, `POD_NAMESPACE`, `JOB_NAME` and
 * `POD_NAME`. Empty outside a cluster.
 */
export function jobFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<VersionDescription, "image" | "job"> {
  const { TRAINER_IMAGE: image, POD_NAMESPACE: namespace, JOB_NAME: name, POD_NAME: pod } = environment;
  return {
    ...(image ? { image } : {}),
    ...(name ? { job: { ...(namespace ? { namespace } : {}), name, ...(pod ? { pod } : {}) } } : {}),
  };
}
