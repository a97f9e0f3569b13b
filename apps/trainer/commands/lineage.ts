import { type Lineage, lineageOf, listVersions, readMetadata } from "../../registry/index.ts";
import { UserError } from "../errors.ts";
import { describeMark } from "./summary.ts";

export interface LineageRequest {
  /** Root of the models volume. */
  readonly models: string;
  readonly model: string;
  /** A version number; undefined for the newest, be it marked as worse or not. */
  readonly version: string | undefined;
}

/**
 * Where a version comes from, for a person to read, and the block that carries it into a stack file. Throws `UserError`
 * or `RegistryError` where there is no such version.
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
    ["artefact", `${metadata.artefact.file}, ${metadata.artefact.bytes} bytes, sha256 ${lineage.artefact}`],
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
    ["gate", lineage.worseThan && describeMark(lineage.worseThan)],
  ];
  return [
    `${model} version ${version}`,
    ...facts.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`  ${name.padEnd(9)}${value}`])),
    "",
    "# In the stack file, under models[].versions:",
    ...stackBlock(version, lineage),
  ];
}

/** The version as a stack file lists it. Every scalar is quoted: a commit such as 1e9 is text, not a number. */
function stackBlock(version: string, lineage: Lineage): string[] {
  const { worseThan, ...plain } = lineage;
  const pairs = Object.entries(plain).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [
    `- version: ${JSON.stringify(version)}`,
    "  lineage:",
    ...pairs.map((pair) => `    ${pair}`),
    ...(worseThan === undefined
      ? []
      : [
          `    worseThan: { version: ${JSON.stringify(worseThan.version)}, metric: ${worseThan.metric}, value: ${worseThan.value}, previous: ${worseThan.previous} }`,
          "  # Refused at preview until someone says why it is served all the same:",
          "  # acceptWorse: <reason>",
        ]),
  ];
}
