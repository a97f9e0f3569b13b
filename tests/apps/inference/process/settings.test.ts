import { expect } from "chai";
import { readSettings, SettingsError } from "../../../../apps/inference/settings.ts";

const MODEL = { MODEL_NAME: "iris", MODEL_VERSION: "1" };

describe("settings from the environment", () => {
  it("have the documented defaults", () => {
    expect(readSettings(MODEL)).to.deep.equal({
      modelDirectory: "/models",
      modelName: "iris",
      modelVersion: "1",
      modelControl: "none",
      modelPollSeconds: 5,
      host: "0.0.0.0",
      port: 8080,
      metricsPort: 9090,
      grpcPort: undefined,
      logLevel: "info",
      apiKey: undefined,
      maxBodyBytes: 33_554_432,
      maxBatchSize: 1024,
      slowBatchSize: 64,
      maxQueueSize: 4096,
      requestTimeoutMs: 30_000,
      drainSeconds: 5,
      shutdownSeconds: 25,
      intraOpThreads: 1,
      modelWaitSeconds: 0,
      threadAfterMs: 100,
      loadEndpoint: false,
      docsEndpoint: true,
      tracesUrl: undefined,
      serviceName: undefined,
    });
  });

  it("accept fractions of seconds, and 0 for settings that can be turned off", () => {
    const settings = readSettings({ ...MODEL, DRAIN_SECONDS: "0.5", METRICS_PORT: "0", MODEL_VERSION: "latest" });
    expect(settings).to.include({ drainSeconds: 0.5, metricsPort: 0, modelVersion: "latest" });
  });

  it("treat an empty variable as not set", () => {
    expect(readSettings({ ...MODEL, API_KEY: "", PORT: "" })).to.include({ apiKey: undefined, port: 8080 });
  });

  it("take the URL for traces from the standard variables, which can also disable traces", () => {
    const urlOf = (env: Record<string, string>) => readSettings({ ...MODEL, ...env }).tracesUrl;
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" };
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://traces:4318/custom" };
    expect(urlOf(base)).to.equal("http://collector:4318/v1/traces");
    expect(urlOf(own)).to.equal("http://traces:4318/custom");
    expect(urlOf({ ...base, ...own })).to.equal("http://traces:4318/custom");
    expect(urlOf({ ...base, OTEL_SDK_DISABLED: "false", OTEL_TRACES_EXPORTER: "otlp" })).to.equal(urlOf(base));
    expect(urlOf({ ...base, OTEL_SDK_DISABLED: "True" })).to.equal(undefined);
    expect(urlOf({ ...own, OTEL_TRACES_EXPORTER: "none" })).to.equal(undefined);
  });

  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ PORT: "80a" }, /^PORT is "80a": set it to a whole number from 0 to 65535$/],
    [{ PORT: "65536" }, /^PORT is "65536": set it to a whole number from 0 to 65535$/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector" }, /^OTEL_EXPORTER_OTLP_ENDPOINT is "collector": set it to a URL/],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "x" }, /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is "x": set it to a URL/],
    [{ OTEL_TRACES_EXPORTER: "zipkin" }, /^OTEL_TRACES_EXPORTER is "zipkin": set it to otlp or none$/],
    [{ LOAD_ENDPOINT: "yes" }, /^LOAD_ENDPOINT is "yes": set it to true or false$/],
    [{ MAX_BATCH_SIZE: "0" }, /^MAX_BATCH_SIZE is "0": set it to a whole number from 1 to 65536$/],
    [{ MAX_QUEUE_SIZE: "1e3" }, /^MAX_QUEUE_SIZE is "1e3": /],
    [{ DRAIN_SECONDS: "-1" }, /^DRAIN_SECONDS is "-1": set it to a number from 0 to 3600$/],
    [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL is "loud": .*"info"/],
    [{ MODEL_NAME: "../etc" }, /^MODEL_NAME is "\.\.\/etc": set it to a model of the registry/],
    [{ MODEL_NAME: "" }, /^MODEL_NAME is not set: set it to a model of the registry/],
    [{ MODEL_VERSION: "v2" }, /^MODEL_VERSION is "v2": set it to a version such as "1", to "latest", or to "all"$/],
    [{ MODEL_NAME: "iris,../etc" }, /^MODEL_NAME is "iris,\.\.\/etc": set it to a model of the registry/],
    [{ MODEL_CONTROL: "always" }, /^MODEL_CONTROL is "always": set it to none, poll or explicit$/],
    [{ SHUTDOWN_SECONDS: "4" }, /^SHUTDOWN_SECONDS is "4": set it to at least DRAIN_SECONDS \(5\)$/],
    [{ PORT: "9090" }, /^METRICS_PORT is not set: set it to another port than PORT, or to 0 for none$/],
  ];
  for (const [env, message] of wrong) {
    it(`reject ${JSON.stringify(env)} with one line that names the variable and the remedy`, () => {
      expect(() => readSettings({ ...MODEL, ...env })).to.throw(SettingsError, message);
    });
  }

  for (const [key, message] of [
    ["c2VjcmV0\n", /^API_KEY ends with a newline: write the key without it/],
    ["c2VjcmV0\r\n", /^API_KEY ends with a newline/],
    [" secret", /^API_KEY begins or ends with a blank/],
    ["c2VjcmV0\t", /^API_KEY begins or ends with a blank/],
    ["schlüssel", /^API_KEY has a character that is not allowed in a header/],
    ["sec\u007fret", /^API_KEY has a character that is not allowed in a header/],
  ] as const) {
    it(`reject the key ${JSON.stringify(key)}, which is not allowed in a header, without quoting it`, () => {
      expect(() => readSettings({ ...MODEL, API_KEY: key }))
        .to.throw(SettingsError, message)
        .with.property("message")
        .that.does.not.match(/c2VjcmV0|secret|schl/);
    });
  }

  it("report all mistakes at once, and never print the key", () => {
    expect(() => readSettings({ ...MODEL, PORT: "x", METRICS_PORT: "y", API_KEY: "hidden" }))
      .to.throw(SettingsError, /PORT is "x".*; METRICS_PORT is "y"/)
      .with.property("message")
      .that.does.not.include("hidden");
  });
});
