import { expect } from "chai";
import type { RenderedObject } from "../../../render/rendered.ts";
import { objectsOf } from "../stacks.ts";

/** The values that a walkthrough gives for one object, by their path in the object. */
export type Said = Readonly<Record<string, unknown>>;

/** The values that a walkthrough gives for its objects, by kind and name such as `Deployment model-v1`. */
export type Document = Readonly<Record<string, Said>>;

/** The path prefix of a container in a Deployment or a Job. */
export const CONTAINER = "spec.template.spec.containers[0]";

/** The path prefix of a container in a CronJob. */
export const CRON_CONTAINER = "spec.jobTemplate.spec.template.spec.containers[0]";

/** Defines tests that a stack has every object of its walkthrough, with every number. */
export function carries(stack: string, document: Document, files?: readonly string[]): void {
  for (const [name, said] of Object.entries(document)) {
    it(`has ${name} as in its walkthrough`, async () => {
      const object = find(await objectsOf(stack, files), name);
      const values = Object.fromEntries(Object.keys(said).map((path) => [path, valueAt(object, path)]));
      expect(values).to.deep.equal(said);
    });
  }
}

/** The object with a kind and a name. */
export function find(objects: readonly RenderedObject[], name: string): unknown {
  const names = objects.map(({ object }) => `${object.kind} ${object.metadata.name}`);
  expect(names).to.include(name);
  return objects[names.indexOf(name)]?.object;
}

/** The value at a path such as `spec.rules[0].host`, with `["a.b"]` for a key that contains dots. */
export function valueAt(value: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, key]) => quoted ?? index ?? key,
  );
  return keys.reduce<unknown>(
    (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key ?? "") : undefined),
    value,
  );
}
