import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { KubernetesObject, RenderedObject } from "../../render/rendered.ts";
import type { ObjectChange } from "../objects/change.ts";
import { diffManifests } from "../objects/manifest-diff.ts";
import { compareRenderings } from "../objects/manifests.ts";
import { attribute } from "../objects/pending.ts";
import type { Violation } from "../objects/policies.ts";
import type { Preview } from "../objects/preview.ts";
import { type Rendered, renderBase, renderHead } from "./rendering.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";

export interface ReviewOptions {
  /** Name of the stack. */
  readonly stack: string;
  /** Checkout of the branch that the pull request is to be merged into, with its packages installed. */
  readonly base: string;
  /** Folder of the pull request's stack files; they are read by this program. */
  readonly head: string;
  /** Stack files, relative to either checkout; later ones are merged over earlier ones. */
  readonly files: readonly string[];
  /** The engine's previews, if there are any. */
  readonly preview?: Preview;
  readonly basePreview?: Preview;
  /** Policy violations that the preview found. @default none */
  readonly violations?: readonly Violation[];
}

/** All data for the comment. */
export interface Review {
  readonly stack: string;
  readonly stackFiles: { readonly base: StackFile; readonly head: StackFile };
  readonly rendered: { readonly base: Rendered<KubernetesObject>; readonly head: Rendered<RenderedObject> };
  /** Whether `changes` are the engine's own, from a preview that did not fail. */
  readonly byPreview: boolean;
  /** From the engine's preview, otherwise from the renderings; undefined if neither is available. */
  readonly changes: readonly ObjectChange[] | undefined;
  /** Changes that are pending on the base, but not with the pull request. */
  readonly settled: readonly ObjectChange[];
  readonly preview?: Preview;
  readonly basePreview?: Preview;
  readonly violations: readonly Violation[];
  /** Lines of the manifest diff; undefined if one side cannot be rendered. */
  readonly manifestDiff: readonly string[] | undefined;
}

/** Compares both sides of a pull request: the stack before and after it, and what an update would then do. */
export async function reviewStack(options: ReviewOptions): Promise<Review> {
  const { stack, base, head, files, preview, basePreview } = options;
  const stackFiles = { base: await readStackFile(base, files), head: await readStackFile(head, files) };
  const rendered = {
    base: stackFiles.base.missing ? { objects: [] } : await inFolder((out) => renderBase(base, stack, files, out)),
    head: stackFiles.head.missing ? { objects: [] } : await renderHead(head, stack, files),
  };
  const [before, after] = [rendered.base.objects, rendered.head.objects];
  const compared = before && after && compareRenderings(before, after);
  const byPreview = preview !== undefined && preview.errors.length === 0;
  const { changes, settled } = byPreview
    ? attribute(preview.changes, basePreview?.changes ?? [])
    : { changes: compared, settled: [] };
  return {
    stack,
    stackFiles,
    rendered,
    byPreview,
    changes,
    settled,
    ...(preview === undefined ? {} : { preview }),
    ...(basePreview === undefined ? {} : { basePreview }),
    violations: options.violations ?? [],
    manifestDiff:
      before &&
      after &&
      (await diffManifests(
        before,
        after.map(({ object }) => object),
      )),
  };
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "review-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
