import { z } from "zod";
import { ModelName, ModelVersion } from "../registry/metadata.ts";

const LogLevel = z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]);

/** A decimal number within bounds. Anything else is rejected, not read in part as by `parseInt`. */
function number(minimum: number, maximum: number, integer: boolean) {
  const shape = integer ? /^\d+$/ : /^\d+(\.\d+)?$/;
  const remedy = `set it to ${integer ? "a whole number" : "a number"} from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(shape, remedy)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, remedy);
}

const port = number(0, 65_535, true);
const whole = (minimum: number, maximum: number, fallback: number) => number(minimum, maximum, true).default(fallback);
const seconds = (minimum: number, maximum: number, fallback: number) =>
  number(minimum, maximum, false).default(fallback);

/** `true` or `false`, in lower case. */
function flag(fallback: boolean) {
  return z
    .enum(["true", "false"], { error: "set it to true or false" })
    .transform((value) => value === "true")
    .default(fallback);
}

const url = (example: string) => z.url({ protocol: /^https?$/, error: `set it to a URL such as ${example}` });

/** Most rows in one run, unless MAX_BATCH_SIZE is set: of a slow model, and of any. */
const [SLOW_ROWS, MOST_ROWS] = [64, 1024];

const NAME_REMEDY = "set it to a model of the registry, to several separated by commas, or to * for all";
const VERSION_REMEDY = 'set it to a version such as "1", to "latest", or to "all"';

/** Printable ASCII, which a header can carry; Node removes blanks around a header's value. */
const ApiKey = z.string().superRefine((key, context) => {
  const fault = /[\r\n]$/.test(key)
    ? "ends with a newline: write the key without it (printf %s KEY, or echo -n)"
    : key !== key.trim()
      ? "begins or ends with a blank: write the key without it"
      : /[^ -~]/.test(key)
        ? "has a character that is not allowed in a header: use printable ASCII"
        : undefined;
  if (fault !== undefined) {
    context.addIssue({ code: "custom", message: fault });
  }
});

const Environment = z
  .object({
    MODEL_DIR: z.string().default("/models"),
    MODEL_NAME: z
      .string({ error: NAME_REMEDY })
      .refine((names) => names === "*" || names.split(",").every((name) => ModelName.safeParse(name).success), {
        error: NAME_REMEDY,
      }),
    MODEL_VERSION: z
      .string({ error: VERSION_REMEDY })
      .refine((version) => ["latest", "all"].includes(version) || ModelVersion.safeParse(version).success, {
        error: VERSION_REMEDY,
      }),
    MODEL_CONTROL: z.enum(["none", "poll", "explicit"], { error: "set it to none, poll or explicit" }).default("none"),
    MODEL_POLL_SECONDS: seconds(0.01, 86_400, 5),
    HOST: z.string().default("0.0.0.0"),
    PORT: port.default(8080),
    METRICS_PORT: port.default(9090),
    GRPC_PORT: port.optional(),
    LOG_LEVEL: LogLevel.default("info"),
    API_KEY: ApiKey.optional(),
    MAX_BODY_BYTES: whole(1, 1_073_741_824, 33_554_432),
    MAX_BATCH_SIZE: number(1, 65_536, true).optional(),
    MAX_QUEUE_SIZE: whole(1, 1_000_000, 4096),
    REQUEST_TIMEOUT_MS: whole(1, 3_600_000, 30_000),
    DRAIN_SECONDS: seconds(0, 3600, 5),
    SHUTDOWN_SECONDS: seconds(0, 3600, 25),
    INTRA_OP_THREADS: whole(1, 256, 1),
    MODEL_WAIT_SECONDS: seconds(0, 86_400, 0),
    THREAD_AFTER_MS: whole(0, 3_600_000, 100),
    LOAD_ENDPOINT: flag(false),
    DOCS_ENDPOINT: flag(true),
    OTEL_EXPORTER_OTLP_ENDPOINT: url("http://collector:4318").optional(),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url("http://collector:4318/v1/traces").optional(),
    OTEL_SDK_DISABLED: z.string().optional(),
    OTEL_TRACES_EXPORTER: z.enum(["otlp", "none"], { error: "set it to otlp or none" }).default("otlp"),
    OTEL_SERVICE_NAME: z.string().optional(),
  })
  .superRefine((env, context) => {
    if (env.SHUTDOWN_SECONDS < env.DRAIN_SECONDS) {
      context.addIssue({
        code: "custom",
        path: ["SHUTDOWN_SECONDS"],
        message: `set it to at least DRAIN_SECONDS (${env.DRAIN_SECONDS})`,
      });
    }
    if (env.PORT !== 0 && env.PORT === env.METRICS_PORT) {
      context.addIssue({
        code: "custom",
        path: ["METRICS_PORT"],
        message: "set it to another port than PORT, or to 0 for none",
      });
    }
    if (env.GRPC_PORT !== undefined && env.GRPC_PORT !== 0 && [env.PORT, env.METRICS_PORT].includes(env.GRPC_PORT)) {
      context.addIssue({
        code: "custom",
        path: ["GRPC_PORT"],
        message: "set it to another port than PORT and METRICS_PORT, or leave it out for none",
      });
    }
  });

/** All settings of the server, validated. */
export interface Settings {
  /** Root of the models volume. `MODEL_DIR`, default `/models`. */
  readonly modelDirectory: string;
  /** What to serve: a model, several separated by commas, or `*` for every model. `MODEL_NAME`, required. */
  readonly modelName: string;
  /** Which of their versions: a positive integer, `latest` for the newest that is not marked as a regression, or `all`. `MODEL_VERSION`, required. */
  readonly modelVersion: string;
  /**
   * What changes the loaded models: `none`; `poll`, versions that are published or withdrawn later; `explicit`, requests of the
   * repository API. `MODEL_CONTROL`, default `none`.
   */
  readonly modelControl: "none" | "poll" | "explicit";
  /** Time between two checks of the registry if `modelControl` is `poll`. `MODEL_POLL_SECONDS`, default 5. */
  readonly modelPollSeconds: number;
  /** Address to listen on. `HOST`, default `0.0.0.0`. */
  readonly host: string;
  /** Port of the API; 0 takes any free one. `PORT`, default 8080. */
  readonly port: number;
  /** Port that serves `/metrics` alone; 0 for none. `METRICS_PORT`, default 9090. */
  readonly metricsPort: number;
  /** Port of the gRPC API; 0 takes any free one, undefined is none. `GRPC_PORT`, default none. */
  readonly grpcPort: number | undefined;
  /** Least severe level that is logged. `LOG_LEVEL`, default `info`. */
  readonly logLevel: z.infer<typeof LogLevel>;
  /** Key that `X-API-Key` must carry, printable ASCII; undefined for none. `API_KEY`, default none. */
  readonly apiKey: string | undefined;
  /** Longest request body, in bytes, decompressed if it is compressed. `MAX_BODY_BYTES`, default 32 MiB. */
  readonly maxBodyBytes: number;
  /** Most rows in one run of the model. `MAX_BATCH_SIZE`, default 1024. */
  readonly maxBatchSize: number;
  /** The same for runs that take a millisecond or more. `MAX_BATCH_SIZE`, default 64. */
  readonly slowBatchSize: number;
  /** Most rows waiting for a model, and so the most rows of one request. `MAX_QUEUE_SIZE`, default 4096. */
  readonly maxQueueSize: number;
  /** Longest time a request may take, in milliseconds. `REQUEST_TIMEOUT_MS`, default 30,000. */
  readonly requestTimeoutMs: number;
  /** How long requests are served after SIGTERM, in seconds. `DRAIN_SECONDS`, default 5. */
  readonly drainSeconds: number;
  /** When everything is closed at the latest, in seconds after SIGTERM. `SHUTDOWN_SECONDS`, default 25. */
  readonly shutdownSeconds: number;
  /** Threads of one operator in ONNX Runtime. `INTRA_OP_THREADS`, default 1. */
  readonly intraOpThreads: number;
  /** How long to wait for the model before giving up, in seconds; 0 for ever. `MODEL_WAIT_SECONDS`, default 0. */
  readonly modelWaitSeconds: number;
  /**
   * CPU time of one run above which a model gets a thread of its own, so that its runs do not delay other requests; 0 for every
   * model from the start. `THREAD_AFTER_MS`, default 100.
   */
  readonly threadAfterMs: number;
  /** Whether to serve `GET /load`, which uses CPU time on request. `LOAD_ENDPOINT`, default false. */
  readonly loadEndpoint: boolean;
  /** Whether to serve `/docs` and `/openapi.json`. `DOCS_ENDPOINT`, default true. */
  readonly docsEndpoint: boolean;
  /**
   * URL that a span of every request is sent to; undefined for none. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, or
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces`; none if `OTEL_SDK_DISABLED` is `true` or `OTEL_TRACES_EXPORTER` is `none`.
   * Default none.
   */
  readonly tracesUrl: string | undefined;
  /** Service name of the spans. `OTEL_SERVICE_NAME`, default `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, or `inference`. */
  readonly serviceName: string | undefined;
}

/** A setting is missing or wrong; the message is one line that names the variable and the remedy. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/**
 * Reads the settings from environment variables. A variable that is set to "" counts as not set.
 *
 * @throws SettingsError naming every variable that is wrong, in one line.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = Environment.safeParse(given);
  if (!result.success) {
    throw new SettingsError(result.error.issues.map((issue) => describe(issue, given)).join("; "));
  }
  const values = result.data;
  return {
    modelDirectory: values.MODEL_DIR,
    modelName: values.MODEL_NAME,
    modelVersion: values.MODEL_VERSION,
    modelControl: values.MODEL_CONTROL,
    modelPollSeconds: values.MODEL_POLL_SECONDS,
    host: values.HOST,
    port: values.PORT,
    metricsPort: values.METRICS_PORT,
    grpcPort: values.GRPC_PORT,
    logLevel: values.LOG_LEVEL,
    apiKey: values.API_KEY,
    maxBodyBytes: values.MAX_BODY_BYTES,
    maxBatchSize: values.MAX_BATCH_SIZE ?? MOST_ROWS,
    slowBatchSize: values.MAX_BATCH_SIZE ?? SLOW_ROWS,
    maxQueueSize: values.MAX_QUEUE_SIZE,
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    drainSeconds: values.DRAIN_SECONDS,
    shutdownSeconds: values.SHUTDOWN_SECONDS,
    intraOpThreads: values.INTRA_OP_THREADS,
    modelWaitSeconds: values.MODEL_WAIT_SECONDS,
    threadAfterMs: values.THREAD_AFTER_MS,
    loadEndpoint: values.LOAD_ENDPOINT,
    docsEndpoint: values.DOCS_ENDPOINT,
    tracesUrl: tracesUrl(values),
    serviceName: values.OTEL_SERVICE_NAME,
  };
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
function tracesUrl(env: z.infer<typeof Environment>): string | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none") {
    return undefined;
  }
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/+$/, "")}/v1/traces`);
}

function describe(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const variable = String(issue.path[0]);
  if (variable === "API_KEY") {
    return `${variable} ${issue.message}`;
  }
  const value = given[variable];
  const shown = value === undefined ? "is not set" : `is ${JSON.stringify(value)}`;
  return `${variable} ${shown}: ${issue.message}`;
}
