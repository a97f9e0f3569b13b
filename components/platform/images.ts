import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import { trainerCommit } from "./source-commit.ts";

export interface ImagesArgs {
  /** Where the images are pushed, such as `registry.example.com/team`. */
  readonly registry: string;
  /** Tag of the images; what is deployed is their digest. */
  readonly tag: string;
  /** Build one image that holds both. @default false */
  readonly combined?: boolean;
  /** Folder of the project, which the Dockerfiles are built from. @default "." */
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
    const project = args.context ?? ".";
    const build = (app: string, buildArgs: Readonly<Record<string, string>> = {}) => {
      const tag = `${args.registry}/${app}:${args.tag}`;
      const { digest } = new dockerBuild.Image(
        `${name}-${app}`,
        {
          context: { location: project },
          dockerfile: { location: `${project}/apps/${app}/Dockerfile` },
          buildArgs: { ...buildArgs },
          platforms: [...(args.platforms ?? [dockerBuild.types.enums.Platform.Linux_amd64])],
          tags: [tag],
          push: true,
          // A preview builds nothing; a broken Dockerfile is found by the update.
          buildOnPreview: false,
        },
        { parent: this },
      );
      // Not its `ref`, which has no digest where the registry is left out (`team` on Docker Hub). A preview knows none.
      return digest.apply((known) => (known ? `${tag}@${known}` : tag));
    };
    const commit = { COMMIT: trainerCommit(project) };
    const combined = args.combined === true ? build("combined", commit) : undefined;
    this.inference = combined ?? build("inference");
    this.trainer = combined ?? build("trainer", commit);
    this.registerOutputs({ inference: this.inference, trainer: this.trainer });
  }
}
