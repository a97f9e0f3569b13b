import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { apiGatewayLabels } from "../api-gateway/api-gateway.ts";
import { objectMeta } from "../kubernetes/names.ts";
import type { ModelVersionArgs, ServiceArgs } from "../serving/version-args.ts";
import { podLabels, SERVER_COMPONENT } from "../serving/version-labels.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;
type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;
type Labels = Readonly<Record<string, string>>;

/** The pods that serve one model, and who asks them. */
export interface ServedModel {
  /** Name of the model's entry in the stack. */
  readonly entry: string;
  /** Value of the label `app` on its pods. @default the entry's name */
  readonly app?: string;
  readonly versions: readonly Pick<
    ModelVersionArgs,
    "version" | "labels" | "selector" | "service" | "additionalServices"
  >[];
  /** Fixed name of the policy that lets requests in; without one Pulumi names it. */
  readonly policyName?: string;
  /** Requests come from the gateway's namespace. @default false */
  readonly fromGateway?: boolean;
  /** Requests come from the API gateway. @default false */
  readonly fromApiGateway?: boolean;
}

export interface NetworkPoliciesArgs {
  readonly namespace: pulumi.Input<string>;
  readonly models: readonly ServedModel[];
  /** Labels of the namespace whose pods bring requests in. @default no gateway */
  readonly gatewayNamespace?: Labels;
  /** Labels of Prometheus' namespace. @default nobody reads metrics */
  readonly prometheusNamespace?: Labels;
  /** @default there is none */
  readonly apiGateway?: { readonly name?: string; readonly service?: Pick<ServiceArgs, "type"> };
  /** Let the load test's pods ask the gateways and the models. @default false */
  readonly loadTest?: boolean;
}

/** Labels of the pods of a load test. */
const loadTestLabels: Labels = { component: "load-test" };

/** Names of the container ports, which every pod has its own numbers for. */
const http = { port: "http", protocol: "TCP" };
const metrics = { port: "metrics", protocol: "TCP" };

/**
 * Denies every connection in the namespace but those that the stack needs: DNS for all, requests to the models and the API
 * gateway, Prometheus to the metrics. Training and init Jobs reach nothing but DNS.
 *
 * A cluster whose network does not enforce policies takes them, and lets everything through.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class NetworkPolicies extends pulumi.ComponentResource {
  constructor(name: string, args: NetworkPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:NetworkPolicies", name, {}, opts);
    for (const { suffix, policyName, spec } of networkPolicies(args)) {
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${suffix}`,
        { metadata: objectMeta({ name: policyName, namespace: args.namespace }), spec },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}

interface Policy {
  readonly suffix: string;
  readonly policyName?: string;
  readonly spec: Spec;
}

function networkPolicies(args: NetworkPoliciesArgs): Policy[] {
  return [
    { suffix: "deny", spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } },
    { suffix: "dns", spec: dnsPolicy() },
    ...args.models.flatMap((model) => servingPolicies(args, model)),
    ...(args.prometheusNamespace === undefined ? [] : [metricsPolicy(args.prometheusNamespace)]),
    ...(args.apiGateway === undefined ? [] : [apiGatewayPolicy(args, args.apiGateway)]),
    ...(args.loadTest === true ? [loadTestPolicy(args)] : []),
  ];
}

/** To the DNS pods on any port: what listens behind port 53 of their Service differs from cluster to cluster. */
function dnsPolicy(): Spec {
  const dns = { ...namespaces({ "kubernetes.io/metadata.name": "kube-system" }), ...pods({ "k8s-app": "kube-dns" }) };
  return { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [dns] }] };
}

function servingPolicies(args: NetworkPoliciesArgs, model: ServedModel): Policy[] {
  const podSelector = modelPods(model);
  const from = [
    ...(model.fromGateway === true && args.gatewayNamespace !== undefined ? [namespaces(args.gatewayNamespace)] : []),
    ...(model.fromApiGateway === true ? [pods(apiGatewayLabels(args.apiGateway?.name))] : []),
    ...(args.loadTest === true ? [pods(loadTestLabels)] : []),
  ];
  const letIn = (suffix: string, policyName: string | undefined, peers: Peer[] | undefined): Policy => ({
    suffix: `${suffix}-${model.entry}`,
    policyName,
    spec: {
      podSelector,
      policyTypes: ["Ingress"],
      ingress: [{ ...(peers === undefined ? {} : { from: peers }), ports: [http] }],
    },
  });
  const services = model.versions.flatMap(({ service, additionalServices = [] }) => [service, ...additionalServices]);
  return [
    ...(from.length === 0 ? [] : [letIn("serve", model.policyName, from)]),
    // Who comes through a node's port or a load balancer has an address from anywhere.
    ...(services.some(isExternal) ? [letIn("external", undefined, undefined)] : []),
  ];
}

function metricsPolicy(prometheus: Labels): Policy {
  return {
    suffix: "metrics",
    spec: {
      podSelector: { matchLabels: { component: SERVER_COMPONENT } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [namespaces(prometheus)], ports: [metrics] }],
    },
  };
}

function apiGatewayPolicy(
  { models, gatewayNamespace }: NetworkPoliciesArgs,
  { name, service }: NonNullable<NetworkPoliciesArgs["apiGateway"]>,
): Policy {
  const inside = [pods({}), ...(gatewayNamespace === undefined ? [] : [namespaces(gatewayNamespace)])];
  return {
    suffix: "api-gateway",
    spec: {
      podSelector: { matchLabels: { ...apiGatewayLabels(name) } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ...(isExternal(service) ? {} : { from: inside }), ports: [http] }],
      egress: models
        .filter(({ fromApiGateway }) => fromApiGateway === true)
        .map((model) => ({ to: [{ podSelector: modelPods(model) }], ports: [http] })),
    },
  };
}

function loadTestPolicy({ gatewayNamespace, apiGateway }: NetworkPoliciesArgs): Policy {
  return {
    suffix: "load-test",
    spec: {
      podSelector: { matchLabels: { ...loadTestLabels } },
      policyTypes: ["Egress"],
      egress: [
        ...(gatewayNamespace === undefined ? [] : [{ to: [namespaces(gatewayNamespace)] }]),
        {
          to: [
            pods({ component: SERVER_COMPONENT }),
            ...(apiGateway === undefined ? [] : [pods(apiGatewayLabels(apiGateway.name))]),
          ],
          ports: [http],
        },
      ],
    },
  };
}

/** The pods of all versions of a model: by their label `app`, of which versions may have different ones. */
function modelPods({ entry, app = entry, versions }: ServedModel): k8s.types.input.meta.v1.LabelSelector {
  const apps = [...new Set(versions.map((version) => podLabels(app, version)["app"] ?? app))];
  const [first = app, ...more] = apps;
  if (more.length === 0) return { matchLabels: { app: first } };
  return { matchExpressions: [{ key: "app", operator: "In", values: apps }] };
}

function isExternal(service: Pick<ServiceArgs, "type"> | undefined): boolean {
  return service?.type === "NodePort" || service?.type === "LoadBalancer";
}

function pods(labels: Labels): Peer {
  return { podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } } };
}

function namespaces(labels: Labels): Peer {
  return { namespaceSelector: { matchLabels: { ...labels } } };
}
