import { allowedIn, emit, type HttpAnswer, sendAndWait } from "../vu-context.ts";

/** Sends a body and waits for the response. */
function post(
  url: string,
  body: string,
  { headers = {} }: { readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  allowedIn("vu", "an HTTP request");
  const answer = sendAndWait({ method: "POST", url, body, headers });
  const tags = { method: "POST", url, status: String(answer.status) };
  emit("http_req_duration", answer.duration, tags);
  // By default, k6 expects 200 to 399.
  emit("http_req_failed", answer.status < 200 || answer.status > 399, tags);
  return answer;
}

export default { post };
