import { connect, createServer } from "node:net";
import { identify, type ProcessIdentity } from "../../common/processes.ts";

/** The node that runs on this machine. */
export interface MachineOwner {
  /** Its state folder, which may have been deleted since. */
  readonly state: string;
  readonly supervisor: ProcessIdentity;
}

/**
 * An abstract socket: only one process on the machine can listen on it, and it is free again when that process ends
 * for any reason. Interface, addresses and cgroup of a node exist once per machine, so only one node can run.
 */
const socketName = "\0ml-platform-node";

/**
 * Registers this process as the supervisor of the machine's one node, and answers everyone who asks with `state`.
 *
 * @returns false if another node runs
 */
export function claimMachine(state: string, name: string = socketName): Promise<boolean> {
  const answer = JSON.stringify({ state, supervisor: identify(process.pid) });
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

/** The node that runs on this machine; undefined if none does. */
export function machineOwner(name: string = socketName): Promise<MachineOwner | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(name);
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("end", () => resolve(answer === "" ? undefined : parseOwner(answer)));
  });
}

function parseOwner(answer: string): MachineOwner {
  const { state, supervisor, keeper } = JSON.parse(answer) as MachineOwner & { readonly keeper?: ProcessIdentity };
  // Up to release 0.1 the supervisor was called the keeper.
  return { state, supervisor: supervisor ?? (keeper as ProcessIdentity) };
}
