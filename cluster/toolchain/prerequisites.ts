import { statfs } from "node:fs/promises";
import { execa } from "execa";
import { lastLine, UserError } from "../../common/errors.ts";
import { goEnvironment } from "./build.ts";
import { moduleFolder, type ToolPlace } from "./tool.ts";
import { tools } from "./tools.ts";

const gibibyte = 1024 ** 3;
/** Measured: 6 GiB of source modules, 8.5 of Go's build cache (removed at the end), 0.9 of binaries. */
const toolchainGibibytes = 16;
/** The same for one small tool. */
const smallToolGibibytes = 3;
/** Minutes up to which a build counts as small. */
const smallToolMinutes = 2.5;

/** Facts about the machine. */
export interface MachineProbe {
  readonly platform: string;
  readonly userId: number | undefined;
  readonly aptGet: boolean;
}

/** Reads the facts of this machine. */
export async function probeMachine(): Promise<MachineProbe> {
  const apt = await execa("apt-get", ["--version"], { reject: false });
  return { platform: process.platform, userId: process.getuid?.(), aptGet: apt.exitCode === 0 };
}

/** Checks what the embedded cluster requires. @throws UserError naming the first missing thing */
export function checkMachine({ platform, userId, aptGet }: MachineProbe): void {
  const elsewhere = "or use a cluster you have: npm run up -- --context NAME";
  if (platform !== "linux")
    throw new UserError(`the embedded cluster needs Linux, this is ${platform}`, `use a Linux machine, ${elsewhere}`);
  if (userId !== 0)
    throw new UserError(
      "the embedded cluster needs root: it creates namespaces, mounts and cgroups",
      `run it with sudo, ${elsewhere}`,
    );
  if (!aptGet)
    throw new UserError(
      "apt-get is missing: the embedded cluster installs Debian packages",
      `use Debian or a derivative, ${elsewhere}`,
    );
}

/** Checks that the installed Go can build every module. @throws UserError if there is none or it is too old */
export async function checkGo(
  run: () => Promise<{ found: boolean; exitCode: number | undefined; stderr: string }> = askGo,
): Promise<void> {
  const { found, exitCode, stderr } = await run();
  if (!found)
    throw new UserError(
      "Go is missing: it builds the cluster's tools",
      "install Go 1.26 or newer (go.dev/dl) and put it on PATH",
    );
  if (exitCode !== 0) {
    throw new UserError(
      `this Go cannot build the cluster's tools (${lastLine(stderr)})`,
      "install Go 1.26 or newer (go.dev/dl) and put it on PATH",
    );
  }
}

async function askGo(): Promise<{ found: boolean; exitCode: number | undefined; stderr: string }> {
  // In a module folder, Go compares its version with the one in go.mod, or downloads that version if this is allowed.
  const result = await execa("go", ["list", "-m"], {
    cwd: moduleFolder(tools.kubernetes),
    env: goEnvironment(""),
    extendEnv: false,
    reject: false,
  });
  return { found: result.code !== "ENOENT", exitCode: result.exitCode, stderr: result.stderr };
}

/** Checks that `folder`'s disk has room for building `missing`. @throws UserError if it has not */
export async function checkDisk(
  folder: string,
  missing: readonly ToolPlace[],
  freeBytes: (folder: string) => Promise<number> = diskFree,
): Promise<void> {
  const minutes = missing.reduce((sum, { tool }) => sum + tool.minutes, 0);
  const needed = minutes > smallToolMinutes ? toolchainGibibytes : smallToolGibibytes;
  const free = (await freeBytes(folder)) / gibibyte;
  if (free < needed) {
    throw new UserError(
      `${folder} has ${free.toFixed(1)} GiB free, building the tools needs ${needed} GiB`,
      "free some space, or set ML_PLATFORM_CACHE to a folder on a larger disk",
    );
  }
}

async function diskFree(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
