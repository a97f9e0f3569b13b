import { expect } from "chai";
import type { RenderedObject } from "../../../render/rendered.ts";
import { objectsOf } from "../stacks.ts";

/** What a document says of one object: values by their path in it. */
export type Said = Readonly<Record<string, unknown>>;

/** What a document says of its objects, each named as `Deployment model-v1`. */
export type Document = Readonly<Record<string, Said>>;

/** A container of the pods of a Deployment or a Job, as the start of a path. */
export const CONTAINER = "spec.template.spec.containers[0]";

/** A container of the pods of a CronJob, as the start of a path. */
export const CRON_CONTAINER = "spec.jobTemplate.spec.template.spec.containers[0]";

/** Tells of a stack that it has every object of its document, with every number of it. */
export function carries(stack: string, document: Document, files?: readonly string[]): void {
  for (const [name, said] of Object.entries(document)) {
    it(`has ${name} as the document says`, async () => {
      const object = find(await objectsOf(stack, files), name);
      const values = Object.fromEntries(Object.keys(said).map((path) => [path, valueAt(object, path)]));
      expect(values).to.deep.equal(said);
    });
  }
}

/** The object of a kind and a name. */
export function find(objects: readonly RenderedObject[], name: string): unknown {
  const names = objects.map(({ object }) => `${object.kind} ${object.metadata.name}`);
  expect(names).to.include(name);
  return objects[names.indexOf(name)]?.object;
}

/** The value at a path such as `spec.rules[0].host`, with `["a.b"]` for a key that has dots. */
export function valueAt(value: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, key]) => quoted ?? index ?? key,
  );
  return keys.reduce<unknown>(
    (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key ?? "") : undefined),
    value,
  );
}
