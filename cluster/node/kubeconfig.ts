import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";

/** Name of cluster, user and context in every kubeconfig of the embedded cluster. */
export const contextName = "ml-platform";

/** The content of a kubeconfig; certificates and key are PEM text. */
export interface Credentials {
  readonly server: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** The kubeconfig of one client certificate as YAML, with everything embedded. */
export function kubeconfigText({ server, authority, certificate, key }: Credentials): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: contextName, cluster: { server, "certificate-authority-data": base64(authority) } }],
      users: [
        { name: contextName, user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) } },
      ],
      contexts: [{ name: contextName, context: { cluster: contextName, user: contextName } }],
      "current-context": contextName,
    },
    { lineWidth: 0 },
  );
}

/** Writes `path` (0600, atomically) for the certificate `name` of the folder `pki`, against the API server at `server`. */
export async function writeKubeconfig(path: string, pki: string, name: string, server: string): Promise<void> {
  const [authority, certificate, key] = await Promise.all(
    ["ca.crt", `${name}.crt`, `${name}.key`].map((file) => readFile(join(pki, file), "utf8")),
  );
  const text = kubeconfigText({ server, authority: authority ?? "", certificate: certificate ?? "", key: key ?? "" });
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
