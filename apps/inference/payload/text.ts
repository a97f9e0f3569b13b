import { invalidInput } from "../http-error.ts";
import { join, nameOf } from "./fields.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes one element of BYTES.
 *
 * @throws HttpError 422 if it is not text.
 */
export function decodeText(bytes: Buffer, path: string): string {
  if (bytes.includes(0)) {
    throw containsNul(path);
  }
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalidInput(path, "must be UTF-8: the models' strings are text");
  }
}

/**
 * An element of BYTES in JSON: a string, or `{"b64": …}` with its UTF-8 in base64, as TensorFlow Serving's clients send bytes.
 *
 * @param path Path of the object or list that contains the value.
 * @param step The field's name, or the element's index.
 * @throws HttpError 422 for any other value.
 */
export function asText(value: unknown, path: string, step: string | number): string {
  if (typeof value !== "string") {
    if (isBase64(value)) {
      const where = join(path, step);
      return decodeText(decodeBase64(value.b64, join(where, "b64")), where);
    }
    throw invalidInput(join(path, step), `must be a string, not ${nameOf(value)}`);
  }
  if (value.includes("\0")) {
    throw containsNul(join(path, step));
  }
  // A lone surrogate cannot be encoded in UTF-8.
  return value.toWellFormed();
}

/** Whether a value has the form `{"b64": …}`. */
export function isBase64(value: unknown): value is { readonly b64: unknown } {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "b64") && Object.keys(value).length === 1;
}

/** Also accepts the alphabet for URLs and a missing padding, as TensorFlow Serving does. */
function decodeBase64(value: unknown, path: string): Buffer {
  if (typeof value !== "string" || !/^[\w+/-]*={0,2}$/.test(value) || value.replace(/=+$/, "").length % 4 === 1) {
    throw invalidInput(path, "must be bytes in base64");
  }
  return Buffer.from(value, "base64");
}

/** 422 for NUL: ONNX Runtime's binding for Node would truncate the text there. */
function containsNul(path: string) {
  return invalidInput(path, "must not contain the character NUL");
}
