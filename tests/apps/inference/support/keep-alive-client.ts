import { once } from "node:events";
import { Agent, request } from "node:http";

/** How one client's connection fared. */
export interface Outcome {
  /** Answers with status 200. */
  readonly served: number;
  /** Requests that failed, or were answered otherwise, and how. */
  readonly failed: readonly string[];
}

/**
 * One client that sends predictions over one kept-alive connection, one after the other, as a gateway does. It opens
 * another connection when the server lets go of one, until `removed` is aborted; then it goes on only as long as its
 * connection is kept.
 *
 * @param pauseMs Time between an answer and the next request, in milliseconds.
 * @param answered Called after each answer with status 200.
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
