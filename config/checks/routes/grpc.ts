import { GRPC_PORT_NAME } from "../../../components/kubernetes/service.ts";
import { sharesOf } from "../../resolve/shares.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import { type ConfigProblem, duplicates } from "../problem.ts";

/** Routes for gRPC: their versions have a port for it, and their hosts are no others'. */
export function checkGrpc({ models }: ResolvedStack): ConfigProblem[] {
  const calls = models.flatMap(({ traffic }, index) =>
    (traffic?.grpc?.hosts ?? []).map((host, place) => ({
      host,
      path: `models[${index}].traffic.grpc.hosts[${place}]`,
    })),
  );
  const requests = models.flatMap(({ traffic }, index) =>
    traffic === undefined
      ? []
      : (traffic.hosts ?? [undefined]).map((host) => ({ host, path: `models[${index}].traffic` })),
  );
  return [
    ...models.flatMap((model, index) => checkPorts(model, `models[${index}]`)),
    ...duplicates(
      calls,
      ({ host }) => host,
      (position) => calls[position]?.path ?? "",
    ),
    ...calls.flatMap(({ host, path }) => {
      const other = requests.find((request) => overlap(host, request.host));
      if (other === undefined) return [];
      const answered = other.host === undefined ? "every host; set its hosts" : `${other.host}; choose another one`;
      const message = `is "${host}", and a gateway takes either the GRPCRoute or the HTTPRoute of ${other.path}, which answers ${answered}`;
      return [{ path, message }];
    }),
  ];
}

/** Every version with a share of the calls listens for them. */
function checkPorts({ versions, traffic }: ResolvedStack["models"][number], path: string): ConfigProblem[] {
  if (traffic?.grpc === undefined) return [];
  const served = new Set(sharesOf(traffic).map(([version]) => version));
  return versions.flatMap(({ version, container }, index) => {
    if (!served.has(version) || container.ports[GRPC_PORT_NAME] !== undefined) return [];
    const message = `has no port ${GRPC_PORT_NAME}, and ${path}.traffic.grpc sends calls to version "${version}"; set ports: {${GRPC_PORT_NAME}: 8001}`;
    return [{ path: `${path}.versions[${index}].container`, message }];
  });
}

/** Whether one request can fit both host names; undefined stands for every host. */
function overlap(one: string, other: string | undefined): boolean {
  if (other === undefined || one === other) return true;
  return covers(one, other) || covers(other, one);
}

function covers(wide: string, narrow: string): boolean {
  return wide.startsWith("*.") && narrow.endsWith(wide.slice(1));
}
