import { type ResourceValidationArgs, Secret, UnknownValueError } from "@pulumi/policy";
import { MARKED, UNKNOWN } from "./fields.ts";
import { type KubernetesObject, kubernetesObject } from "./object.ts";

/** The Kubernetes object of a resource that the engine asks about; undefined for anything else. */
export function objectOf({ type, name, props, opts }: ResourceValidationArgs): KubernetesObject | undefined {
  return kubernetesObject(type, name, snapshot(props), opts.protect);
}

/**
 * The object of a Secret, in which the same parts are marked secret as in its outputs. The SDK passes the marks of single
 * values only to remediations; the provider's own class marks inputs and outputs alike.
 */
export function withMarkedOutputs(object: KubernetesObject, outputs: readonly string[]): KubernetesObject {
  const marked = Object.fromEntries(outputs.map((name) => [name, MARKED]));
  return { ...object, fields: { ...(object.fields as Readonly<Record<string, unknown>>), ...marked } };
}

/** Values without the SDK's proxies, which throw on a value that is not known yet. */
function snapshot(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Array.from(value.keys(), (index) => read(value, String(index)));
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
}

function read(container: object, key: string): unknown {
  // The property itself, because a proxy returns it without its mark.
  if (Object.getOwnPropertyDescriptor(container, key)?.value instanceof Secret) return MARKED;
  try {
    return snapshot(Reflect.get(container, key));
  } catch (error) {
    if (error instanceof UnknownValueError) return UNKNOWN;
    throw error;
  }
}
