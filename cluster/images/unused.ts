import type { Kubectl } from "../kubectl.ts";
import { listImages, removeImages } from "../node/images.ts";
import type { AppImages } from "./inputs.ts";
import { fullReference, imagesIn } from "./references.ts";

/** Kinds that use images, including revisions for a rollback and Jobs that have not started. */
const USERS = "pods,replicasets,daemonsets,jobs,cronjobs";

/** Removes the apps' images that no object in the cluster uses any more. Returns how many. */
export async function removeUnusedImages(
  kubectl: Kubectl,
  { containerd, init }: { readonly containerd: string; readonly init: number },
  current: AppImages,
): Promise<number> {
  const users = await kubectl.get([USERS, "--all-namespaces"]);
  const unused = unusedImages(await listImages(containerd, init), imagesIn(users), current);
  await removeImages(containerd, init, unused);
  return unused.length;
}

/** The apps' images on the node that are neither current nor in use. */
export function unusedImages(present: Iterable<string>, used: ReadonlySet<string>, current: AppImages): string[] {
  const kept = new Set([...used, ...Object.values(current)].map(fullReference));
  const repositories = new Set(Object.values(current).map((image) => image.replace(/:[^:]*$/, "")));
  return [...present].filter((image) => repositories.has(image.replace(/:[^:]*$/, "")) && !kept.has(image));
}
