import type { Kubectl } from "../../cluster/kubectl.ts";
import { errorMessage, lastLine, UserError } from "../../common/errors.ts";
import type { ResolvedStack } from "../../config/index.ts";
import { PrometheusError, readMatrix } from "../evidence/matrix.ts";
import { prometheus, type QuerySeries } from "../evidence/prometheus.ts";

/** How the stack's Prometheus is asked: at its address, or as a Service through the API server. */
export function stackPrometheus({ monitoring }: ResolvedStack, kubectl: Kubectl): QuerySeries {
  if (monitoring === undefined) {
    throw new UserError("the stack has no monitoring, so nothing is known about its requests", "add monitoring");
  }
  const { prometheus: place, namespace } = monitoring;
  return typeof place === "string" ? prometheus(place) : throughApiServer(kubectl, namespace, place);
}

/** Asks a Service through the API server's proxy, so a laptop needs no more than its kubeconfig. */
function throughApiServer(
  kubectl: Kubectl,
  namespace: string,
  { service, port }: { readonly service: string; readonly port: number },
): QuerySeries {
  const base = `/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy/api/v1/query`;
  return async (query, at) => {
    const parameters = new URLSearchParams({ query, time: String(at / 1000), timeout: "10s" });
    const text = await kubectl
      .run(["get", "--request-timeout=15s", "--raw", `${base}?${parameters}`])
      .catch((error: unknown) => {
        const reason = error instanceof UserError ? lastLine(error.what) : errorMessage(error);
        throw new PrometheusError(`Service ${service}:${port} in ${namespace} cannot be reached: ${reason}`);
      });
    return readMatrix(parsed(text, service));
  };
}

function parsed(text: string, service: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PrometheusError(`Service ${service}: the answer is not JSON; is it a Prometheus?`);
  }
}
