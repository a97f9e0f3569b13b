import { connect, createServer } from "node:net";

/**
 * An abstract socket: only one process of the machine can listen on it, and it is free again when that process ends,
 * however it ends. Interface, addresses and cgroup of a node are the machine's, so there can be one node only.
 */
const socketName = "\0ml-platform-node";

/** Makes this process the keeper of the machine's one node, and tells `state` to whoever asks. False where another one is. */
export function claimMachine(state: string, name: string = socketName): Promise<boolean> {
  const server = createServer((socket) => socket.on("error", () => undefined).end(state));
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

/** State folder of the node that runs on this machine; undefined where none does. */
export function machineOwner(name: string = socketName): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(name);
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("end", () => resolve(answer));
  });
}
