import { UserError } from "../registry/errors.ts";

/** Settings of a load test. */
export interface LoadTestSettings {
  /** URL to send requests to. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Body of each request, as JSON text. */
  readonly body: string;
  /** Concurrent clients in this process. */
  readonly clients: number;
  /** Requests per client. */
  readonly requests: number;
  /** Pause between two requests of a client. */
  readonly delayMilliseconds: number;
  /** Timeout of a request. */
  readonly timeoutSeconds: number;
  /** Minimum share of successful responses, 0–1; below it the test fails. */
  readonly minSuccess: number;
  /** Maximum 95th percentile of the latency; above it the test fails. Undefined for no limit. */
  readonly maxP95Milliseconds: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of a load test from environment variables; see README.md.
 *
 * @throws UserError naming the first invalid variable
 */
export function readSettings(environment: Environment): LoadTestSettings {
  const number = (name: string, minimum: number, maximum: number, fallback: number, whole = true) => {
    const text = environment[name] ?? String(fallback);
    const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum) || (whole && !Number.isInteger(value))) {
      throw new UserError(
        `${name} is "${text}": must be a ${whole ? "whole " : ""}number from ${minimum} to ${maximum}`,
      );
    }
    return value;
  };
  const apiKey = environment["API_KEY"];
  return {
    url: readUrl(environment["URL"]),
    headers: {
      ...readHeaders(environment["HEADERS"] ?? "{}"),
      ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
    },
    body: readBody(environment["BODY"] ?? '{"text":"This product is amazing!"}'),
    clients: number("CLIENTS", 1, 1000, 1),
    requests: number("REQUESTS", 1, 1e9, 100),
    delayMilliseconds: number("DELAY_MILLISECONDS", 0, 1e6, 100),
    timeoutSeconds: number("TIMEOUT_SECONDS", 1, 3600, 30),
    minSuccess: number("MIN_SUCCESS", 0, 1, 0.99, false),
    maxP95Milliseconds:
      environment["MAX_P95_MILLISECONDS"] === undefined ? undefined : number("MAX_P95_MILLISECONDS", 1, 1e6, 1),
  };
}

function readUrl(text: string | undefined): URL {
  if (text === undefined) throw new UserError("URL is missing: set it to the address of the route");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new UserError(`URL is "${text}": must be an http or https address`);
  }
  return url;
}

function readHeaders(text: string): Record<string, string> {
  const value = parseJson("HEADERS", text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError("HEADERS must be a JSON object of names and values");
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name.toLowerCase(), String(part)]));
}

function readBody(text: string): string {
  return JSON.stringify(parseJson("BODY", text));
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${name} is not valid JSON: ${text}`);
  }
}
