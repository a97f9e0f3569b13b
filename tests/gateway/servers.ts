import { createServer, type Server } from "node:http";
import grpc from "@grpc/grpc-js";

/** A call that answers with the version of its server. */
export const WHICH = {
  path: "/test.Versions/Which",
  requestStream: false,
  responseStream: false,
  requestSerialize: (value: Buffer) => value,
  requestDeserialize: (value: Buffer) => value,
  responseSerialize: (value: Buffer) => value,
  responseDeserialize: (value: Buffer) => value,
} as const;

/** The servers of one version: HTTP, and gRPC on another port. */
export interface VersionServers {
  /** Sends the next event of the stream that is open at `/events`; without a text the stream ends. */
  send(event?: string): void;
  stop(): Promise<void>;
}

/** Starts the servers of a version at the address of its Service. */
export async function startVersion(version: string, address: string, ports: { http: number; grpc: number }) {
  let stream: (event?: string) => void = () => {};
  const http = createServer((request, response) => {
    request.resume();
    if (request.url !== "/events") {
      response.end(version);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "x-version": version });
    response.flushHeaders();
    stream = (event) => (event === undefined ? response.end() : response.write(`data: ${event}\n\n`));
  });
  await listen(http, address, ports.http);
  const calls = new grpc.Server();
  calls.addService(
    { Which: WHICH },
    { Which: (_call: unknown, answer: (error: null, value: Buffer) => void) => answer(null, Buffer.from(version)) },
  );
  await new Promise<void>((resolve, reject) => {
    calls.bindAsync(`${address}:${ports.grpc}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  const servers: VersionServers = {
    send: (event) => stream(event),
    async stop() {
      calls.forceShutdown();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return servers;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => resolve());
  });
}
