import { SourceError } from "../errors.ts";
import type { RemoteFile, SourceContext } from "../remote-file.ts";
import type { Source } from "../source.ts";

export const HTTP_CREDENTIALS = "give SOURCE_TOKEN, or SOURCE_USERNAME and SOURCE_PASSWORD, from a Secret";

/**
 * A file, or the named files of a folder: HTTP has no lists.
 *
 * @throws SourceError if it is a folder, and no files are named
 */
export function listHttp(source: Extract<Source, { kind: "http" }>, context: SourceContext): RemoteFile[] {
  const headers = authorization(context.environment);
  const remote = (url: URL, path: string): RemoteFile => ({ path, request: async () => ({ url, headers }) });
  if (!source.url.pathname.endsWith("/")) {
    const name = decodeURIComponent(source.url.pathname.split("/").at(-1) ?? "");
    return [remote(source.url, name)];
  }
  const { files = [] } = context;
  if (files.length === 0 || files.some((name) => /[*?[\]{}]/.test(name))) {
    throw new SourceError(
      `${context.text} is a folder, which HTTP cannot list: name its files without wildcards, such as model.onnx`,
    );
  }
  return files.map((name) => {
    const url = new URL(source.url);
    url.pathname += name.split("/").map(encodeURIComponent).join("/");
    return remote(url, name);
  });
}

/** The header for `SOURCE_TOKEN`, or for `SOURCE_USERNAME` and `SOURCE_PASSWORD`. */
export function authorization({
  SOURCE_TOKEN: token,
  SOURCE_USERNAME: user,
  SOURCE_PASSWORD: password,
}: NodeJS.ProcessEnv): Record<string, string> {
  if (token) return { authorization: `Bearer ${token}` };
  if (user) return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` };
  return {};
}
