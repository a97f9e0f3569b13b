import type { Schema } from "./schema.ts";

/** One operation of an OpenAPI document. */
export type Operation = Readonly<Record<string, unknown>>;

const JSON_TYPE = "application/json";
const RAW_TYPE = "application/octet-stream";

/**
 * What the binary tensor extension of the Open Inference Protocol adds to a request and its response: a header, and bodies of
 * JSON followed by binary tensors.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
const JSON_LENGTH = "Inference-Header-Content-Length";
const RAW_TENSORS = {
  header: {
    description: "Length of the JSON at the beginning of the body; only if binary tensors follow",
    schema: { type: "integer", minimum: 0 },
  },
  content: {
    [RAW_TYPE]: {
      schema: {
        type: "string",
        format: "binary",
        description: `JSON of ${JSON_LENGTH} bytes, followed by the tensors with binary_data_size, in their order there`,
      },
    },
  },
} as const;

/** Errors of every request with a body. */
export const BODY_ERRORS = {
  "400": "The body is not JSON, incomplete, or not compressed as declared",
  "408": "The body did not arrive in time",
  "413": "The body is too large",
  "415": "The body has another content type or coding",
  "422": "The body is JSON, but not a valid request",
  "503": "The server is overloaded; try again shortly",
} as const;

const PREDICTION_ERRORS = {
  ...BODY_ERRORS,
  "404": "The model is not served here",
  "500": "The model failed",
  "504": "The model did not answer in time",
} as const;

/** Format of error responses: an object, or one string in the inference protocols. */
export type ErrorSchema = "Problem" | "ProtocolError";

/** Describes a request without a body. */
export interface GetOptions {
  readonly summary: string;
  readonly tag: string;
  readonly response: Schema;
  /** Further statuses with the same schema. */
  readonly also?: Readonly<Record<string, string>>;
  /** Statuses that are errors. */
  readonly errors?: Readonly<Record<string, string>>;
  readonly errorSchema?: ErrorSchema;
  /** Whether it needs no API key. @default false */
  readonly open?: boolean;
  readonly type?: string;
  readonly parameters?: readonly unknown[];
  /** Whether tensors may be binary, in the request and in the response. @default false */
  readonly raw?: boolean;
}

/** Describes a request with a JSON body. */
export interface PostOptions extends GetOptions {
  readonly request: Schema;
  readonly example?: unknown;
  readonly required?: boolean;
}

/** Builds operations for a server with or without an API key. */
export class Operations {
  readonly #hasKey: boolean;

  constructor(hasKey: boolean) {
    this.#hasKey = hasKey;
  }

  get(options: GetOptions): Operation {
    return this.#operation(options, options.errors ?? {});
  }

  post(options: PostOptions): Operation {
    const { request, example, required = true, raw = false } = options;
    const content = {
      [JSON_TYPE]: { schema: request, ...(example === undefined ? {} : { example }) },
      ...(raw ? RAW_TENSORS.content : {}),
    };
    return {
      ...this.#operation(options, options.errors ?? BODY_ERRORS),
      requestBody: { required, content },
    };
  }

  /** A prediction, with all errors that it may have. */
  predict(options: PostOptions): Operation {
    return this.post({ ...options, errors: PREDICTION_ERRORS });
  }

  #operation(options: GetOptions, errors: Readonly<Record<string, string>>): Operation {
    const {
      summary,
      tag,
      response,
      also = {},
      errorSchema = "Problem",
      open = false,
      type = JSON_TYPE,
      raw = false,
    } = options;
    const parameters = [
      ...(options.parameters ?? []),
      ...(raw ? [{ name: JSON_LENGTH, in: "header", ...RAW_TENSORS.header }] : []),
    ];
    const content = { [type]: { schema: response } };
    const success = {
      description: "The response",
      content: { ...content, ...(raw ? RAW_TENSORS.content : {}) },
      ...(raw ? { headers: { [JSON_LENGTH]: RAW_TENSORS.header } } : {}),
    };
    const unauthorized: Readonly<Record<string, string>> =
      this.#hasKey && !open ? { "401": "X-API-Key is missing or wrong" } : {};
    const errorContent = { [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${errorSchema}` } } };
    return {
      summary,
      tags: [tag],
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(this.#hasKey && open ? { security: [] } : {}),
      responses: {
        "200": success,
        ...mapValues(also, (description) => ({ description, content })),
        ...mapValues({ ...errors, ...unauthorized }, (description) => ({ description, content: errorContent })),
      },
    };
  }
}

function mapValues<A, B>(object: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
