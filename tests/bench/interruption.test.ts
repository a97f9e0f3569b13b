import { once } from "node:events";
import { expect } from "chai";
import { execa } from "execa";

const module = new URL("../../bench/interruption.ts", import.meta.url).href;

/** Cleans up after an interruption, while a command of execa runs. */
const script = `
  import { execa } from "execa";
  import { interruption } from ${JSON.stringify(module)};
  const interrupted = interruption();
  const work = execa("sleep", ["60"]);
  work.catch(() => undefined);
  console.log("started");
  try {
    await Promise.race([work, interrupted]);
  } catch {
    console.log("cleaning up");
    await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1])));
    console.log("cleaned up");
    work.kill();
  }
`;

describe("Ctrl-C during a benchmark", function () {
  this.timeout(60_000);

  /** The script, which was interrupted, and takes so many milliseconds to clean up. */
  async function interrupted(cleaning: number) {
    const args = ["--input-type=module", "--eval", script, `${cleaning}`];
    const child = execa(process.execPath, args, { reject: false });
    await once(child.stdout, "data");
    child.kill("SIGINT");
    // A child process is a promise of its result, which an async function would wait for.
    return { child };
  }

  it("lets it delete what it has created, also while a command runs", async () => {
    const { child } = await interrupted(200);
    const { stdout } = await child;
    expect(stdout).to.equal("started\ncleaning up\ncleaned up");
  });

  it("ends it at once the second time", async () => {
    const { child } = await interrupted(30_000);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    const { stdout, exitCode } = await child;
    expect(stdout).to.equal("started\ncleaning up");
    expect(exitCode).to.equal(130);
  });
});
