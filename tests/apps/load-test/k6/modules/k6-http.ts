import { allowedIn, emit, exchange, type HttpAnswer } from "../vu-context.ts";

/** Sends a body and waits for the answer. */
function post(
  url: string,
  body: string,
  { headers = {} }: { readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  allowedIn("vu", "an HTTP request");
  const answer = exchange({ method: "POST", url, body, headers });
  const tags = { method: "POST", url, status: String(answer.status) };
  emit("http_req_duration", answer.duration, tags);
  // By default 200 to 399 are what is expected.
  emit("http_req_failed", answer.status < 200 || answer.status > 399, tags);
  return answer;
}

export default { post };
