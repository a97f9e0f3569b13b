import type { Schema } from "./schema.ts";

/** One operation of an OpenAPI document. */
export type Operation = Readonly<Record<string, unknown>>;

const JSON_TYPE = "application/json";

/** Mistakes that every request with a body may be told of. */
const BODY_PROBLEMS = {
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
    const { request, example, required = true } = sending;
    const content = { [JSON_TYPE]: { schema: request, ...(example === undefined ? {} : { example }) } };
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
    const { summary, tag, answer, also = {}, wording = "Problem", open = false, type = JSON_TYPE, parameters } = asking;
    const content = { [type]: { schema: answer } };
    const refused: Readonly<Record<string, string>> =
      this.#hasKey && !open ? { "401": "X-API-Key is missing or wrong" } : {};
    const mistake = { [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${wording}` } } };
    return {
      summary,
      tags: [tag],
      ...(parameters === undefined ? {} : { parameters }),
      ...(this.#hasKey && open ? { security: [] } : {}),
      responses: {
        "200": { description: "The answer", content },
        ...mapValues(also, (description) => ({ description, content })),
        ...mapValues({ ...problems, ...refused }, (description) => ({ description, content: mistake })),
      },
    };
  }
}

function mapValues<A, B>(object: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
