import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ApiGatewaySettings, resolveApiGateway } from "../api-gateway/resolve.ts";
import { objectMeta } from "../kubernetes/names.ts";
import { isExternal, metricsPortName } from "../kubernetes/service.ts";
import { LOAD_TEST_LABELS } from "../load-test/labels.ts";
import { namespaceOf, type SourceAddress, sourceAddresses } from "../serving/model-source.ts";
import { resolveModelNames, resolveVersion } from "../serving/resolve.ts";
import type { VersionSettings } from "../serving/version-args.ts";
import { SERVER_COMPONENT } from "../serving/version-labels.ts";
import { WORKERS_LABEL } from "../training/workers.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;
type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;
type Labels = Readonly<Record<string, string>>;

/** The pods that serve one model, and who sends them requests. */
export interface ServedModel {
  /** Name of the model's entry in the stack. */
  readonly entry: string;
  /** Value of the label `app` on its pods. @default the entry's name */
  readonly app?: string;
  readonly versions: readonly VersionSettings[];
  /** Fixed name of the policy that allows requests. @default named by Pulumi */
  readonly policyName?: string;
  /** Requests come from the gateway's namespace. @default false */
  readonly fromGateway?: boolean;
  /** Requests come from the API gateway. @default false */
  readonly fromApiGateway?: boolean;
}

/** Where pods may connect to besides what the stack needs. */
export interface EgressArgs {
  /** Addresses, such as `10.0.0.0/8`. Set this or labels. */
  readonly cidr?: string;
  /** Labels of namespaces. @default the stack's own, if there are `podLabels` */
  readonly namespaceLabels?: Labels;
  /** Labels of pods. @default all pods of the namespaces */
  readonly podLabels?: Labels;
  /** Ports, TCP and UDP. @default all */
  readonly ports?: readonly number[];
}

export interface NetworkPoliciesArgs {
  readonly namespace: pulumi.Input<string>;
  readonly models: readonly ServedModel[];
  /** Labels of the namespace whose pods bring requests in. @default no gateway */
  readonly gatewayNamespace?: Labels;
  /** Labels of Prometheus' namespace. @default no access to metrics */
  readonly prometheusNamespace?: Labels;
  /** @default no API gateway */
  readonly apiGateway?: ApiGatewaySettings;
  /** Where every pod of the stack may connect to besides. @default nowhere */
  readonly egress?: readonly EgressArgs[];
  /** Names of the Jobs whose workers talk to each other. @default [] */
  readonly workers?: readonly string[];
  /** Allow requests of the load test's pods to the gateways and the models. @default false */
  readonly loadTest?: boolean;
}

/** The label that selects the pods of a load test. */
const loadTestLabels: Labels = { component: LOAD_TEST_LABELS["component"] ?? "" };

/** Names of the container ports; their numbers differ from pod to pod. */
const http = { port: "http", protocol: "TCP" };
const metrics = { port: "metrics", protocol: "TCP" };

/**
 * Denies every connection in the namespace except those that the stack needs: DNS for all pods, requests to the models and
 * the API gateway, and Prometheus to the metrics. Training and init Jobs reach only DNS.
 *
 * A cluster whose network does not enforce policies accepts them and allows everything.
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
    ...(args.egress === undefined || args.egress.length === 0
      ? []
      : [{ suffix: "egress", spec: egressPolicy(args.egress) }]),
    ...args.models.flatMap((model) => servingPolicies(args, model)),
    ...(args.prometheusNamespace === undefined ? [] : metricsPolicies(args.models, args.prometheusNamespace)),
    ...(args.apiGateway === undefined ? [] : [apiGatewayPolicy(args, args.apiGateway)]),
    ...(args.workers ?? []).map(workersPolicy),
    ...(args.loadTest === true ? [loadTestPolicy(args)] : []),
  ];
}

/**
 * To the DNS pods on any port, because the port behind their Service's port 53 differs from cluster to cluster: those of most
 * clusters, those of OpenShift, and the node's own resolver, which has a link-local address (NodeLocal DNSCache, Cloud DNS).
 */
function dnsPolicy(): Spec {
  const dns = { ...namespaces({ "kubernetes.io/metadata.name": "kube-system" }), ...pods({ "k8s-app": "kube-dns" }) };
  const openShift = namespaces({ "kubernetes.io/metadata.name": "openshift-dns" });
  const ports = ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol }));
  return {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{ to: [dns, openShift] }, { to: [{ ipBlock: { cidr: "169.254.0.0/16" } }], ports }],
  };
}

/** From all pods to what the stack names. */
function egressPolicy(egress: readonly EgressArgs[]): Spec {
  return {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: egress.map(({ cidr, namespaceLabels, podLabels, ports }) => ({
      to: [
        cidr === undefined
          ? {
              ...(namespaceLabels === undefined ? {} : namespaces(namespaceLabels)),
              ...(podLabels === undefined ? {} : pods(podLabels)),
            }
          : { ipBlock: { cidr } },
      ],
      ...(ports === undefined
        ? {}
        : { ports: ports.flatMap((port) => ["TCP", "UDP"].map((protocol) => ({ port, protocol }))) }),
    })),
  };
}

function servingPolicies(args: NetworkPoliciesArgs, model: ServedModel): Policy[] {
  const podSelector = modelPods(model);
  const versions = resolvedVersions(model);
  const names = new Set(versions.flatMap(({ container }) => Object.keys(container.ports)));
  const morePorts = [...names].map((port) => ({ port, protocol: "TCP" }));
  const from = [
    ...(model.fromGateway === true && args.gatewayNamespace !== undefined ? [namespaces(args.gatewayNamespace)] : []),
    ...(model.fromApiGateway === true && args.apiGateway !== undefined ? [apiGatewayPods(args.apiGateway)] : []),
    ...(args.loadTest === true ? [pods(loadTestLabels)] : []),
  ];
  const allow = (suffix: string, policyName: string | undefined, peers: Peer[] | undefined): Policy => ({
    suffix: `${suffix}-${model.entry}`,
    policyName,
    spec: {
      podSelector,
      policyTypes: ["Ingress"],
      ingress: [{ ...(peers === undefined ? {} : { from: peers }), ports: [http, ...morePorts] }],
    },
  });
  const services = versions.flatMap(({ service, additionalServices }) => [service, ...additionalServices]);
  const addresses = versions.flatMap(({ source }) => sourceAddresses(source));
  return [
    ...(addresses.length === 0 ? [] : [sourcePolicy(model, podSelector, addresses)]),
    ...(from.length === 0 ? [] : [allow("serve", model.policyName, from)]),
    // Requests through a node port or a load balancer may come from any address.
    ...(services.some(isExternal) ? [allow("external", undefined, undefined)] : []),
  ];
}

/**
 * To where the pods fetch their model. Policies know no host names: outside of the cluster the port decides, and that of
 * HTTPS is always open, because stores and registries send clients on to other hosts. Behind a Service in the cluster the
 * port is that of its pods, so the namespace decides.
 */
function sourcePolicy(
  model: ServedModel,
  podSelector: k8s.types.input.meta.v1.LabelSelector,
  addresses: readonly SourceAddress[],
): Policy {
  const inside = new Set(addresses.flatMap((address) => namespaceOf(address) ?? []));
  const outside = addresses.filter((address) => namespaceOf(address) === undefined);
  const ports = [...new Set([...outside.map(({ port }) => port), ...(outside.length === 0 ? [] : [443])])];
  return {
    suffix: `source-${model.entry}`,
    spec: {
      podSelector,
      policyTypes: ["Egress"],
      egress: [
        ...[...inside].map((name) => ({ to: [namespaces({ "kubernetes.io/metadata.name": name })] })),
        ...(ports.length === 0
          ? []
          : [{ ports: ports.toSorted((a, b) => a - b).map((port) => ({ port, protocol: "TCP" })) }]),
      ],
    },
  };
}

/** From Prometheus to the metrics; of servers that have them where they answer requests, to that port. */
function metricsPolicies(models: readonly ServedModel[], prometheus: Labels): Policy[] {
  const allow = (suffix: string, podSelector: k8s.types.input.meta.v1.LabelSelector, port: typeof http): Policy => ({
    suffix,
    spec: { podSelector, policyTypes: ["Ingress"], ingress: [{ from: [namespaces(prometheus)], ports: [port] }] },
  });
  return [
    allow("metrics", { matchLabels: { component: SERVER_COMPONENT } }, metrics),
    ...models
      .filter((model) => resolvedVersions(model).some(({ container }) => metricsPortName(container) === "http"))
      .map((model) => allow(`metrics-${model.entry}`, modelPods(model), http)),
  ];
}

function apiGatewayPolicy({ models, gatewayNamespace }: NetworkPoliciesArgs, apiGateway: ApiGatewaySettings): Policy {
  const { selector, service } = resolveApiGateway(apiGateway);
  const inside = [pods({}), ...(gatewayNamespace === undefined ? [] : [namespaces(gatewayNamespace)])];
  return {
    suffix: "api-gateway",
    spec: {
      podSelector: { matchLabels: { ...selector } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ...(isExternal(service) ? {} : { from: inside }), ports: [http] }],
      egress: models
        .filter(({ fromApiGateway }) => fromApiGateway === true)
        .map((model) => ({ to: [{ podSelector: modelPods(model) }], ports: [http] })),
    },
  };
}

/** Between the workers of one Job, on any port: frameworks choose their own. */
function workersPolicy(name: string): Policy {
  const each = pods({ [WORKERS_LABEL]: name });
  return {
    suffix: `workers-${name}`,
    spec: {
      podSelector: each.podSelector ?? {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [each] }],
      egress: [{ to: [each] }],
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
            ...(apiGateway === undefined ? [] : [apiGatewayPods(apiGateway)]),
          ],
          ports: [http],
        },
      ],
    },
  };
}

/** The pods of all versions of a model, by their label `app`, which may differ from version to version. */
function modelPods(model: ServedModel): k8s.types.input.meta.v1.LabelSelector {
  const { app } = resolveModelNames({ ...model, model: model.entry });
  const apps = [...new Set(resolvedVersions(model).map(({ labels }) => labels["app"] ?? app))];
  const [first = app, ...more] = apps;
  if (more.length === 0) return { matchLabels: { app: first } };
  return { matchExpressions: [{ key: "app", operator: "In", values: apps }] };
}

function resolvedVersions(model: ServedModel) {
  const names = resolveModelNames({ ...model, model: model.entry });
  return model.versions.map((version) => resolveVersion(names, version));
}

function apiGatewayPods(apiGateway: ApiGatewaySettings): Peer {
  return pods(resolveApiGateway(apiGateway).selector);
}

function pods(labels: Labels): Peer {
  return { podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } } };
}

function namespaces(labels: Labels): Peer {
  return { namespaceSelector: { matchLabels: { ...labels } } };
}
