import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { hostAddress, nodeAddress, nodeName } from "./layout.ts";

const days = "3650";

interface Certificate {
  readonly name: string;
  readonly authority: "ca" | "front-proxy-ca";
  /** OpenSSL subject; O is the Kubernetes group, CN the user. */
  readonly subject: string;
  readonly use: "clientAuth" | "serverAuth";
  readonly alternativeNames?: string;
}

const client = (name: string, subject: string): Certificate => ({ name, authority: "ca", subject, use: "clientAuth" });

const certificates: readonly Certificate[] = [
  {
    name: "apiserver",
    authority: "ca",
    subject: "/CN=kube-apiserver",
    use: "serverAuth",
    alternativeNames: [
      ...["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"],
      "localhost",
    ]
      .map((name) => `DNS:${name}`)
      .concat(["127.0.0.1", "10.96.0.1", nodeAddress, hostAddress].map((address) => `IP:${address}`))
      .join(","),
  },
  client("apiserver-kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
  client("admin", "/O=system:masters/CN=ml-platform-admin"),
  client("controller-manager", "/CN=system:kube-controller-manager"),
  client("scheduler", "/CN=system:kube-scheduler"),
  client("kube-proxy", "/CN=system:kube-proxy"),
  client("kubelet", `/O=system:nodes/CN=system:node:${nodeName}`),
  client("provisioner", "/CN=ml-platform:provisioner"),
  { name: "front-proxy-client", authority: "front-proxy-ca", subject: "/CN=front-proxy-client", use: "clientAuth" },
];

/**
 * Creates the cluster's certificate authorities, certificates and service-account key in the folder `pki`, valid for ten years.
 * Done once per cluster. The folder appears in one step, so an interrupted run leaves no partial one.
 */
export async function ensureCertificates(pki: string): Promise<void> {
  if (await stat(pki).catch(() => undefined)) return;
  const work = `${pki}.new`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  const openssl = (...args: string[]) => execa("openssl", args, { cwd: work });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

  for (const name of ["ca", "front-proxy-ca"]) {
    const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"];
    await openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
      "-subj",
      `/CN=ml-platform-${name}`,
      "-days",
      days,
      ...usage,
    );
  }
  for (const { name, authority, subject, use, alternativeNames } of certificates) {
    const extensions = [`extendedKeyUsage=${use}`, "keyUsage=critical,digitalSignature,keyEncipherment"];
    if (alternativeNames) extensions.push(`subjectAltName=${alternativeNames}`);
    await writeFile(join(work, `${name}.ext`), `${extensions.join("\n")}\n`);
    await openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
    await openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, "-days", days, "-extfile", `${name}.ext`],
      ...["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`, "-CAcreateserial"],
    );
    await Promise.all(["csr", "ext"].map((kind) => rm(join(work, `${name}.${kind}`))));
  }
  await openssl("genrsa", "-out", "service-account.key", "2048");
  await openssl("rsa", "-in", "service-account.key", "-pubout", "-out", "service-account.pub");
  await rename(work, pki);
}
