import type { KubernetesObject } from "../../../render/rendered.ts";

type Labels = Readonly<Record<string, string>>;

interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: string[];
  }[];
}

interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string };
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: string | number; readonly protocol?: string }[];
}

interface PolicySpec {
  readonly podSelector: LabelSelector;
  readonly policyTypes: readonly ("Ingress" | "Egress")[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** The properties of a pod that network policies depend on. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  /** Port numbers by port name. */
  readonly ports: Readonly<Record<string, number>>;
}

/** A client outside the cluster, which is not a pod. */
export const OUTSIDE = "outside";

/**
 * The pods that the Deployments, Jobs and CronJobs of a rendered stack create, one for each, under the object's name.
 * Objects without a namespace are cluster-scoped and have no pods here.
 */
export function podsOf(objects: readonly KubernetesObject[]): Pod[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    const template = podTemplate(kind, spec);
    if (template === undefined) return [];
    const containers = template.spec.containers.flatMap(({ ports = [] }) => ports);
    return [
      {
        name: metadata.name,
        namespace: metadata.namespace ?? "",
        labels: template.metadata.labels,
        ports: Object.fromEntries(containers.map(({ name, containerPort }) => [name, containerPort])),
      },
    ];
  });
}

interface Template {
  readonly metadata: { readonly labels: Labels };
  readonly spec: { readonly containers: { readonly ports?: { name: string; containerPort: number }[] }[] };
}

function podTemplate(kind: string, spec: unknown): Template | undefined {
  // biome-ignore lint/suspicious/noExplicitAny: the manifest is read as a person would read the YAML
  const manifest = spec as any;
  if (kind === "Deployment" || kind === "Job") return manifest.template;
  return kind === "CronJob" ? manifest.jobTemplate.spec.template : undefined;
}

/**
 * Whether a connection is allowed by the rules of the NetworkPolicy API: if a policy selects a pod for a direction, the pod
 * accepts only connections that some policy allows, and both ends must allow the connection.
 *
 * @param namespaceLabels labels of namespaces, in addition to the label with the namespace's name
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
 */
export function connects(
  objects: readonly KubernetesObject[],
  from: Pod | typeof OUTSIDE,
  to: Pod | typeof OUTSIDE,
  port: number,
  namespaceLabels: Readonly<Record<string, Labels>> = {},
): boolean {
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
  const isolating = (pod: Pod, direction: "Ingress" | "Egress") =>
    policies
      .filter(({ metadata }) => metadata.namespace === pod.namespace)
      .map(({ spec }) => spec as unknown as PolicySpec)
      .filter((spec) => spec.policyTypes.includes(direction) && selects(spec.podSelector, pod.labels));

  const allowed = (own: Pod, other: Pod | typeof OUTSIDE, direction: "Ingress" | "Egress") => {
    const specs = isolating(own, direction);
    if (specs.length === 0) return true;
    const target = direction === "Ingress" ? own : other;
    return specs
      .flatMap((spec) => (direction === "Ingress" ? spec.ingress : spec.egress) ?? [])
      .some((rule) => {
        const peers = direction === "Ingress" ? rule.from : rule.to;
        return (
          (peers === undefined || peers.some((peer) => matches(peer, own, other, namespaceLabels))) &&
          (rule.ports === undefined || rule.ports.some((wanted) => portNumber(wanted.port, target) === port))
        );
      });
  };
  return (to === OUTSIDE || allowed(to, from, "Ingress")) && (from === OUTSIDE || allowed(from, to, "Egress"));
}

function portNumber(port: string | number | undefined, pod: Pod | typeof OUTSIDE): number | undefined {
  if (typeof port !== "string") return port;
  return pod === OUTSIDE ? undefined : pod.ports[port];
}

function matches(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  own: Pod,
  other: Pod | typeof OUTSIDE,
  namespaceLabels: Readonly<Record<string, Labels>>,
): boolean {
  // Of addresses only all of them are evaluated: a client outside the cluster may have any.
  if (ipBlock !== undefined) return other === OUTSIDE && ipBlock.cidr === "0.0.0.0/0";
  if (other === OUTSIDE) return false;
  const labels = { "kubernetes.io/metadata.name": other.namespace, ...namespaceLabels[other.namespace] };
  const inNamespace =
    namespaceSelector === undefined ? other.namespace === own.namespace : selects(namespaceSelector, labels);
  return inNamespace && (podSelector === undefined || selects(podSelector, other.labels));
}

function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== "In") throw new Error(`operator ${operator} is not evaluated`);
      return values.includes(labels[key] ?? "");
    })
  );
}
