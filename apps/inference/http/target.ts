import type { IncomingMessage } from "node:http";

/**
 * Makes of a request's target the path that it asks for: a proxy may be asked by a whole URL. False where it is neither, and
 * nothing could be found by it.
 */
export function takePath(req: IncomingMessage): boolean {
  const { url = "" } = req;
  if (url.startsWith("/") || url === "*") {
    return true;
  }
  const whole = URL.parse(url);
  if (whole === null || !/^https?:$/.test(whole.protocol)) {
    return false;
  }
  req.url = whole.pathname + whole.search;
  return true;
}
