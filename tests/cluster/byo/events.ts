import { type IncomingMessage, request } from "node:http";
import type { Cluster } from "../support/cluster.ts";

/** Server-sent events, as far as they have arrived. */
export interface EventStream {
  readonly events: readonly string[];
  /** Resolves once the server ends the stream; rejects if it is cut off. */
  readonly ended: Promise<void>;
}

/** Opens a stream of events through the gateway; undefined if a server without that path has answered. */
export async function openEvents(
  { gatewayUrl }: Pick<Cluster, "gatewayUrl">,
  host: string,
  path: string,
): Promise<EventStream | undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(new URL(path, gatewayUrl), { headers: { host, accept: "text/event-stream" } }, resolve);
    sent.on("error", reject);
    sent.end();
  });
  if (response.statusCode !== 200) {
    response.resume();
    return undefined;
  }
  const events: string[] = [];
  const ended = (async () => {
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text += String(chunk);
      const complete = text.split("\n\n");
      text = complete.pop() ?? "";
      events.push(...complete);
    }
  })();
  return { events, ended };
}
