import * as pulumi from "@pulumi/pulumi";

/** A load test of a resolved stack, which names a version or a URL. */
interface Target {
  readonly url?: string;
  readonly target?: { readonly entry: string; readonly version: string };
  readonly path: string;
}

/** The address that a load test sends requests to, including the path. */
export function loadTestUrl(
  { url, target, path }: Target,
  models: { address(version: { entry: string; version: string }): pulumi.Output<string> },
): pulumi.Output<string> {
  return pulumi.interpolate`${target === undefined ? url : models.address(target)}${path}`;
}
