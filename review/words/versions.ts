import { type ResolvedStack, sharesOf } from "../../config/index.ts";
import { code, sentence } from "../text/markdown.ts";

type Model = ResolvedStack["models"][number];

/** Changes of models, versions and their traffic, one line of Markdown for each. */
export function describeVersions(before: ResolvedStack | undefined, after: ResolvedStack): string[] {
  const [old, now] = [before, after].map((stack) => new Map(stack?.models.map((model) => [model.entry, model])));
  const entries = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])];
  return entries.flatMap((entry) => {
    const [was, is] = [old?.get(entry), now?.get(entry)];
    return [
      ...describeModel(nameOf(is ?? was), was, is),
      ...describeShares(nameOf(is ?? was), was && sharesIn(was), is && sharesIn(is)),
    ];
  });
}

/** The model's name as in the stack file. */
function nameOf(model: Model | undefined): string {
  return model?.name ?? model?.model ?? "";
}

function describeModel(name: string, before: Model | undefined, after: Model | undefined): string[] {
  const [old, now] = [before, after].map(
    (model) => new Map(model?.versions.map((version) => [version.version, version])),
  );
  const model = code(name);
  const named = (side: Model | undefined, version: string) => {
    const found = side?.versions.find((one) => one.version === version);
    return code(found?.name ?? found?.resourceName ?? "");
  };
  const versions = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])];
  const lines = versions.flatMap((version) => {
    const [was, is] = [named(before, version), named(after, version)];
    const what = `version ${code(version)} of ${model}`;
    if (old?.has(version) !== true) return [sentence(`${what} is **added**, as Deployment ${is}`)];
    if (now?.has(version) !== true) return [sentence(`${what} is **removed**, and Deployment ${was} with it`)];
    return was === is ? [] : [sentence(`${what} is **renamed**: Deployment ${was} → ${is}`)];
  });
  if (before === undefined) return [`Model ${model} is **new**.`, ...lines];
  return after === undefined ? [`Model ${model} is **removed**.`, ...lines] : lines;
}

/** The shares of a model's requests: percents by version, and the version that gets a copy of them. */
interface Shares {
  readonly percents: ReadonlyMap<string, number>;
  readonly canary: string | undefined;
  readonly mirror: string | undefined;
}

function sharesIn({ traffic }: Model): Shares | undefined {
  if (traffic === undefined) return undefined;
  const { canary, mirror } = traffic;
  return { percents: new Map(sharesOf(traffic)), canary, mirror: mirror && `${mirror.percent} % to ${mirror.version}` };
}

function describeShares(name: string, before: Shares | undefined, after: Shares | undefined): string[] {
  const model = code(name);
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [`Requests to ${model}: none → ${describePercents(after)}.`];
  if (after === undefined) return [`Requests to ${model}: ${describePercents(before)} → none.`];
  const [was, is] = [describePercents(before), describePercents(after)];
  return [
    ...(was === is ? [] : [`**Traffic** of ${model}: ${was} → ${is}.`]),
    ...(before.mirror === after.mirror
      ? []
      : [`Shadow traffic of ${model}: ${code(before.mirror ?? "none")} → ${code(after.mirror ?? "none")}.`]),
  ];
}

function describePercents(shares: Shares | undefined): string {
  return [...(shares?.percents ?? [])]
    .map(([version, percent]) => `${percent} % ${shares?.canary === version ? "canary " : ""}${code(version)}`)
    .join(", ");
}
