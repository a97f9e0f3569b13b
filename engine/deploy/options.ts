import type { Kubectl } from "../../cluster/kubectl.ts";

/** What a deployment of a stack needs to know. */
export interface DeployOptions {
  /** Name of the stack. */
  readonly stack: string;
  /** Files of its configuration, later ones laid over earlier ones. @default `Pulumi.<stack>.yaml` of the project */
  readonly configFiles?: readonly string[];
  /** The cluster. */
  readonly kubectl: Kubectl;
  /** Folder for what is kept between runs: the engine's state, its passphrase, and the stack files as deployed. */
  readonly stateDirectory: string;
  /** References of the images that the cluster can start. */
  readonly images: { readonly inference: string; readonly trainer: string };
  /** Told the references of all the stack's images before anything is deployed. @default the cluster pulls what it needs */
  readonly prepareImages?: (references: ReadonlySet<string>) => Promise<void>;
  /** Deletes what an earlier release deployed without the engine, except namespaces and claims, and deploys anew. @default false */
  readonly takeOver?: boolean;
  /** Takes one line of progress, shown until the next one comes. */
  readonly report: (line: string) => void;
  /** Takes a line that stays, such as one for each resource that is done. @default not shown */
  readonly log?: (line: string) => void;
}

/** What a deployment did. */
export interface Deployed {
  /** What deployed the stack, in a sentence for the person who started it. */
  readonly engine: string;
  /** What changed, one line for each object; none where everything was as it should be. */
  readonly changes: readonly string[];
  /** Namespaces with objects of the stack. */
  readonly namespaces: readonly string[];
}
