import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import { startForward } from "../../cluster/node/forward.ts";

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A target server and a forward to it. `close` closes both. */
async function forwardTo(handle: (socket: Socket) => void): Promise<{ port: number; close: () => void }> {
  const target = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    handle(socket);
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  const forward = await startForward({ port: 0, targetHost: "127.0.0.1", targetPort: portOf(target) });
  return {
    port: portOf(forward),
    close: () => {
      target.close();
      forward.close();
    },
  };
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function readAll(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe("the forward from 127.0.0.1", () => {
  it("forwards both ways, including an answer after the client has ended its side", async () => {
    const { port, close } = await forwardTo(async (socket) => {
      const asked = await readAll(socket);
      setTimeout(() => socket.end(Buffer.concat([Buffer.from("got "), asked])), 50);
    });
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.end("question");
    expect((await readAll(client)).toString()).to.equal("got question");
    close();
  });

  it("forwards 32 MB to a slow reader completely", async () => {
    const size = 32 * 1024 * 1024;
    const { port, close } = await forwardTo((socket) => {
      socket.end(Buffer.alloc(size, 7));
    });
    const client = connect({ port, host: "127.0.0.1" });
    client.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await readAll(client)).length).to.equal(size);
    close();
  });

  it("ends the client's connection if the target resets it or does not exist", async () => {
    const { port, close } = await forwardTo((socket) => socket.resetAndDestroy());
    const client = connect({ port, host: "127.0.0.1" });
    client.on("error", () => undefined);
    await closeOf(client);
    close();

    // Nothing listens on it.
    const forward = await startForward({ port: 0, targetHost: "127.0.0.1", targetPort: 1 });
    const second = connect({ port: portOf(forward), host: "127.0.0.1" });
    second.on("error", () => undefined);
    await closeOf(second);
    forward.close();
  });

  it("ends the target's connection when the client goes away", async () => {
    let closed: Promise<unknown> | undefined;
    const arrived = new Promise<void>((resolve) => {
      forwardTo((socket) => {
        socket.resume();
        closed = closeOf(socket);
        socket.on("end", () => socket.end());
        resolve();
      }).then(({ port, close }) => {
        const client = connect({ port, host: "127.0.0.1" }, () => setTimeout(() => client.resetAndDestroy(), 50));
        client.on("error", () => undefined);
        client.on("close", close);
      });
    });
    await arrived;
    await closed;
  });

  it("rejects if its port is taken", async () => {
    const { port, close } = await forwardTo((socket) => socket.end());
    const error = await startForward({ port, targetHost: "127.0.0.1", targetPort: 1 }).catch(
      (reason: NodeJS.ErrnoException) => reason,
    );
    expect(error).to.have.property("code", "EADDRINUSE");
    close();
  });
});
