import { connect, createServer } from "node:net";
import { identify, type ProcessIdentity } from "./processes.ts";

/** The node that runs on this machine. */
export interface MachineOwner {
  /** Its state folder, which may have been deleted since. */
  readonly state: string;
  /** Its keeper. */
  readonly keeper: ProcessIdentity;
}

/**
 * An abstract socket: only one process of the machine can listen on it, and it is free again when that process ends,
 * however it ends. Interface, addresses and cgroup of a node are the machine's, so there can be one node only.
 */
const socketName = "\0ml-platform-node";

/** Makes this process the keeper of the machine's one node, and tells `state` to whoever asks. False where another one is. */
export function claimMachine(state: string, name: string = socketName): Promise<boolean> {
  const answer = JSON.stringify({ state, keeper: identify(process.pid) });
  const server = createServer((socket) => socket.on("error", () => undefined).end(answer));
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(name, () => {
      server.unref();
      resolve(true);
    });
  });
}

/** The node that runs on this machine; undefined where none does. */
export function machineOwner(name: string = socketName): Promise<MachineOwner | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(name);
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("end", () => resolve(answer === "" ? undefined : (JSON.parse(answer) as MachineOwner)));
  });
}
