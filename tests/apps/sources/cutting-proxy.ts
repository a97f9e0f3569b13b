import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { freePort } from "../../../common/ports.ts";

/** A proxy on loopback before a real server, which breaks connections on demand. */
export interface CuttingProxy {
  readonly url: string;
  /** Bytes of the next responses with content after which the connection breaks; used up from the first on. */
  readonly cuts: number[];
  /** The header `Range` of each request that was passed on. */
  readonly ranges: (string | undefined)[];
  close(): void;
}

export interface CuttingProxyOptions {
  /** Whether a response is the content of a file, by its headers: others are never cut. */
  readonly isContent: (headers: IncomingHttpHeaders) => boolean;
  /** The status and body of a request that is not passed on. @default every request is */
  readonly refuse?: (incoming: IncomingMessage) => { readonly status: number; readonly body: string } | undefined;
}

/** @param target Origin of the real server. */
export async function startCuttingProxy(target: string, options: CuttingProxyOptions): Promise<CuttingProxy> {
  const { isContent, refuse = () => undefined } = options;
  const cuts: number[] = [];
  const ranges: (string | undefined)[] = [];
  const server = createServer((incoming, response) => {
    const { method = "GET", headers } = incoming;
    const refused = refuse(incoming);
    if (refused !== undefined) {
      response.writeHead(refused.status).end(refused.body);
      return;
    }
    ranges.push(headers.range);
    request(new URL(incoming.url ?? "/", target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      const cut = isContent(answer.headers) ? cuts.shift() : undefined;
      let sent = 0;
      answer.on("data", (chunk: Buffer) => {
        if (cut !== undefined && sent + chunk.length > cut) {
          answer.destroy();
          response.write(chunk.subarray(0, cut - sent), () => response.destroy());
        } else response.write(chunk);
        sent += chunk.length;
      });
      answer.on("end", () => response.end());
    }).end();
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    ...{ url: `http://127.0.0.1:${port}`, cuts, ranges },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
