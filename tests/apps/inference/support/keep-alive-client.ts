import { once } from "node:events";
import { Agent, request } from "node:http";

/** The outcome of one client's requests. */
export interface Outcome {
  /** Responses with status 200. */
  readonly served: number;
  /** Requests that failed or had another response, and how. */
  readonly failed: readonly string[];
}

/**
 * One client that sends predictions over one keep-alive connection, one after the other, as a gateway does. It opens
 * another connection when the server closes one, until `removed` is aborted; then it continues only as long as its
 * connection is kept.
 *
 * @param pauseMs Time between a response and the next request, in milliseconds.
 * @param answered Called after each response with status 200.
 * @param stop Aborted to end it in any case.
 */
export async function keepAliveClient(
  port: number,
  pauseMs: number,
  answered: () => void,
  removed: AbortSignal,
  stop: AbortSignal,
): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let served = 0;
  const failed: string[] = [];
  let kept = false;
  while (!stop.aborted && (kept || !removed.aborted)) {
    try {
      const answer = await predict(port, agent);
      kept = answer.kept;
      if (answer.status === 200) {
        served += 1;
        answered();
      } else {
        failed.push(`status ${answer.status}`);
      }
    } catch (error) {
      kept = false;
      failed.push(error instanceof Error ? `${error.message} after ${served} answers` : String(error));
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  agent.destroy();
  return { served, failed };
}

async function predict(port: number, agent: Agent): Promise<{ status: number | undefined; kept: boolean }> {
  const body = '{"instances":[1,2,5]}';
  const sent = request({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/predict",
    agent,
    headers: { "Content-Type": "application/json", "Content-Length": body.length },
  });
  sent.end(body);
  const [answer] = await once(sent, "response");
  answer.resume();
  await once(answer, "end");
  return { status: answer.statusCode, kept: answer.headers.connection !== "close" };
}
