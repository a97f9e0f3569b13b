import type { VersionDescription } from "../registry/index.ts";

/**
 * What the Job has told its container about the run: `TRAINER_IMAGE`, the image's reference; `POD_NAMESPACE`, `JOB_NAME`
 * and `POD_NAME`. Outside a cluster there is none of it.
 */
export function runFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<VersionDescription, "image" | "job"> {
  const { TRAINER_IMAGE: image, POD_NAMESPACE: namespace, JOB_NAME: name, POD_NAME: pod } = environment;
  return {
    ...(image ? { image } : {}),
    ...(name ? { job: { ...(namespace ? { namespace } : {}), name, ...(pod ? { pod } : {}) } } : {}),
  };
}
