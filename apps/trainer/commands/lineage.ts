import { type Lineage, lineageOf, listVersions, readMetadata, UserError } from "../../registry/index.ts";
import { describeRegression } from "./summary.ts";

export interface LineageRequest {
  /** Root of the models volume. */
  readonly models: string;
  readonly model: string;
  /** A version number; undefined for the newest, even if it is marked as a regression. */
  readonly version: string | undefined;
}

/**
 * Shows where a version comes from, and its block for a stack file.
 *
 * @throws UserError if there is no such version
 */
export async function showLineage(request: LineageRequest): Promise<string[]> {
  const { models, model } = request;
  const versions = await listVersions(models, model);
  const version = request.version ?? versions.at(-1);
  if (version === undefined || !versions.includes(version)) {
    const known = versions.length === 0 ? "it has none" : `it has ${versions.join(", ")}`;
    throw new UserError(
      `model ${model} in ${models} has no version${request.version === undefined ? "" : ` ${request.version}`}; ${known}`,
    );
  }
  const metadata = await readMetadata(models, model, version);
  const lineage = lineageOf(metadata);
  const parameters = Object.entries(metadata.hyperparameters).map(([name, value]) => `${name}=${value}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["trained", `${metadata.created}, in ${metadata.durationSeconds} s`],
    ["task", [metadata.task, ...parameters, `seed=${metadata.seed}`].join(" ")],
    ["data", metadata.data && `${metadata.data.source}, ${metadata.data.rows} rows, sha256 ${metadata.data.sha256}`],
    ["artifact", `${metadata.artifact.file}, ${metadata.artifact.bytes} bytes, sha256 ${lineage.artifact}`],
    ["commit", lineage.commit],
    ["image", lineage.image],
    ["job", lineage.job && [lineage.job, metadata.job?.pod].filter(Boolean).join(", pod ")],
    [
      "metrics",
      Object.entries(metadata.metrics)
        .flatMap(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
    ["parent", lineage.parent && `version ${lineage.parent}`],
    ["gate", lineage.regression && describeRegression(lineage.regression)],
  ];
  return [
    `${model} version ${version}`,
    ...facts.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`  ${name.padEnd(9)}${value}`])),
    "",
    "# In the stack file, under models[].versions:",
    ...stackBlock(version, lineage),
  ];
}

/** The entry of the version in a stack file. Scalars are quoted, so that a commit such as 1e9 is not read as a number. */
function stackBlock(version: string, lineage: Lineage): string[] {
  const { regression, ...plain } = lineage;
  const pairs = Object.entries(plain).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [
    `- version: ${JSON.stringify(version)}`,
    "  lineage:",
    ...pairs.map((pair) => `    ${pair}`),
    ...(regression === undefined
      ? []
      : [
          `    regression: { version: ${JSON.stringify(regression.version)}, metric: ${regression.metric}, value: ${regression.value}, previous: ${regression.previous} }`,
          "  # Rejected at preview unless a reason is given:",
          "  # allowRegression: <reason>",
        ]),
  ];
}
