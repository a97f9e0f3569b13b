import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { Kubectl } from "../kubectl.ts";

/** What an add-on consists of. */
interface Addon {
  /** Definitions of custom resources, applied first. */
  readonly definitions: string;
  readonly manifests: string;
  /** File that keeps what was applied last. */
  readonly mark: string;
  readonly isInstalled: () => Promise<boolean>;
}

/**
 * Applies an add-on unless this cluster has it in just this form. Returns whether it applied anything.
 *
 * @param announce called before anything is applied
 */
export async function applyAddon(kubectl: Kubectl, addon: Addon, announce: () => void): Promise<boolean> {
  const { definitions, manifests, mark, isInstalled } = addon;
  const hash = createHash("sha256").update(definitions).update(manifests).digest("hex");
  const applied = await readFile(mark, "utf8").catch(() => "");
  if (applied === hash && (await isInstalled())) return false;
  announce();
  await applyDefinitions(kubectl, definitions);
  await applyManifests(kubectl, manifests);
  await writeFile(mark, hash);
  return true;
}

/** Applies manifests, as the owner of all their fields. */
export function applyManifests(kubectl: Kubectl, manifests: string): Promise<string> {
  const flags = ["--server-side", "--force-conflicts", "--field-manager=ml-platform-addons"];
  return kubectl.run(["apply", ...flags, "--filename=-"], manifests);
}

/** Applies definitions of custom resources, and waits until the API server knows them. */
async function applyDefinitions(kubectl: Kubectl, definitions: string): Promise<void> {
  await applyManifests(kubectl, definitions);
  await kubectl.run(["wait", "--for=condition=Established", "--timeout=60s", "--filename=-"], definitions);
}

/** Replaces `{{name}}` by the image of that name. @throws Error for an unknown name */
export function fillIn(text: string, images: object): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const image = Object.entries(images).find(([key]) => key === name)?.[1];
    if (image === undefined) throw new Error(`no image is called ${name}`);
    return String(image);
  });
}
