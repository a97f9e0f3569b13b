import grpc from "@grpc/grpc-js";
import engine from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages, { type LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import monitor from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import monitorMessages, { type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { listen, unary } from "../../../engine/plugins/grpc.ts";

/** Engine and resource monitor combined, so that a program can register its stack. */
export interface FakeEngine {
  readonly address: string;
  /** Logged errors. */
  readonly errors: readonly string[];
  /** Types of the registered resources. */
  readonly registered: readonly string[];
  close(): void;
}

export async function startFakeEngine(): Promise<FakeEngine> {
  const errors: string[] = [];
  const registered: string[] = [];
  const nothing = unary(() => new empty.Empty());
  const server = new grpc.Server();
  server.addService(engine.EngineService, {
    log: unary((request: LogRequest) => {
      if (request.getSeverity() === engineMessages.LogSeverity.ERROR) errors.push(request.getMessage());
      return new empty.Empty();
    }),
    getRootResource: unary(() => new engineMessages.GetRootResourceResponse()),
    setRootResource: unary(() => new engineMessages.SetRootResourceResponse()),
  });
  server.addService(monitor.ResourceMonitorService, {
    supportsFeature: unary(() => new monitorMessages.SupportsFeatureResponse()),
    registerResource: unary((request: RegisterResourceRequest) => {
      registered.push(request.getType());
      const response = new monitorMessages.RegisterResourceResponse();
      response.setUrn(`urn:pulumi:dev::tiny::${request.getType()}::${request.getName()}`);
      return response;
    }),
    registerResourceOutputs: nothing,
    signalAndWaitForShutdown: nothing,
  });
  return { address: `127.0.0.1:${await listen(server)}`, errors, registered, close: () => server.forceShutdown() };
}
