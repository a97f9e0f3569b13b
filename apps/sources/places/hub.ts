import { z } from "zod";
import { SourceError } from "../errors.ts";
import { getText } from "../http.ts";
import type { RemoteFile, SourceContext } from "../remote-file.ts";
import type { Source } from "../source.ts";

type HubSource = Extract<Source, { kind: "hf" }>;

export const HUB_CREDENTIALS = "give HF_TOKEN from a Secret, and accept the terms of the model if it has any";

const Revision = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });
const Tree = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.int().min(0),
    oid: z.string(),
    /** Of files in Git LFS. Its `oid` is the SHA-256 of the content. */
    lfs: z.object({ oid: z.string(), size: z.int().min(0) }).optional(),
  }),
);

/**
 * The files of a model repository of the Hugging Face Hub, or of another server with its API (`HF_ENDPOINT`), at the commit
 * that the revision is now.
 *
 * @see https://huggingface.co/docs/hub/api
 * @throws SourceError if there is no such repository, revision or file
 */
export async function listHub(source: HubSource, context: SourceContext): Promise<RemoteFile[]> {
  const endpoint = (context.environment["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  const { repository, revision, path } = source;
  const headers = authorization(context.environment);
  const get = (url: URL) => getText({ url, headers }, context, HUB_CREDENTIALS);
  const api = `${endpoint}/api/models/${repository}`;
  const commit = parse(Revision, await get(new URL(`${api}/revision/${revision}`)), context).sha;
  const found: z.infer<typeof Tree> = [];
  let next: URL | undefined = new URL(`${api}/tree/${commit}?recursive=true`);
  while (next !== undefined) {
    const page = await get(next);
    found.push(...parse(Tree, page, context));
    const [, link] = /<([^>]*)>\s*;\s*rel="next"/.exec(page.headers.get("link") ?? "") ?? [];
    next = link === undefined ? undefined : new URL(link, next);
  }
  const wanted = found.filter((file) => file.type === "file" && isBelow(file.path, path));
  if (wanted.length === 0) {
    throw new SourceError(
      `${context.text}: the repository has no file ${path === "" ? "at all" : path}: check the URL`,
    );
  }
  const isFile = wanted.length === 1 && wanted[0]?.path === path;
  const folder = isFile ? path.split("/").slice(0, -1).join("/") : path;
  return wanted.map(({ path: name, size, oid, lfs }) => {
    const url = new URL(
      `${endpoint}/${repository}/resolve/${commit}/${name.split("/").map(encodeURIComponent).join("/")}`,
    );
    return {
      path: folder === "" ? name : name.slice(folder.length + 1),
      bytes: lfs?.size ?? size,
      digest: lfs === undefined ? { algorithm: "git", value: oid } : { algorithm: "sha256", value: lfs.oid },
      request: async () => ({ url, headers }),
    };
  });
}

function isBelow(file: string, path: string): boolean {
  return path === "" || file === path || file.startsWith(`${path}/`);
}

function authorization({ HF_TOKEN }: NodeJS.ProcessEnv): Record<string, string> {
  return HF_TOKEN ? { authorization: `Bearer ${HF_TOKEN}` } : {};
}

function parse<T>(schema: z.ZodType<T>, { text }: { readonly text: string }, context: SourceContext): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new SourceError(`${context.text}: the server's answer is not that of a Hugging Face Hub: check HF_ENDPOINT`);
  }
}
