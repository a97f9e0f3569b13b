import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../defaults/defaults.ts";
import { withDefaults } from "../defaults/with-defaults.ts";

export interface ImagesArgs {
  /** Where the images are pushed, such as `registry.example.com/team`. */
  readonly registry: string;
  /** Tag of the images; they are deployed by digest. */
  readonly tag: string;
  /** Source commit of the trainer, which it records with every version. @default "unknown" */
  readonly commit?: string;
  /** Build one image that contains both. @default false */
  readonly combined?: boolean;
  /** Folder of the project, the build context of the Dockerfiles. @default "." */
  readonly context?: string;
  /** Platforms to build for. @default ["linux/amd64"] */
  readonly platforms?: readonly dockerBuild.types.enums.Platform[];
}

/** The images of the inference server and the trainer, built from `apps/` and pushed. */
export class Images extends pulumi.ComponentResource {
  /** Reference of the inference server's image, with its digest. */
  readonly inference: pulumi.Output<string>;
  /** Reference of the trainer's image, with its digest. */
  readonly trainer: pulumi.Output<string>;

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Images", name, {}, opts);
    const { commit, context, combined, platforms } = withDefaults<ImagesArgs, keyof typeof defaults.images>(
      defaults.images,
      args,
    );
    const build = (app: string, buildArgs: Readonly<Record<string, string>> = {}) => {
      const tag = `${args.registry}/${app}:${args.tag}`;
      const { digest } = new dockerBuild.Image(
        `${name}-${app}`,
        {
          context: { location: context },
          dockerfile: { location: `${context}/apps/${app}/Dockerfile` },
          buildArgs: { ...buildArgs },
          platforms: [...platforms],
          tags: [tag],
          push: true,
          // A preview builds nothing, so only an update finds a broken Dockerfile.
          buildOnPreview: false,
        },
        { parent: this },
      );
      // Not `ref`, which has no digest if the registry is left out (`team` on Docker Hub). In a preview there is no digest.
      return digest.apply((known) => (known ? `${tag}@${known}` : tag));
    };
    const both = combined ? build("combined", { COMMIT: commit }) : undefined;
    this.inference = both ?? build("inference");
    this.trainer = both ?? build("trainer", { COMMIT: commit });
    this.registerOutputs({ inference: this.inference, trainer: this.trainer });
  }
}
