import { expect } from "chai";
import type { PreviewStep } from "../../engine/pulumi/preview.ts";
import { type KubernetesObject, objectKey, type RenderedObject } from "../../render/rendered.ts";

/** Expects that a preview registers just the objects that `render` writes. */
export function expectRendered(steps: readonly PreviewStep[], rendered: readonly RenderedObject[]): void {
  const registered = steps.filter(({ newState }) => newState?.custom && newState.type.startsWith("kubernetes:"));
  const names = autonames(registered);
  expect(byKey(registered.map((step) => asApplied(step, names)))).to.deep.equal(
    byKey(rendered.map((object) => asWritten(object, names))),
  );
}

const AUTONAMED = "pulumi.com/autonamed";

interface Inputs extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly annotations?: Readonly<Record<string, string>> };
}

const inputsOf = ({ newState }: PreviewStep) => newState?.inputs as unknown as Inputs;

/** Maps names that Pulumi generated to their prefixes. */
function autonames(steps: readonly PreviewStep[]): ReadonlyMap<string, string> {
  const named = steps.filter((step) => inputsOf(step).metadata.annotations?.[AUTONAMED] !== undefined);
  return new Map(named.map((step) => [inputsOf(step).metadata.name, step.urn.split("::").at(-1)?.toLowerCase() ?? ""]));
}

/** An object that the engine registered: generated names without their random suffix, and without the marker of generated names. */
function asApplied(step: PreviewStep, names: ReadonlyMap<string, string>): KubernetesObject {
  const { metadata, ...rest } = withNames(inputsOf(step), (text) => names.get(text) ?? text) as Inputs;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== AUTONAMED);
  const { annotations: _annotations, ...named } = metadata;
  const kept = annotations.length === 0 ? named : { ...named, annotations: Object.fromEntries(annotations) };
  return withoutValues({ ...rest, metadata: kept } as KubernetesObject);
}

/** The same for a rendered object, whose name has a suffix that depends on its content. */
function asWritten({ object }: RenderedObject, names: ReadonlyMap<string, string>): KubernetesObject {
  const made = new Set(names.values());
  const plain = (text: string) => {
    const stem = text.replace(/-[0-9a-f]{8}$/, "");
    return made.has(stem) ? stem : text;
  };
  return withoutValues(withNames(object, plain) as KubernetesObject);
}

function withNames(value: unknown, rename: (text: string) => string): unknown {
  if (typeof value === "string") return quantity(rename(value));
  if (Array.isArray(value)) return value.map((part) => withNames(part, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withNames(part, rename)]));
}

/** A quantity as the provider writes it: integers without the milli suffix. */
function quantity(text: string): string {
  return /^\d+000m$/.test(text) ? text.slice(0, -"000m".length) : text;
}

/** A Secret without its data, which neither a preview nor a rendering shows. */
function withoutValues({ data, stringData, ...object }: KubernetesObject): KubernetesObject {
  if (object.kind !== "Secret") return { ...object, ...(data === undefined ? {} : { data }) };
  return {
    ...object,
    filled: [data === undefined ? [] : ["data"], stringData === undefined ? [] : ["stringData"]].flat(),
  };
}

function byKey(objects: readonly KubernetesObject[]): Record<string, KubernetesObject> {
  return Object.fromEntries(objects.map((object) => [objectKey(object), object] as const).toSorted());
}
