import type { ServerWritableStream } from "@grpc/grpc-js";
import { HttpError } from "../http-error.ts";

/** Time between two looks at the state for callers that watch it, in milliseconds. */
const WATCH_MS = 1000;

type Status = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

/** Names a service, or "" for the server. */
export interface HealthCheckRequest {
  readonly service: string;
}

interface HealthCheckResponse {
  readonly status: Status;
}

/**
 * The health checking protocol of gRPC, as Kubernetes' probes and load balancers ask it.
 *
 * @param services Names of the services that have a health besides "", the server as a whole.
 */
export function health(services: readonly string[], isReady: () => boolean) {
  const isKnown = (service: string) => service === "" || services.includes(service);
  const statusOf = (service: string): Status =>
    !isKnown(service) ? "SERVICE_UNKNOWN" : isReady() ? "SERVING" : "NOT_SERVING";
  const watching = new Set<() => void>();
  return {
    check({ service }: HealthCheckRequest): HealthCheckResponse {
      if (!isKnown(service)) {
        throw new HttpError(404, "not_found", `there is no service ${service} here`);
      }
      return { status: statusOf(service) };
    },
    /** Sends the status now, and whenever it changes. */
    watch(call: ServerWritableStream<HealthCheckRequest, HealthCheckResponse>): void {
      let last: Status | undefined;
      const look = () => {
        const status = statusOf(call.request.service);
        if (status !== last) {
          last = status;
          call.write({ status });
        }
      };
      look();
      const timer = setInterval(look, WATCH_MS).unref();
      const end = () => {
        clearInterval(timer);
        watching.delete(end);
        call.end();
      };
      watching.add(end);
      call.on("cancelled", end);
    },
    /** Ends the streams of those who watch: they would keep the server from closing. */
    endWatches(): void {
      for (const end of watching) {
        end();
      }
    },
  };
}
