import type { Sample } from "./families.ts";

/** Counts gRPC calls by method and status code. */
export class GrpcCalls {
  /** By path, then by the name of the code. */
  readonly #counts = new Map<string, Map<string, number>>();

  /**
   * @param path Such as `/inference.GRPCInferenceService/ModelInfer`; only those of registered methods.
   * @param code Name of the status code, such as `OK`.
   */
  count(path: string, code: string): void {
    let codes = this.#counts.get(path);
    if (codes === undefined) {
      codes = new Map();
      this.#counts.set(path, codes);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }

  samples(): Sample[] {
    return [...this.#counts].flatMap(([path, codes]) => {
      const [, service = "", method = ""] = path.split("/");
      return [...codes].map(([code, value]) => ({
        labels: { grpc_type: "unary", grpc_service: service, grpc_method: method, grpc_code: code },
        value,
      }));
    });
  }
}
