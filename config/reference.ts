import { z } from "zod";
import { StackSchema } from "./schema/stack.ts";

/** The parts of a JSON schema that the reference is generated from. */
interface Described {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Described>>;
  readonly additionalProperties?: Described | boolean;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
  readonly required?: readonly string[];
}

const INTRODUCTION = `# Configuration of a stack

Every key of \`Pulumi.<stack>.yaml\`, under the project's name (\`ml-platform:canaryWeight\`). Everything is checked before anything is created, and
each error names the path of its setting. **Bold** settings are required. \`npm run docs\` generates this page from the schema.
`;

/** The reference of every setting as Markdown: a section for each key, a row for each setting below it. */
export function configReference(): string {
  const schema = z.toJSONSchema(StackSchema, { io: "input", unrepresentable: "any" }) as Described;
  const sections = Object.entries(schema.properties ?? {}).map(([key, value]) =>
    section(key, value, schema.required?.includes(key) ?? false),
  );
  return `${[INTRODUCTION, ...sections].join("\n")}`;
}

function section(key: string, value: Described, required: boolean): string {
  const rows = settings(value, key).map(
    ([path, setting, wanted]) =>
      `| ${wanted ? `**\`${path}\`**` : `\`${path}\``} | ${typeText(setting)} | ${cell(setting.description ?? "")} |`,
  );
  const table = rows.length === 0 ? [] : ["", "| setting | type | meaning |", "| --- | --- | --- |", ...rows];
  const head = `## ${key}\n\n${value.description ?? ""} (${typeText(value)}${required ? ", required" : ""})`;
  return `${[head, ...table].join("\n")}\n`;
}

/** The settings below one, with their paths and whether they are required. */
function settings(value: Described, path: string): [string, Described, boolean][] {
  if (value.title !== undefined) return [];
  if (value.items !== undefined) return settings(value.items, `${path}[]`);
  if (value.properties !== undefined) {
    return Object.entries(value.properties).flatMap(([key, child]) => [
      [`${path}.${key}`, child, value.required?.includes(key) ?? false] as [string, Described, boolean],
      ...settings(child, `${path}.${key}`),
    ]);
  }
  if (typeof value.additionalProperties === "object") return settings(value.additionalProperties, `${path}.<name>`);
  // None of several alternatives is required on its own.
  return (value.anyOf ?? [])
    .flatMap((choice) => settings(choice, path))
    .map(([place, setting]): [string, Described, boolean] => [place, setting, false]);
}

function typeText(value: Described): string {
  if (value.title !== undefined) return value.title;
  if (value.enum !== undefined) return value.enum.map((choice) => `\`${choice}\``).join(", ");
  if (value.items !== undefined) return `list of ${typeText(value.items)}`;
  if (typeof value.additionalProperties === "object" && value.properties === undefined) {
    return `${typeText(value.additionalProperties)} by name`;
  }
  if (value.anyOf !== undefined) return [...new Set(value.anyOf.map(typeText))].join(" or ");
  return (
    { string: "text", integer: "number", number: "number", boolean: "true or false" }[value.type ?? ""] ?? "settings"
  );
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
