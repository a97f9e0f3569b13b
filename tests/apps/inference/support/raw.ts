import { connect } from "node:net";
import { until } from "./server.ts";

/** Writes raw bytes to the server and reads until it closes the connection or `enough` matches. */
export async function raw(port: number, bytes: string, enough: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += String(chunk);
  });
  let closed = false;
  socket.on("close", () => {
    closed = true;
  });
  socket.on("error", () => {});
  socket.write(bytes);
  await until(() => closed || enough.test(received));
  socket.destroy();
  return received;
}
