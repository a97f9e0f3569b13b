import type { LiveObject } from "../kubectl.ts";

/** What leads requests or orders to the others, and so goes before them. */
const FIRST = ["HTTPRoute", "Ingress", "CronJob", "HorizontalPodAutoscaler"];

/** The objects to delete, in the order to do it: what sends requests to a server goes before the server. */
export function removalWaves(objects: readonly LiveObject[]): LiveObject[][] {
  const early = objects.filter(({ kind }) => FIRST.includes(kind));
  const late = objects.filter(({ kind }) => !FIRST.includes(kind));
  return [early, late].filter((wave) => wave.length > 0);
}
