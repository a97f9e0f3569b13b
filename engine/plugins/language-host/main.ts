import grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { listen, MESSAGES } from "../grpc.ts";
import { whenParentEnds } from "../parent.ts";
import { allEnded, killAll } from "./processes.ts";
import { languageRuntime } from "./service.ts";

/**
 * The Pulumi language host for Node.js. The engine starts it with its own address as the last argument. It prints its port and
 * serves until it is stopped or the engine ends. The processes that it started end with it.
 */
const stopping = new AbortController();
const stop = async () => {
  stopping.abort();
  await allEnded();
  process.exit(0);
};
process.on("SIGINT", stop).on("SIGTERM", stop);
whenParentEnds(() => {
  killAll();
  process.exit(1);
});

const server = new grpc.Server(MESSAGES);
server.addService(language.LanguageRuntimeService, languageRuntime(process.argv.at(-1) ?? "", stopping));
console.log(`${await listen(server)}`);
