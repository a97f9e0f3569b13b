import * as pulumi from "@pulumi/pulumi";
import type { Backend } from "../kubernetes/service.ts";
import type { ModelService } from "./model-service.ts";

/** A version of a model of the stack, by the name of the model's entry. */
export interface VersionRef {
  readonly entry: string;
  readonly version: string;
}

/** The models of a stack, by the names of their entries. */
export class ModelServices {
  private readonly byEntry: ReadonlyMap<string, ModelService>;

  constructor(services: readonly (readonly [entry: string, service: ModelService])[]) {
    this.byEntry = new Map(services);
  }

  /** Every model, for components that depend on them. */
  get all(): ModelService[] {
    return [...this.byEntry.values()];
  }

  /**
   * Where requests for a version are sent.
   *
   * @throws InputPropertyError if there is no such model, or if it does not serve the version
   */
  backend({ entry, version }: VersionRef): Backend {
    return this.service(entry).backend(version);
  }

  /**
   * Address of a version inside the cluster, without a path.
   *
   * @throws InputPropertyError if there is no such model, or if it does not serve the version
   */
  address({ entry, version }: VersionRef): pulumi.Output<string> {
    return this.service(entry).address(version);
  }

  /**
   * The model of an entry.
   *
   * @throws InputPropertyError if there is no such model
   */
  service(entry: string): ModelService {
    const service = this.byEntry.get(entry);
    if (service === undefined) {
      throw new pulumi.InputPropertyError({ propertyPath: "model", reason: `there is no model "${entry}"` });
    }
    return service;
  }
}
