import type { Kubectl } from "../kubectl.ts";

/** Applies manifests, as the owner of all their fields. */
export function applyManifests(kubectl: Kubectl, manifests: string): Promise<string> {
  const flags = ["--server-side", "--force-conflicts", "--field-manager=ml-platform-addons"];
  return kubectl.run(["apply", ...flags, "--filename=-"], manifests);
}

/** Applies definitions of custom resources, and waits until the API server knows them. */
export async function applyDefinitions(kubectl: Kubectl, definitions: string): Promise<void> {
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
