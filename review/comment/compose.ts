import { describeChange, type ObjectChange } from "../objects/change.ts";
import { isFields } from "../objects/fields.ts";
import type { Review } from "../sides/review.ts";
import { code, fenceFor, plainLine } from "../text/markdown.ts";
import { describeCost } from "../words/cost.ts";
import { type Danger, dangersOf, rollsPods } from "../words/dangers.ts";
import { describeQuota } from "../words/quota.ts";
import { describeVersions } from "../words/versions.ts";
import { describeWorkloads, workloadsAmong } from "../words/workloads.ts";
import { fitSections, type Section } from "./fit.ts";
import { countChanges, detailChanges, listChanges } from "./objects.ts";

/** Longest comment on GitHub in characters. */
export const COMMENT_LIMIT = 65_536;

/** Longest line of a diff or a message. */
const LONGEST_LINE = 400;

/** First line of the comment of a stack, which identifies it on the next push. */
export function markerOf(stack: string): string {
  return `<!-- ml-platform review of ${stack} -->`;
}

/**
 * What a pull request does to a stack, as Markdown: dangers, changes in words, quota, cost and objects, followed by collapsed
 * sections with each object's fields and the diff of the manifests.
 *
 * @param limit longest comment in characters
 * @param more where the full text is, in case it is shortened
 */
export function composeComment(review: Review, limit: number, more: string): string {
  const { changes = [], settled, manifestDiff = [], stackFiles } = review;
  const [own, pending] = [changes.filter((change) => !change.pending), changes.filter((change) => change.pending)];
  const waiting = [
    ...detailChanges(pending),
    ...settled.map((change) => `- ${code(describeChange(change))}: waits on the base, and no longer with this change`),
  ];
  const head = [markerOf(review.stack), `### Stack ${code(review.stack)}: ${summary(review, own, pending)}`, ""];
  const config = stackFiles.head.config;
  const sections = [
    ...fenced("What is wrong", problemsOf(review), ""),
    ...plain("Do not miss", dangersOf(changes).map(describeDanger)),
    ...plain("Notes", notesOf(review)),
    ...plain("In words", bullets(wordsOf(review, own))),
    ...(config === undefined ? [] : plain("Quota", describeQuota(stackFiles.base.config, config, absent(review)))),
    ...(config === undefined ? [] : plain("Cost", describeCost(stackFiles.base.config, config, absent(review)))),
    ...plain("Objects", listChanges(own)),
    ...folded(`Already pending on the base (${pending.length + settled.length})`, waiting),
    ...folded("Each object, field by field", detailChanges(own)),
    ...fenced("Manifest diff", manifestDiff, "diff"),
  ];
  return fitSections(head, sections, limit, more);
}

function summary({ changes, stackFiles }: Review, own: readonly ObjectChange[], pending: readonly unknown[]): string {
  if (stackFiles.head.missing) return "its file is removed";
  if (changes === undefined) return "what changes cannot be told";
  const before = stackFiles.base.missing ? "new; " : "";
  return `${before}${countChanges(own)}${pending.length === 0 ? "" : ` (${pending.length} more wait on the base already)`}`;
}

/** The errors that prevent the change, unchanged. */
function problemsOf({ stackFiles, rendered, preview, violations }: Review): string[] {
  const { problems } = stackFiles.head;
  // If the stack file is wrong, the program reports the same problems again.
  const failures = problems.length > 0 ? problems : (rendered.head.error?.split("\n") ?? []);
  return [
    ...failures,
    ...violations.filter(({ mandatory }) => mandatory).map(({ text }) => text),
    ...(preview?.errors ?? []).flatMap((error) => error.split("\n")),
  ];
}

function notesOf({ stackFiles, rendered, preview, byPreview, basePreview, violations }: Review): string[] {
  const { base, head } = stackFiles;
  return [
    ...(head.missing
      ? ["- The stack's file is gone: what it has deployed stays there until `pulumi destroy` removes it."]
      : []),
    ...(!base.missing && base.config === undefined
      ? [
          "- The base's stack file does not fit the configuration of this change, so its versions, traffic, quota use and cost are not known:",
          ...base.problems.map((problem) => `  - ${code(problem, LONGEST_LINE)}`),
        ]
      : []),
    ...(rendered.base.error === undefined
      ? []
      : [`- The base cannot be rendered: ${code(rendered.base.error, LONGEST_LINE)}`]),
    ...(byPreview
      ? []
      : [
          `- Told from the manifests of both sides: ${preview === undefined ? "there is no preview, which takes access to the cluster" : "the preview failed"}.`,
        ]),
    ...(byPreview && basePreview === undefined
      ? ["- There is no preview of the base: what already waits there counts as a change of this one."]
      : []),
    ...violations.filter(({ mandatory }) => !mandatory).map(({ text }) => `- Advice: ${code(text, LONGEST_LINE)}`),
    ...(basePreview?.errors ?? []).map((error) => `- The base's preview failed: ${code(error, LONGEST_LINE)}`),
  ];
}

function wordsOf({ stackFiles, rendered, byPreview }: Review, own: readonly ObjectChange[]): string[] {
  const { base, head } = stackFiles;
  const known = head.config !== undefined && (base.missing || base.config !== undefined);
  // Fields that are set only on creation keep their values, even if the rendering differs.
  const setOnce = (rendered.head.objects ?? []).filter(({ ignoreChanges }) => ignoreChanges.includes("spec"));
  const frozen = new Set(setOnce.map(({ object }) => `${object.kind}/${object.metadata.name}`));
  const isFree = ({ kind, name }: { kind: string; name: string }) => !frozen.has(`${kind}/${name}`);
  const before = workloadsAmong(rendered.base.objects ?? []).filter(isFree);
  const after = workloadsAmong((rendered.head.objects ?? []).map(({ object }) => object)).filter(isFree);
  // The rendering has no digests; the preview has the digests of the deployed images.
  const deployed = own.map((change) => change.before).filter(isFields);
  const next = own.map((change) => change.after).filter(isFields);
  const isImage = (fact: string) => fact === "image";
  return [
    ...(known && head.config !== undefined ? describeVersions(base.config, head.config) : []),
    ...(byPreview
      ? [
          ...describeWorkloads(before, after, (fact) => !isImage(fact)),
          ...describeWorkloads(workloadsAmong(deployed), workloadsAmong(next), isImage),
        ]
      : describeWorkloads(before, after)),
    ...named("Images built and pushed", own, ({ kind, action }) => kind === "Image" && action !== "delete"),
    ...named("Pods restart, a few at a time", own, rollsPods),
    ...named("Jobs that run", own, ({ kind, action }) => kind === "Job" && /create|replace/.test(action)),
  ];
}

function named(title: string, changes: readonly ObjectChange[], isMeant: (change: ObjectChange) => boolean): string[] {
  const names = changes.filter(isMeant).map(({ name }) => code(name));
  return names.length === 0 ? [] : [`**${title}:** ${names.join(", ")}.`];
}

const DANGERS: Readonly<Record<Danger["what"], string>> = {
  "data loss": "🛑 **Data loss**",
  downtime: "⚠️ **Downtime**",
  credentials: "⚠️ **Credentials**",
  refused: "⚠️ **Refused**",
};

function describeDanger({ what, change, text }: Danger): string {
  const pending = change.pending ? " (It waits on the base already.)" : "";
  return `- ${DANGERS[what]}: ${code(change.kind)} ${code(change.name)} ${text}.${pending}`;
}

function absent({ stackFiles }: Review): string {
  return stackFiles.base.missing ? "none" : "not known";
}

function bullets(lines: readonly string[]): string[] {
  return lines.map((line) => `- ${line}`);
}

function plain(title: string, lines: readonly string[]): Section[] {
  return lines.length === 0 ? [] : [{ title, lines, open: [`#### ${title}`, ""], close: [""] }];
}

function folded(title: string, lines: readonly string[]): Section[] {
  const open = ["<details>", `<summary>${title}</summary>`, ""];
  return lines.length === 0 ? [] : [{ title, lines, open, close: ["", "</details>", ""] }];
}

/** Preformatted lines: collapsed for a diff, which is long, and expanded for errors. */
function fenced(title: string, lines: readonly string[], language: string): Section[] {
  const shown = lines.map((line) => plainLine(line, LONGEST_LINE));
  const fence = fenceFor(shown);
  const [{ open = [], close = [] } = {}] = language === "diff" ? folded(title, shown) : plain(title, shown);
  return shown.length === 0
    ? []
    : [{ title, lines: shown, open: [...open, `${fence}${language}`], close: [fence, ...close] }];
}
