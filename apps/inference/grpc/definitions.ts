import path from "node:path";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };

/** Full name of the service for inference. */
export const INFERENCE = "inference.GRPCInferenceService";
/** Full name of the service for health checks. */
const HEALTH = "grpc.health.v1.Health";

/** The methods of a service by name, as its proto file defines them. */
export type Methods = Readonly<Record<string, MethodDefinition<unknown, unknown>>>;

/** Reads the proto files: the methods of both services. */
export function definitions(): { readonly inference: Methods; readonly health: Methods } {
  const load = (file: string, service: string) =>
    loadSync(path.join(import.meta.dirname, file), OPTIONS)[service] as unknown as ServiceDefinition as Methods;
  return { inference: load("inference.proto", INFERENCE), health: load("health.proto", HEALTH) };
}
