import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { python } from "../../support/python.ts";
import { startRepository } from "../inference/support/server.ts";

/**
 * The checks to run on each response. Left out are the checks that all data matching the schema is accepted and all
 * other data rejected: a schema cannot express that the number of elements must match the shape, or that the model
 * itself rejects a number.
 */
const CHECKS = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"],
  ...["response_schema_conformance", "unsupported_method", "allow_header_conformance", "ignored_auth"],
];

/** Deterministic: the same cases each time, run sequentially, with nothing kept between runs. */
const SETTINGS = [
  ...["--seed", "1", "--max-examples", "15", "--workers", "1", "--no-shrink", "--continue-on-failure", "--no-color"],
  ...["--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--warnings", "off"],
  ...["--request-timeout", "120", "--suppress-health-check", "all"],
];

const RUN = "from schemathesis.cli import schemathesis; schemathesis()";

/** Runs Schemathesis, with the API key, against a server of four models; returns the number of cases it reports. */
async function check(interpreter: string, env: Record<string, string>, ...options: string[]): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "schemathesis-"));
  const server = await startRepository(["iris", "words", "half-plus-two", "pair"], {
    API_KEY: "secret",
    LOG_LEVEL: "warn",
    ...env,
  });
  try {
    const report = path.join(folder, "junit.xml");
    const { exitCode, all } = await execa(
      interpreter,
      [
        ...["-c", RUN, "run", `${server.url}/openapi.json`, "--header", "X-API-Key: secret"],
        ...["--checks", CHECKS.join(","), ...SETTINGS, "--report", "junit", "--report-junit-path", report],
        ...options,
      ],
      { cwd: folder, reject: false, all: true },
    );
    const counts = /<testsuites\b[^>]*\btests="(\d+)"[^>]*/.exec(await readFile(report, "utf8"));
    expect(exitCode, all).to.equal(0);
    expect(counts?.[0])
      .to.match(/\bfailures="0"/)
      .and.to.match(/\berrors="0"/);
    return Number(counts?.[1]);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

describe("Schemathesis, run on /openapi.json", () => {
  it("finds only documented responses", async function () {
    const interpreter = await python(this, "schemathesis");
    expect(await check(interpreter, {})).to.be.greaterThan(20);
  });

  it("finds only documented responses while models are loaded and unloaded", async function () {
    const interpreter = await python(this, "schemathesis");
    const only = ["--include-path-regex", "^/v2/repository/"];
    expect(await check(interpreter, { MODEL_CONTROL: "explicit" }, ...only)).to.equal(3);
  });
});
