/*
 * The load test as a k6 script: k6 run -e URL=http://localhost:8080/predict apps/load-test/k6.js
 *
 * URL     URL to send requests to
 * HOST    Host header                                       default: from the URL
 * API_KEY sent as X-API-Key                                 default: none
 * BODY    body of each request                              default: a text
 * VUS, ITERATIONS  concurrent clients, requests of each     default: 5 and 100
 * DURATION, such as 2m: send requests for this long         default: ITERATIONS counts
 * P95_MS  maximum 95th percentile of the latency            default: 500
 */
import { check, sleep } from "k6";
import http from "k6/http";
import { Counter } from "k6/metrics";

const vus = Number(__ENV.VUS ?? 5);
const scenario = __ENV.DURATION
  ? { executor: "constant-vus", vus, duration: __ENV.DURATION }
  : { executor: "per-vu-iterations", vus, iterations: Number(__ENV.ITERATIONS ?? 100), maxDuration: "30m" };

export const options = {
  scenarios: { predictions: scenario },
  thresholds: {
    http_req_failed: ["rate<0.01"],
    http_req_duration: [`p(95)<${__ENV.P95_MS ?? 500}`],
    checks: ["rate>0.99"],
    // Always true: k6 shows the count of a version only if it has a threshold.
    "answers{version:1}": ["count>=0"],
    "answers{version:2}": ["count>=0"],
  },
  summaryTrendStats: ["med", "p(95)", "p(99)", "max"],
};

const answers = new Counter("answers");
const body = __ENV.BODY ?? JSON.stringify({ text: "This product is amazing!" });
const headers = {
  "Content-Type": "application/json",
  ...(__ENV.HOST ? { Host: __ENV.HOST } : {}),
  ...(__ENV.API_KEY ? { "X-API-Key": __ENV.API_KEY } : {}),
};

export default function () {
  const answer = http.post(__ENV.URL, body, { headers });
  check(answer, { "is a prediction": ({ status }) => status === 200 });
  if (answer.status === 200) answers.add(1, { version: answer.headers["X-Model-Version"] ?? "unknown" });
  sleep(0.1);
}
