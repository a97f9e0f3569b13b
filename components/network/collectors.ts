import type { EgressArgs } from "./network-policies.ts";

/** Variables with the address of an OpenTelemetry collector. */
const COLLECTORS = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/** Ports of addresses that name none. */
const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * The collectors that a stack's own variables name, so that its network policies let spans out: a Service of another namespace
 * (`http://otel.observability:4318`), or an address outside of the cluster.
 *
 * @param environments variables of the stack's workloads; those that are no address are skipped
 */
export function collectorsOf(environments: readonly Readonly<Record<string, string>>[]): EgressArgs[] {
  const addresses = new Set(environments.flatMap((variables) => COLLECTORS.flatMap((name) => variables[name] ?? [])));
  return [...addresses].flatMap((address): EgressArgs[] => {
    const url = URL.parse(address);
    const port = url === null ? undefined : Number(url.port) || PORTS[url.protocol];
    if (url === null || port === undefined) return [];
    const [service = "", namespace, ...rest] = url.hostname.split(".");
    if (/^[0-9]+$/.test(service)) return [{ cidr: `${url.hostname}/32`, ports: [port] }];
    const inCluster = rest.length === 0 || rest[0] === "svc";
    if (namespace === undefined) return [{ podLabels: {}, ports: [port] }];
    if (inCluster) return [{ namespaceLabels: { "kubernetes.io/metadata.name": namespace }, ports: [port] }];
    return [{ cidr: "0.0.0.0/0", ports: [port] }];
  });
}
