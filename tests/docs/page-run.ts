import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { execa } from "execa";
import { type Checkout, copyCheckout } from "./checkout.ts";
import type { Block } from "./pages.ts";

/** The ports that the pages use: for the server or the gateway, and for a second server. Tests replace them with free ports. */
const FIRST_PORT = /\b8080\b/g;
const SECOND_PORT = /\b8081\b/g;

/** How the blocks of a page are run. */
export interface PageOptions {
  /** The port that replaces 8080. @default a free port */
  readonly port?: string;
  /** Environment variables in addition to those of this process. @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the blocks of one page one after another, in one copy of this checkout. */
export class PageRun {
  readonly #checkout: Checkout;
  readonly #port: string;
  readonly #secondPort: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #background: ReturnType<typeof startShell>[] = [];

  private constructor(checkout: Checkout, ports: readonly [string, string], { environment = {} }: PageOptions) {
    this.#checkout = checkout;
    [this.#port, this.#secondPort] = ports;
    this.#environment = environment;
  }

  static async start(options: PageOptions = {}): Promise<PageRun> {
    const { port = await freePort() } = options;
    return new PageRun(await copyCheckout(), [port, await freePort()], options);
  }

  /** @throws Error with the whole output if the block does not end as its mark says */
  async run(block: Block): Promise<void> {
    if (block.mode === "background") {
      await this.#runInBackground(block);
      return;
    }
    const { exitCode, all } = await this.#shell(block);
    if ((exitCode === 0) === (block.mode === "fails")) throw new Error(`exit code ${exitCode}:\n${all}`);
  }

  /** Ends the background commands, and removes the copy. */
  async end(): Promise<void> {
    for (const command of this.#background) {
      endGroup(command.pid);
      await command;
    }
    await this.#checkout.remove();
  }

  async #runInBackground(block: Block): Promise<void> {
    const command = this.#shell(block, true);
    this.#background.push(command);
    let printed = "";
    const hasStarted = new Promise<boolean>((resolve) => {
      command.all.on("data", (chunk) => {
        printed += chunk;
        if (/https?:\/\//.test(printed)) resolve(true);
      });
      command.then(() => resolve(false));
    });
    if (!(await hasStarted)) throw new Error(`ended before it printed an address:\n${printed}`);
  }

  #shell({ script }: Block, detached = false) {
    const text = script.replace(FIRST_PORT, this.#port).replace(SECOND_PORT, this.#secondPort);
    return startShell(text, this.#checkout.folder, this.#environment, detached);
  }
}

function startShell(script: string, folder: string, environment: Readonly<Record<string, string>>, detached: boolean) {
  return execa("bash", ["--noprofile", "--norc", "-eo", "pipefail"], {
    input: script,
    cwd: folder,
    env: environment,
    detached,
    reject: false,
    all: true,
  });
}

/** Ends a command and everything that it started: npm, its shell and the program share a process group. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch (error) {
    // It has already exited.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}
