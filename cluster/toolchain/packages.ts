import { execa } from "execa";
import { UserError } from "../../common/errors.ts";

/** Debian packages that the node and the image builds need. */
export const debianPackages = [
  ...["runc", "containernetworking-plugins", "iptables", "conntrack", "iproute2", "util-linux", "openssl"],
  ...["buildah", "mmdebstrap", "ca-certificates"],
] as const;

/** The packages that the output of `dpkg-query` does not list as installed. */
export function notInstalled(packages: readonly string[], answer: string): string[] {
  const installed = new Set(
    answer
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** The packages this machine lacks. */
export async function missingPackages(packages: readonly string[] = debianPackages): Promise<string[]> {
  // Exit code 1 means that some are unknown; the others are still listed.
  const { stdout } = await execa(
    "dpkg-query",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    ["--show", "--showformat", "${Package} ${db:Status-Status}\\n", ...packages],
    { reject: false },
  );
  return notInstalled(packages, stdout);
}

/** Installs `packages`. @throws UserError with apt's last error if it fails */
export async function installPackages(packages: readonly string[], report: (line: string) => void): Promise<void> {
  if (packages.length === 0) return;
  await aptGet(["update"], report);
  await aptGet(["install", "--yes", "--no-install-recommends", ...packages], report);
}

async function aptGet(args: readonly string[], report: (line: string) => void): Promise<void> {
  const apt = execa("apt-get", ["--quiet", ...args], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    all: true,
    reject: false,
  });
  let last = "no output";
  for await (const line of apt.iterable({ from: "all" })) {
    if (line.trim() === "") continue;
    report(line);
    if (line.startsWith("E:")) last = line;
  }
  const { exitCode } = await apt;
  if (exitCode === 0) return;
  throw new UserError(
    `apt-get ${args[0]} failed (${last})`,
    "fix what it says (another apt running? no network? an interrupted install: dpkg --configure -a) and try again",
  );
}
