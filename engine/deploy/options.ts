import type { Kubectl } from "../../cluster/kubectl.ts";

/** Options of a deployment. */
export interface DeployOptions {
  /** Name of the stack. */
  readonly stack: string;
  /** Its stack files; later ones override earlier ones. @default `Pulumi.<stack>.yaml` of the project */
  readonly configFiles?: readonly string[];
  /** The cluster. */
  readonly kubectl: Kubectl;
  /** Folder for files that are kept between runs: the engine's state, its passphrase, and the stack files as deployed. */
  readonly stateDirectory: string;
  /** References of the apps' images. */
  readonly images: { readonly inference: string; readonly trainer: string };
  /** Called with the references of all the stack's images before the deployment. @default the cluster pulls them */
  readonly prepareImages?: (references: ReadonlySet<string>) => Promise<void>;
  /**
   * Whether to delete objects that an earlier release deployed without the engine, except namespaces and claims.
   * @default false
   */
  readonly takeOver?: boolean;
  /** Receives lines of progress, each shown until the next one. */
  readonly report: (line: string) => void;
  /** Receives lines that stay, such as one for each finished resource. @default not shown */
  readonly log?: (line: string) => void;
}

/** The result of a deployment. */
export interface Deployed {
  /** A sentence that says which CLI deployed the stack. */
  readonly engine: string;
  /** One line for each object that changed. */
  readonly changes: readonly string[];
  /** Namespaces with objects of the stack. */
  readonly namespaces: readonly string[];
}
