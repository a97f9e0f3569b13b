import { execa } from "execa";
import { appImages, distinctImages, dockerfile } from "../../cluster/images/index.ts";
import type { AppImages } from "../../cluster/images/inputs.ts";
import { lastLine, UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";

/** How the user's own cluster gets images. */
export type Delivery =
  | { readonly kind: "kind"; readonly cluster: string }
  | { readonly kind: "k3d"; readonly cluster: string }
  | { readonly kind: "minikube"; readonly profile: string }
  | { readonly kind: "registry"; readonly prefix: string };

/**
 * Chooses how a context gets images: from the given registry, otherwise by the load command of kind, k3d or minikube.
 * @throws UserError for any other context without a registry
 */
export function chooseDelivery(context: string, registry: string | undefined): Delivery {
  if (registry !== undefined) return { kind: "registry", prefix: registry.replace(/\/+$/, "") };
  if (context.startsWith("kind-")) return { kind: "kind", cluster: context.slice("kind-".length) };
  if (context.startsWith("k3d-")) return { kind: "k3d", cluster: context.slice("k3d-".length) };
  if (context === "minikube" || context.startsWith("minikube-")) return { kind: "minikube", profile: context };
  throw new UserError(
    `context ${context} is none of kind, k3d or minikube, and no registry is given to push the images to`,
    `add --registry HOST/PREFIX that the cluster can pull from`,
  );
}

/** Builds the apps' images with Docker and delivers them to the context's cluster. @throws UserError naming the command that failed */
export async function externalImages(options: {
  readonly context: string;
  readonly registry?: string;
  /** Whether one image holds both apps. */
  readonly combined: boolean;
  readonly report: (line: string) => void;
}): Promise<AppImages> {
  const delivery = chooseDelivery(options.context, options.registry);
  const images = appImages(options.combined, delivery.kind === "registry" ? delivery.prefix : undefined);
  for (const [name, image] of distinctImages(options.combined, images)) {
    options.report(`building ${image}`);
    await run("docker", ["build", "--tag", image, "--file", dockerfile(name), "."]);
    options.report(`delivering ${image}`);
    if (delivery.kind === "kind") await run("kind", ["load", "docker-image", image, "--name", delivery.cluster]);
    else if (delivery.kind === "k3d") await run("k3d", ["image", "import", image, "--cluster", delivery.cluster]);
    else if (delivery.kind === "minikube")
      await run("minikube", ["--profile", delivery.profile, "image", "load", image]);
    else await run("docker", ["push", image]);
  }
  return images;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const result = await execa(command, args, { cwd: repositoryRoot, reject: false });
  if (result.code === "ENOENT")
    throw new UserError(`${command} is not installed`, `install ${command} and put it on PATH`);
  if (result.exitCode === 0) return;
  throw new UserError(
    `${command} ${args[0]} failed (${lastLine(result.stderr)})`,
    `run it by hand to see more: ${command} ${args.join(" ")}`,
  );
}
