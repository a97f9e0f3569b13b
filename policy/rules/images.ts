import { field, UNKNOWN } from "../objects/fields.ts";
import { type KubernetesObject, violation } from "../objects/object.ts";
import { containersOf, type Part, volumesOf } from "../objects/pods.ts";

/** Which images a rule checks: those built on this machine (`localhost/…`), those that are pulled, or all. */
export type ImageSource = "local" | "pulled" | "all";

/** Digests are lower case; container runtimes reject others. */
const PINNED = /^[^@\s]+@sha256:[0-9a-f]{64}$/;

/** Images of containers and of image volumes that are not pinned by digest. */
export function imageViolations(object: KubernetesObject, source: ImageSource = "all"): string[] {
  return imagesOf(object).flatMap(({ path, fields: image }) => {
    if (image === UNKNOWN || (image === undefined && object.patch)) return [];
    const reference = typeof image === "string" ? image : "";
    if (PINNED.test(reference)) return [];
    const local = reference.startsWith("localhost/");
    if (source !== "all" && local !== (source === "local")) return [];
    const problem = reference === "" ? "names no image" : `${JSON.stringify(reference)} ${whatIsWrong(reference)}`;
    return [violation(object, path, `${problem}; name the image as NAME@sha256:<64 hexadecimal digits in lower case>`)];
  });
}

function whatIsWrong(reference: string): string {
  return reference.includes("@") ? "has a digest that is not valid" : "is not pinned by digest";
}

function imagesOf(object: KubernetesObject): readonly Part[] {
  const ofContainers = containersOf(object).map(({ path, fields }) => ({
    path: `${path}.image`,
    fields: field(fields, "image"),
  }));
  const ofVolumes = volumesOf(object)
    .filter(({ fields }) => field(fields, "image") !== undefined)
    .map(({ path, fields }) => ({ path: `${path}.image.reference`, fields: field(fields, "image", "reference") }));
  return [...ofContainers, ...ofVolumes];
}
