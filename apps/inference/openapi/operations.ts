import type { Schema } from "./schema.ts";

/** One operation of an OpenAPI document. */
export type Operation = Readonly<Record<string, unknown>>;

const JSON_TYPE = "application/json";
const RAW_TYPE = "application/octet-stream";

/**
 * What the binary tensor extension of the Open Inference Protocol adds to a request and to its answer: a header, and bodies
 * that begin with JSON and end with raw tensors.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
const JSON_LENGTH = "Inference-Header-Content-Length";
const RAW_TENSORS = {
  header: {
    description: "How many bytes at the beginning of the body are JSON; only where raw tensors follow",
    schema: { type: "integer", minimum: 0 },
  },
  content: {
    [RAW_TYPE]: {
      schema: {
        type: "string",
        format: "binary",
        description: `JSON of ${JSON_LENGTH} bytes, and after it the tensors with binary_data_size, in their order there`,
      },
    },
  },
} as const;

/** Mistakes that every request with a body may be told of. */
export const BODY_PROBLEMS = {
  "400": "The body is not JSON, or broken off",
  "408": "The body did not arrive in time",
  "413": "The body is too large",
  "415": "The body is declared as something else",
  "422": "The body is JSON, but not what is taken here",
  "503": "Too much is asked at once; try again shortly",
} as const;

const PREDICTION_PROBLEMS = {
  ...BODY_PROBLEMS,
  "404": "The model is not served here",
  "500": "The model failed",
  "504": "The model did not answer in time",
} as const;

/** How mistakes are worded: with their parts, or as one string by the inference protocols. */
export type Wording = "Problem" | "ProtocolError";

/** A request without a body. */
export interface Asking {
  readonly summary: string;
  readonly tag: string;
  readonly answer: Schema;
  /** Further statuses that are answered by the same schema. */
  readonly also?: Readonly<Record<string, string>>;
  /** Statuses that are mistakes. */
  readonly problems?: Readonly<Record<string, string>>;
  readonly wording?: Wording;
  /** Whether it needs no API key. @default false */
  readonly open?: boolean;
  readonly type?: string;
  readonly parameters?: readonly unknown[];
  /** Whether tensors may be raw, in the request and in the answer. @default false */
  readonly raw?: boolean;
}

/** A request with a JSON body. */
export interface Sending extends Asking {
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

  get(asking: Asking): Operation {
    return this.#operation(asking, asking.problems ?? {});
  }

  post(sending: Sending): Operation {
    const { request, example, required = true, raw = false } = sending;
    const content = {
      [JSON_TYPE]: { schema: request, ...(example === undefined ? {} : { example }) },
      ...(raw ? RAW_TENSORS.content : {}),
    };
    return {
      ...this.#operation(sending, sending.problems ?? BODY_PROBLEMS),
      requestBody: { required, content },
    };
  }

  /** A prediction: it may fail in every way there is. */
  predict(sending: Sending): Operation {
    return this.post({ ...sending, problems: PREDICTION_PROBLEMS });
  }

  #operation(asking: Asking, problems: Readonly<Record<string, string>>): Operation {
    const {
      summary,
      tag,
      answer,
      also = {},
      wording = "Problem",
      open = false,
      type = JSON_TYPE,
      raw = false,
    } = asking;
    const parameters = [
      ...(asking.parameters ?? []),
      ...(raw ? [{ name: JSON_LENGTH, in: "header", ...RAW_TENSORS.header }] : []),
    ];
    const content = { [type]: { schema: answer } };
    const right = {
      description: "The answer",
      content: { ...content, ...(raw ? RAW_TENSORS.content : {}) },
      ...(raw ? { headers: { [JSON_LENGTH]: RAW_TENSORS.header } } : {}),
    };
    const refused: Readonly<Record<string, string>> =
      this.#hasKey && !open ? { "401": "X-API-Key is missing or wrong" } : {};
    const mistake = { [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${wording}` } } };
    return {
      summary,
      tags: [tag],
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(this.#hasKey && open ? { security: [] } : {}),
      responses: {
        "200": right,
        ...mapValues(also, (description) => ({ description, content })),
        ...mapValues({ ...problems, ...refused }, (description) => ({ description, content: mistake })),
      },
    };
  }
}

function mapValues<A, B>(object: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
