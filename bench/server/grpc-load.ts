import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { callOnce, PATH } from "./grpc-call.ts";
import { API_KEY, CLIENT_CORE } from "./process.ts";

/**
 * Makes as many calls as a server can handle, with h2load: each connection makes its next call as soon as it has a response.
 * h2load does not see the status of a call, so one is made beforehand.
 *
 * @throws Error if a call fails
 */
export async function saturateGrpc(
  port: number,
  message: Buffer,
  connections: number,
  seconds: number,
): Promise<{ readonly requests: number; readonly seconds: number }> {
  await callOnce(port, message, API_KEY);
  const folder = await mkdtemp(path.join(tmpdir(), "bench-h2load-"));
  try {
    const file = path.join(folder, "message");
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(message.length, 1);
    await writeFile(file, Buffer.concat([frame, message]));
    const headers = ["content-type: application/grpc", "te: trailers", `x-api-key: ${API_KEY}`];
    const load = ["--clients", String(connections), "--max-concurrent-streams", "1", "--duration", String(seconds)];
    const args = [...load, "--threads", "1", "--data", file, ...headers.flatMap((header) => ["--header", header])];
    const url = `http://127.0.0.1:${port}${PATH}`;
    const { stdout } = await execa("taskset", ["--cpu-list", CLIENT_CORE, "h2load", ...args, url]);
    const found = /finished in ([\d.]+)(m?s),/.exec(stdout);
    const [, succeeded, failed, errored] = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(stdout) ?? [];
    if (found === null || Number(succeeded) === 0 || failed !== "0" || errored !== "0") {
      throw new Error(`h2load: ${stdout}`);
    }
    return { requests: Number(succeeded), seconds: Number(found[1]) / (found[2] === "ms" ? 1000 : 1) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
