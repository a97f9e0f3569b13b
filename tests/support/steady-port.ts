import { readFile } from "node:fs/promises";
import { isPortFree } from "../../common/ports.ts";

/** Number of ports below the kernel's ephemeral range that may be chosen. */
const RANGE = 10_000;

/**
 * A free port of the loopback interface for a server that cannot use port 0. It is outside of the kernel's ephemeral range, so
 * that no other connection or server takes it before it is used.
 */
export async function steadyPort(): Promise<number> {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "32768");
  const first = Number.parseInt(range, 10);
  for (;;) {
    const port = first - 1 - Math.floor(Math.random() * Math.min(RANGE, first - 1025));
    if (await isPortFree(port)) return port;
  }
}
