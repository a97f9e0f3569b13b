import { once } from "node:events";
import path from "node:path";
import {
  Client,
  status as Code,
  credentials,
  type Deadline,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const PROTOS = path.resolve(import.meta.dirname, "..", "..", "..", "..", "apps", "inference", "grpc");
const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: false, oneofs: true };

type Methods = Record<string, MethodDefinition<unknown, unknown>>;

/** The services of the server's own proto files. */
export const METHODS = {
  inference: loadSync(path.join(PROTOS, "inference.proto"), OPTIONS)[
    "inference.GRPCInferenceService"
  ] as unknown as Methods,
  health: loadSync(path.join(PROTOS, "health.proto"), OPTIONS)["grpc.health.v1.Health"] as unknown as Methods,
};

/** The outcome of a call. */
export interface Called {
  /** The response; undefined if the call failed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into responses of any form
  readonly response: any;
  readonly error: ServiceError | undefined;
  /** Metadata that the server sent first. */
  readonly metadata: Metadata | undefined;
}

/** A client of the gRPC API. */
export interface GrpcClient {
  call(method: string, request: unknown, metadata?: Record<string, string>, deadline?: Deadline): Promise<Called>;
  check(service: string): Promise<Called>;
  /** Sends any bytes as the message of any method. */
  send(
    path: string,
    bytes: Buffer,
    metadata?: Record<string, string>,
  ): Promise<{ readonly code: Code; readonly details: string }>;
  readonly client: Client;
  close(): void;
}

/**
 * Connects to a server on loopback.
 *
 * @param authority host that the calls name. @default the server's address
 */
export function grpcClient(port: number | undefined, authority?: string): GrpcClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    ...(authority === undefined ? {} : { "grpc.default_authority": authority }),
    "grpc.max_receive_message_length": -1,
    "grpc.use_local_subchannel_pool": 1,
  });
  const call = (
    definition: MethodDefinition<unknown, unknown> | undefined,
    request: unknown,
    metadata: Record<string, string> = {},
    deadline: Deadline = Number.POSITIVE_INFINITY,
  ): Promise<Called> => {
    if (definition === undefined) throw new Error("there is no such method");
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    return new Promise((resolve) => {
      let received: Metadata | undefined;
      const { path, requestSerialize, responseDeserialize } = definition;
      const running = client.makeUnaryRequest(
        ...([path, requestSerialize, responseDeserialize, request, sent, { deadline }] as const),
        (error, response) => resolve({ response, error: error ?? undefined, metadata: received }),
      );
      running.on("metadata", (metadata) => {
        received = metadata;
      });
    });
  };
  return {
    client,
    send(path, bytes, metadata = {}) {
      const sent = new Metadata();
      for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
      return new Promise((resolve) => {
        const serialize = (message: Buffer) => message;
        const done = (error: ServiceError | null) =>
          resolve({ code: error?.code ?? Code.OK, details: error?.details ?? "" });
        client.makeUnaryRequest(path, serialize, serialize, bytes, sent, done);
      });
    },
    call: (method, ...rest) => call(METHODS.inference[method], ...rest),
    check: (service) => call(METHODS.health["Check"], { service }),
    close: () => client.close(),
  };
}

/** Reads one message of a stream. */
export async function nextMessage(stream: NodeJS.ReadableStream): Promise<unknown> {
  const [message] = await once(stream, "data");
  return message;
}

/** Elements as raw contents of a gRPC request. */
export const rawFloats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);

/** Texts as raw contents of a gRPC request. */
export const rawTexts = (...values: string[]) =>
  Buffer.concat(
    values.map((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(value));
      return Buffer.concat([length, Buffer.from(value)]);
    }),
  );
