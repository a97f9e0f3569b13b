import { errorMessage } from "../../common/errors.ts";
import { PrometheusError, readMatrix, type Series } from "./matrix.ts";

/** Answers range queries. */
export type QuerySeries = (query: string, at: number) => Promise<Series[]>;

/**
 * Queries of a Prometheus.
 *
 * @param url its address, such as `http://127.0.0.1:9090`, with a path if it has one
 * @param timeoutMilliseconds of a query, as the client and Prometheus see it. Default: 10,000
 * @returns a function of a query and the time that it is asked for, in milliseconds since 1970. It throws a PrometheusError
 * that names the address, and says whether it could not be reached, took too long, or rejected the query
 */
export function prometheus(url: string, timeoutMilliseconds = 10_000): QuerySeries {
  const endpoint = `${url.replace(/\/+$/, "")}/api/v1/query`;
  return async (query, at) => {
    const body = new URLSearchParams({
      query,
      time: String(at / 1000),
      timeout: `${timeoutMilliseconds}ms`,
    });
    const { status, text } = await send(endpoint, body, timeoutMilliseconds);
    const answer = parsed(text);
    // Prometheus explains rejected queries in the body; proxies in front of it do not.
    if (answer === undefined) {
      throw new PrometheusError(
        `${endpoint}: HTTP ${status}, and the body is not JSON; is this the address of a Prometheus?`,
      );
    }
    try {
      return readMatrix(answer);
    } catch (error) {
      throw error instanceof PrometheusError
        ? new PrometheusError(`${endpoint}: ${error.message} (query: ${query})`)
        : error;
    }
  };
}

async function send(
  endpoint: string,
  body: URLSearchParams,
  timeout: number,
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(endpoint, { method: "POST", body, signal: AbortSignal.timeout(timeout) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      throw new PrometheusError(`${endpoint}: no answer within ${timeout / 1000} s`);
    }
    const reason =
      error instanceof Error && error.cause !== undefined ? errorMessage(error.cause) : errorMessage(error);
    throw new PrometheusError(`${endpoint}: cannot be reached: ${reason}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
