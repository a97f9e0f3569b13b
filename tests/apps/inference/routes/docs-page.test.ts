import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("GET /docs", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("is a page that loads files from this server only, with headers that enforce it", async () => {
    server = await startTestServer({ model: "iris", env: { API_KEY: "secret" } });
    const page = await server.get("/docs");
    expect(page.status).to.equal(200);
    expect(page.headers.get("content-type")).to.match(/^text\/html/);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).to.include("default-src 'none'");
    expect(policy).to.include("connect-src 'self'");
    expect(policy).not.to.match(/https?:|\*/);
    expect(page.headers.get("x-content-type-options")).to.equal("nosniff");
    const parts = [...(page.body as string).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part ?? "");
    expect(parts).to.deep.equal(["data:,", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]);
    for (const part of parts.slice(1)) {
      const { status, headers } = await server.get(`/${part}`);
      expect(status, part).to.equal(200);
      expect(headers.get("content-type"), part).to.match(/^text\/(?:css|javascript)/);
      expect(headers.get("x-content-type-options"), part).to.equal("nosniff");
    }
  });

  it("serves no other file", async () => {
    server = await startTestServer({ model: "iris" });
    for (const name of ["index.html", "../app.ts", "..%2fapp.ts", "package.json", "swagger-ui-bundle.js.map"]) {
      expect((await server.get(`/docs/${name}`)).status, name).to.equal(404);
    }
  });

  it("is 404 if it is turned off", async () => {
    server = await startTestServer({ model: "iris", env: { DOCS_ENDPOINT: "false" } });
    expect((await server.get("/docs")).status).to.equal(404);
    expect((await server.get("/openapi.json")).status).to.equal(404);
  });

  it("does not run the telemetry that Swagger UI's package depends on", async () => {
    const root = path.join(import.meta.dirname, "..", "..", "..", "..");
    const { allowScripts } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
    expect(allowScripts["@scarf/scarf"]).to.equal(false);
    const files = await readdir(path.join(root, "apps", "inference"), { recursive: true });
    for (const file of files.filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))) {
      expect(await readFile(path.join(root, "apps", "inference", file), "utf8"), file).not.to.match(/import.*scarf/);
    }
  });
});
