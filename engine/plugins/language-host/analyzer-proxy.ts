import grpc from "@grpc/grpc-js";
import analyzer from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages, { type AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { listen, MESSAGES, unary } from "../grpc.ts";

/** A proxy of a policy pack: receives the stack from the engine before the pack starts, and forwards all calls after that. */
export interface AnalyzerProxy {
  readonly port: number;
  /** The stack; undefined if the engine calls the pack without naming a stack. */
  readonly stack: Promise<AnalyzerStackConfigureRequest | undefined>;
  /** Forwards calls to the policy pack that listens on a port. */
  connect(port: number): void;
  /** Fails the calls that wait for the policy pack, and accepts no more. */
  close(reason: string): void;
}

const asIs = (message: Buffer) => message;
const EMPTY = Buffer.alloc(0);

/** Starts the proxy. Messages are forwarded without being parsed. */
export async function startAnalyzerProxy(): Promise<AnalyzerProxy> {
  const stack = Promise.withResolvers<AnalyzerStackConfigureRequest | undefined>();
  const pack = Promise.withResolvers<grpc.Client>();
  // Avoids an unhandled rejection if no call waits for the pack.
  pack.promise.catch(() => undefined);

  const service = Object.fromEntries(
    Object.entries(analyzer.AnalyzerService).map(([name, method]: [string, grpc.MethodDefinition<object, object>]) => [
      name,
      { ...method, requestDeserialize: asIs, responseSerialize: asIs },
    ]),
  );
  const forward = ({ path }: { path: string }) =>
    unary(async (request: Buffer) => {
      stack.resolve(undefined);
      return call(await pack.promise, path, request);
    });
  const server = new grpc.Server(MESSAGES);
  server.addService(service, {
    ...Object.fromEntries(Object.entries(service).map(([name, method]) => [name, forward(method)])),
    handshake: unary(() => EMPTY),
    configureStack: unary((request: Buffer) => {
      stack.resolve(messages.AnalyzerStackConfigureRequest.deserializeBinary(request));
      return EMPTY;
    }),
  });
  const port = await listen(server);

  return {
    port,
    stack: stack.promise,
    connect: (packPort) => pack.resolve(connected(packPort, stack.promise)),
    close: (reason) => {
      pack.reject(new Error(reason));
      pack.promise.then((client) => client.close()).catch(() => undefined);
      server.tryShutdown(() => undefined);
    },
  };
}

/** A client of the policy pack, after the pack has received the stack. */
async function connected(port: number, stack: AnalyzerProxy["stack"]): Promise<grpc.Client> {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), MESSAGES);
  const request = await stack;
  if (request !== undefined) {
    const { path } = analyzer.AnalyzerService.configureStack;
    await call(client, path, Buffer.from(request.serializeBinary())).catch((error: grpc.ServiceError) => {
      // Packs on an older policy SDK have no such method.
      if (error.code !== grpc.status.UNIMPLEMENTED) throw error;
    });
  }
  return client;
}

function call(client: grpc.Client, path: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, request, (error, response) =>
      error === null ? resolve(response ?? EMPTY) : reject(error),
    );
  });
}
