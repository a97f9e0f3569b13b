import type { ApiGatewaySettings } from "../api-gateway/resolve.ts";
import type { VersionSettings } from "../serving/version-args.ts";
import { meetingService, type WorkerSettings } from "../training/workers.ts";
import type { EgressArgs, NetworkPoliciesArgs } from "./network-policies.ts";

type Labels = Readonly<Record<string, string>>;

/** The parts of a resolved stack that decide who may talk to whom. */
interface Stack {
  readonly models: readonly {
    readonly entry: string;
    readonly app: string;
    readonly versions: readonly VersionSettings[];
    readonly traffic?: object;
  }[];
  readonly networkPolicies: {
    readonly egress: readonly EgressArgs[];
    readonly gatewayNamespaceLabels?: Labels;
    readonly prometheusNamespaceLabels?: Labels;
    /** Fixed names of the policies that allow requests, by the models' entries. */
    readonly policyNames: Readonly<Record<string, string>>;
  };
  readonly apiGateway?: ApiGatewaySettings & { readonly routes: readonly { readonly entry: string }[] };
  readonly loadTest?: object;
  readonly training: {
    readonly jobs: readonly Omit<WorkerSettings, "masterPort" | "environment">[];
    readonly cronJobs: readonly Omit<WorkerSettings, "masterPort" | "environment">[];
  };
}

/** The network policies of a stack: for each model, whether the gateway and the API gateway send it requests. */
export function networkPoliciesOf({
  models,
  networkPolicies,
  apiGateway,
  loadTest,
  training,
}: Stack): Omit<NetworkPoliciesArgs, "namespace"> {
  const behindApiGateway = new Set(apiGateway?.routes.map(({ entry }) => entry));
  return {
    models: models.map(({ entry, app, versions, traffic }) => ({
      entry,
      app,
      versions,
      policyName: networkPolicies.policyNames[entry],
      fromGateway: traffic !== undefined,
      fromApiGateway: behindApiGateway.has(entry),
    })),
    gatewayNamespace: networkPolicies.gatewayNamespaceLabels,
    prometheusNamespace: networkPolicies.prometheusNamespaceLabels,
    egress: networkPolicies.egress,
    apiGateway,
    loadTest: loadTest !== undefined,
    workers: [...training.jobs, ...training.cronJobs].flatMap((job) => meetingService(job) ?? []),
  };
}
