import { bytes, sizeText } from "../../../components/kubernetes/quantity.ts";
import { BODY_LIMIT_VARIABLE, serverBodyLimit } from "../../resolve/body-limit.ts";
import { sharesOf } from "../../resolve/shares.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

type Version = ResolvedStack["models"][number]["versions"][number];

/** A gateway that lets longer bodies through than the server behind it: its limit would be one that nobody sees. */
export function checkBodyLimits(stack: ResolvedStack): ConfigProblem[] {
  const { models, apiGateway } = stack;
  const routes = models.flatMap(({ entry, traffic, versions }, index) => {
    const named = traffic === undefined ? [] : sharesOf(traffic).map(([version]) => version);
    const servers = versions.filter(({ version }) => named.includes(version)).map((version) => ({ entry, version }));
    return problemsOf(stack, traffic?.bodyLimit, servers, `models[${index}].traffic.bodyLimit`);
  });
  const behind = (apiGateway?.routes ?? []).flatMap(({ entry, version: name }) => {
    const version = models.find((model) => model.entry === entry)?.versions.find((one) => one.version === name);
    return version === undefined ? [] : [{ entry, version }];
  });
  return [...routes, ...problemsOf(stack, apiGateway?.bodyLimit, behind, "apiGateway.bodyLimit")];
}

function problemsOf(
  { configMaps }: ResolvedStack,
  limit: string | undefined,
  servers: readonly { readonly entry: string; readonly version: Version }[],
  path: string,
): ConfigProblem[] {
  if (limit === undefined) return [];
  // One version may read more than the others, and a default is the longest of all.
  const limits = servers.map(({ entry, version }) => ({ entry, version, own: serverBodyLimit(version, configMaps) }));
  const longest = limits.toSorted(
    (a, b) => (b.own ?? Number.POSITIVE_INFINITY) - (a.own ?? Number.POSITIVE_INFINITY),
  )[0];
  if (longest?.own === undefined || longest.own >= bytes(limit)) return [];
  const { entry, version, own } = longest;
  const message = `is ${limit}, but version "${version.version}" of ${entry} rejects bodies above ${sizeText(own)}; lower it, or set environment.${BODY_LIMIT_VARIABLE} of the version to "${bytes(limit)}"`;
  return [{ path, message }];
}
