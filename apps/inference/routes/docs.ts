import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Context } from "koa";
import type { Route } from "../http/router.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { Settings } from "../settings.ts";

/** The data from which the documentation is generated. */
export interface DocsDeps {
  readonly repository: ModelRepository;
  readonly settings: Pick<Settings, "apiKey" | "maxQueueSize" | "modelControl" | "loadEndpoint">;
}

const OWN = path.join(import.meta.dirname, "..", "docs");

/** The page may load files from this server and no other; Swagger UI needs inline styles. */
const SECURITY_HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/**
 * GET /docs: Swagger UI for GET /openapi.json, which is generated from the signatures of the loaded models. Both need no key: a
 * browser cannot send it before it has the page, and neither shows more than a caller must know.
 */
export function docs({ repository, settings }: DocsDeps): Route[] {
  let cached: { generation: number; text: string } | undefined;
  async function document(): Promise<string> {
    if (cached?.generation !== repository.generation) {
      // Loaded on the first request: most servers never get one.
      const { openApiDocument } = await import("../openapi/document.ts");
      cached = { generation: repository.generation, text: JSON.stringify(openApiDocument(repository, settings)) };
    }
    return cached.text;
  }

  return [
    {
      method: "GET",
      path: "/openapi.json",
      open: true,
      async handle(ctx) {
        ctx.body = await document();
        ctx.type = "application/json";
        ctx.set("X-Content-Type-Options", "nosniff");
      },
    },
    file("/docs", () => path.join(OWN, "index.html"), "text/html; charset=utf-8"),
    file("/docs/start.js", () => path.join(OWN, "start.js"), "text/javascript; charset=utf-8"),
    file("/docs/swagger-ui-bundle.js", () => vendored("swagger-ui-bundle.js"), "text/javascript; charset=utf-8"),
    file("/docs/swagger-ui.css", () => vendored("swagger-ui.css"), "text/css; charset=utf-8"),
  ];
}

function file(route: string, find: () => string, type: string): Route {
  return {
    method: "GET",
    path: route,
    open: true,
    async handle(ctx: Context) {
      ctx.body = await readFile(find());
      ctx.type = type;
      ctx.set(SECURITY_HEADERS);
      ctx.set("Cache-Control", "no-cache");
    },
  };
}

/** A file of Swagger UI's package, found without loading the package's code or its dependencies. */
function vendored(name: string): string {
  return path.join(path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json")), name);
}
