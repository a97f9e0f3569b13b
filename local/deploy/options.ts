import type { Kubectl } from "../kubectl.ts";

/** The Pulumi CLI, or kubectl with the rendered stack. */
export const ENGINES = ["pulumi", "kubectl"] as const;
export type Engine = (typeof ENGINES)[number];

/** What a deployment of a stack needs to know. */
export interface DeployOptions {
  /** Name of the stack. */
  readonly stack: string;
  /** Files of its configuration, later ones laid over earlier ones. @default `Pulumi.<stack>.yaml` of the project */
  readonly configFiles?: readonly string[];
  /** The cluster. */
  readonly kubectl: Kubectl;
  /** Folder for what has to be kept between runs: secrets, and the state of the Pulumi CLI. */
  readonly stateDirectory: string;
  /** References of the images that the cluster can start. */
  readonly images: { readonly inference: string; readonly trainer: string };
  /** Told the references of all the stack's images before anything is deployed. @default the cluster pulls what it needs */
  readonly prepareImages?: (references: ReadonlySet<string>) => Promise<void>;
  /** What deploys the stack. @default what deployed it before, else the Pulumi CLI where there is one, else kubectl */
  readonly engine?: Engine;
  /** Takes one line of progress. */
  readonly report: (line: string) => void;
}

/** What a deployment came to. */
export interface Deployment {
  /** What changed, one line for each object. */
  readonly changes: readonly string[];
  /** Namespaces with objects of the stack. */
  readonly namespaces: readonly string[];
}
