/** One path of the API gateway and the server behind it. */
export interface NginxRoute {
  /** Path at the gateway; a path that ends with `/` matches everything below it. */
  readonly path: string;
  /** Host and port of the model's Service. */
  readonly upstream: string;
  /** Path at the model's server. @default the same */
  readonly target?: string;
}

export interface NginxSettings {
  readonly routes: readonly NginxRoute[];
  /** Whether requests must send the key that the pod gets from its Secret. */
  readonly apiKey: boolean;
  readonly connectTimeoutSeconds: number;
  readonly readTimeoutSeconds: number;
  /** Largest request body in bytes. */
  readonly bodyLimitBytes: number;
  /** Attempts for one request, including the first. */
  readonly attempts: number;
  readonly workerConnections: number;
}

/** Port that nginx listens on; it must be unprivileged, so 1024 or above. */
export const NGINX_PORT = 8080;

/** Files of the start script, with the check of the key, and of the stop script, which marks the pod as draining. */
const KEY_FILE = "/tmp/api-key.conf";
const DRAIN_MARK = "/tmp/draining";
const PID_FILE = "/tmp/nginx.pid";

/** Internal prefix of the locations of a draining pod, where each response also closes its connection. */
const DRAIN_PREFIX = "/.draining";

const KEY_CHARACTERS = "letters, digits and . _ ~ + / = -";

/**
 * nginx.conf with /health, /status and a location for each route. nginx writes only below /tmp.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html
 */
export function nginxConf(settings: NginxSettings): string {
  const { routes, apiKey, attempts, workerConnections, bodyLimitBytes } = settings;
  const upstreams = [...new Set(routes.map(({ upstream }) => upstream))];
  const backends = routes.map(({ upstream, path }) => `Backend: ${upstream} (${path})\\n`).join("");
  return `worker_processes 1;
pid ${PID_FILE};
error_log stderr warn;

events {
  worker_connections ${workerConnections};
}

http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/client-body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server_tokens off;
  client_max_body_size ${bodyLimitBytes};

  # The caller's request id, or one of our own.
  map $http_x_request_id $forwarded_request_id {
    "" $request_id;
    default $http_x_request_id;
  }

  proxy_http_version 1.1;
  proxy_set_header Connection close;
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Request-ID $forwarded_request_id;
  proxy_connect_timeout ${settings.connectTimeoutSeconds}s;
  proxy_read_timeout ${settings.readTimeoutSeconds}s;
  # A prediction changes nothing, so a POST may be tried again.
  proxy_next_upstream error timeout http_502 non_idempotent;
  proxy_next_upstream_tries ${attempts};
  proxy_next_upstream_timeout ${settings.readTimeoutSeconds}s;
${apiKey ? `  include ${KEY_FILE};\n` : ""}
${upstreams.map((upstream) => upstreamBlock(upstream, upstreams.indexOf(upstream), attempts)).join("\n")}
  server {
    listen ${NGINX_PORT};
    default_type text/plain;

    # A pod that ends goes on answering, and closes each connection with its answer.
    if (-f ${DRAIN_MARK}) {
      rewrite ^ ${DRAIN_PREFIX}$uri last;
    }

    location ~ ^(${DRAIN_PREFIX})?/health$ {
      access_log off;
      return 200 "Gateway OK\\n";
    }
    location ~ ^(${DRAIN_PREFIX})?/status$ {
      return 200 "API Gateway v1.0\\n${backends}";
    }
${routes.flatMap((route) => ["", DRAIN_PREFIX].map((prefix) => location(route, prefix, upstreams.indexOf(route.upstream), apiKey))).join("\n")}
  }
}
`;
}

/**
 * The model's Service, repeated once for each attempt: nginx tries each entry once, and each new connection to the Service may
 * reach another pod.
 */
function upstreamBlock(upstream: string, index: number, attempts: number): string {
  const entries = Array.from({ length: attempts }, () => `    server ${upstream} max_fails=0;`);
  return `  upstream model_${index} {\n${entries.join("\n")}\n  }\n`;
}

function location(route: NginxRoute, prefix: string, upstream: number, apiKey: boolean): string {
  const { path, target = path } = route;
  const match = path.endsWith("/") ? "^~ " : "= ";
  const lines = [
    ...(prefix === "" ? [] : ["internal;", "keepalive_timeout 0;"]),
    ...(apiKey
      ? [
          "default_type application/json;",
          "if ($api_key_known = 0) {",
          `  return 401 '{"error":"the key in X-API-Key is missing or wrong"}';`,
          "}",
        ]
      : []),
    `proxy_pass http://model_${upstream}${target};`,
  ];
  return `    location ${match}${prefix}${path} {\n${lines.map((line) => `      ${line}`).join("\n")}\n    }`;
}

/**
 * Starts nginx as the container's main process. It copies the key from the environment to a file below /tmp, because nginx
 * cannot read the environment and nginx.conf must not contain the key.
 */
export function startScript(apiKey: boolean): string {
  const start = `exec nginx -e stderr -g "daemon off;"`;
  if (!apiKey) return start;
  return `set -eu
umask 077
case "$API_KEY" in
  "" | *[!A-Za-z0-9._~+/=-]*) echo "API_KEY must be made of ${KEY_CHARACTERS}" >&2; exit 1 ;;
esac
quoted=$(printf %s "$API_KEY" | sed 's/[^A-Za-z0-9]/\\\\&/g')
printf 'map $http_x_api_key $api_key_known {\\n  default 0;\\n  "~^%s$" 1;\\n}\\n' "$quoted" > ${KEY_FILE}
unset API_KEY
${start}`;
}

/** Stops nginx: it keeps answering until gateways and nodes know that it is terminating, and then finishes open requests. */
export function stopScript(drainSeconds: number): string {
  return `touch ${DRAIN_MARK}; sleep ${drainSeconds}; nginx -e stderr -s quit; while [ -e ${PID_FILE} ]; do sleep 0.1; done`;
}
