import fc from "fast-check";
import { checkStack } from "../../config/index.ts";
import { generatedStacks } from "./generated-stacks.ts";

/** What most stacks have. */
const USUAL = /^(models|models\[\]\.traffic(\.canary)?)$/;

/** What others need, where it is missing. */
const NEEDED: Readonly<Record<string, (settings: Record<string, unknown>) => void>> = {
  gateway: (settings) => {
    settings["gateway"] = { name: "gw", namespace: "gw-system", implementation: "traefik" };
  },
  "images.inference": (settings) => {
    settings["images"] = { ...Object(settings["images"]), inference: "registry.example/inference:1" };
  },
  "images.trainer": (settings) => {
    settings["images"] = { ...Object(settings["images"]), trainer: "registry.example/trainer:1" };
  },
  "storage.models": (settings) => {
    settings["storage"] = { models: { size: "1Gi" } };
  },
};

/** How often a stack file is corrected before it is given up: one setting may be wrong only without another. */
const CORRECTIONS = 20;

/**
 * Generated stack files that the checks accept, as many as are asked for: whatever a problem names is left out of them, or added.
 *
 * @param likely how likely an optional setting is there, in a hundred
 */
export function acceptedStacks(count: number, { seed, likely }: { readonly seed: number; readonly likely: number }) {
  const stacks = generatedStacks((path) => (USUAL.test(path) ? 90 : likely));
  const found: Record<string, unknown>[] = [];
  for (let round = 0; found.length < count; round++) {
    const sample = fc.sample(stacks, { numRuns: count, seed: seed + round });
    for (const settings of sample) numberVersions(settings);
    found.push(...sample.filter(correct));
  }
  return found.slice(0, count);
}

/** Numbers the versions of each model, so that its traffic names one of them. */
function numberVersions({ models }: Record<string, unknown>): void {
  for (const { versions, traffic } of (models ?? []) as GeneratedModel[]) {
    for (const [index, version] of versions.entries()) version.version = `${index + 1}`;
    if (traffic !== undefined) traffic.stable = "1";
  }
}

interface GeneratedModel {
  readonly versions: { version: string }[];
  readonly traffic?: { stable: string };
}

/** Leaves out what the checks name until they accept the rest; whether they do. */
function correct(settings: Record<string, unknown>): boolean {
  for (let tries = 0; tries < CORRECTIONS; tries++) {
    const { problems } = checkStack(settings);
    if (problems.length === 0) return true;
    // The last item first, so that the positions of the others stay.
    for (const { path, message } of problems.toReversed()) {
      const give = message.startsWith("is missing") ? NEEDED[path] : undefined;
      if (give === undefined) leaveOut(settings, path);
      else give(settings);
    }
  }
  return false;
}

/** Takes the setting of a path away, such as `models[0].traffic.canary`, or what is there of the way to it. */
function leaveOut(settings: Record<string, unknown>, path: string): void {
  const steps = path.match(/[^.[\]]+/g) ?? [];
  let parent: unknown = settings;
  let remove = () => {};
  for (const step of steps) {
    if (typeof parent !== "object" || parent === null || !(step in parent)) break;
    const holder = parent;
    remove = () => {
      if (Array.isArray(holder)) holder.splice(Number(step), 1);
      else Reflect.deleteProperty(holder, step);
    };
    parent = Reflect.get(holder, step);
  }
  remove();
}
