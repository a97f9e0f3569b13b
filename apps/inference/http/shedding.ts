import type { ServerResponse } from "node:http";
import type { Overload } from "../batching/overload.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { Logger } from "../logger.ts";
import type { HttpResponses } from "../metrics/http-responses.ts";
import { accessLog } from "./access-log.ts";
import { errorBody } from "./error-response.ts";
import { requestIdOf } from "./request-id.ts";
import { commonHeaders, writeJson } from "./response.ts";
import type { Authorize, FindRoutes } from "./router.ts";
import { leaveUnread, type SheddableRequest } from "./sheddable.ts";
import { traceOf } from "./trace.ts";

/** Rejects a request for lack of room; returns false if the request has to be handled. */
export type Shed = (req: SheddableRequest, res: ServerResponse) => boolean;

/** What it takes to reject a request. */
export interface SheddingDeps {
  readonly find: FindRoutes;
  readonly authorize: Authorize;
  readonly overload: Overload;
  readonly lifecycle: Lifecycle;
  readonly responses: HttpResponses;
  readonly logger: Logger;
}

/**
 * Load shedding: while the server is overloaded, rejects requests before Koa creates a context for them. The response is
 * complete: key check, id and trace, log line, metrics. Under overload most requests are rejected, so that every microsecond
 * saved here is left for those that are served.
 */
export function shedding({ find, authorize, overload, lifecycle, responses, logger }: SheddingDeps): Shed {
  const log = accessLog(logger);
  return (req, res) => {
    if (!overload.isOn) {
      return false;
    }
    const started = performance.now();
    const path = pathOf(req);
    const found = find(path);
    const route = found?.methods.get("POST");
    if (found === undefined || route?.rejection === undefined) {
      return false;
    }
    const error = authorize(req) ?? route.rejection(found.parameters);
    if (error === undefined) {
      return false;
    }
    leaveUnread(req);
    const { status, code, flatHeaders: headers } = error;
    const requestId = requestIdOf(req);
    const details = { requestId, trace: traceOf(req), headers };
    writeJson(res, status, commonHeaders(details, lifecycle), errorBody(path, error, requestId));
    responses.count("POST", status);
    log({ method: "POST", path, status }, { ...details, errorCode: code }, performance.now() - started);
    return true;
  };
}

function pathOf({ url = "" }: SheddableRequest): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
