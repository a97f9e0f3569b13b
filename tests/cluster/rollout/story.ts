import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parseDocument } from "yaml";
import { freePort } from "../../../common/ports.ts";
import { waitFor } from "../../../common/wait.ts";
import { describeSteps, type PreviewStep } from "../../../engine/pulumi/preview.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { pointsOf } from "../../../rollout/demo/curve.ts";
import { Load } from "../../../rollout/demo/load.ts";
import { LocalPrometheus, localUrl } from "../../../rollout/demo/prometheus.ts";
import { demoPath, demoStackFile, MODEL, SCRAPE_SECONDS } from "../../../rollout/demo/stack.ts";
import { type Progress, readProgress } from "../../../rollout/driver/progress.ts";
import {
  type DecisionRecord,
  type NumberedRecord,
  parseRecords,
  type RolloutRecord,
  recordFile,
} from "../../../rollout/records/record.ts";
import { peerLines, peersOn } from "../../../rollout/simulate/trace.ts";
import { type Cluster, destroyStack, local, pulumi, startRollout } from "../support/cluster.ts";

export interface StoryOptions {
  /** Of the stack, its namespace and its path. */
  readonly name: string;
  readonly rollout: Readonly<Record<string, unknown>>;
  readonly requestsPerSecond: number;
}

/** Milliseconds that anything may take; the machine may be busy with other work. */
const TIMEOUT = 10 * 60_000;

/** A stack of its own under load, the rollouts of its model one after the other, and all that is seen of them. */
export class Story {
  readonly cluster: Cluster;
  readonly name: string;
  /** The stack file, in a Git repository of its own. */
  readonly file: string;
  readonly load: Load;
  readonly prometheus: LocalPrometheus;
  readonly #running = new Set<ReturnType<typeof startRollout>>();

  private constructor(
    cluster: Cluster,
    { name, requestsPerSecond }: StoryOptions,
    file: string,
    prometheus: LocalPrometheus,
  ) {
    this.cluster = cluster;
    this.name = name;
    this.file = file;
    this.prometheus = prometheus;
    this.load = new Load({ url: new URL(demoPath(name), cluster.gatewayUrl), requestsPerSecond });
  }

  /** Deploys the stack with Prometheus, and waits until that has counted its requests. */
  static async open(cluster: Cluster, options: StoryOptions): Promise<Story> {
    const folder = path.join(cluster.folder, options.name);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `Pulumi.${options.name}.yaml`);
    const port = await freePort();
    await writeFile(file, await demoStackFile({ ...options, prometheus: localUrl(port) }));
    await git(folder, "init", "--quiet", "--initial-branch=main");
    await git(folder, "config", "user.name", "driver");
    await git(folder, "config", "user.email", "driver@example.com");
    await git(folder, "add", ".");
    await git(folder, "commit", "--quiet", "--message=Describe the stack");
    const prometheus = await LocalPrometheus.open({
      folder: path.join(cluster.folder, `prometheus-${options.name}`),
      state: path.join(cluster.folder, "state"),
      kubectl: cluster.kubectl,
      namespace: options.name,
      port,
      scrapeSeconds: SCRAPE_SECONDS,
    });
    const story = new Story(cluster, options, file, prometheus);
    try {
      await story.up();
      story.load.start();
      await story.eventually("requests in Prometheus", async () => {
        const { all } = await story.ask("start", "--dry-run");
        return / (?!0\.0)\d+\.\d requests a second/.test(all);
      });
    } catch (error) {
      await story.end();
      throw error;
    }
    return story;
  }

  get #place(): string[] {
    return ["--stack", this.name, "--model", MODEL];
  }

  get recordFile(): string {
    return recordFile(this.file, MODEL);
  }

  /** Runs `npm run up` as a person would, and expects success. */
  async up(...args: readonly string[]): Promise<void> {
    const { exitCode, all } = await local("up", "--stack", this.name, "--config-file", this.file, ...args);
    expect(exitCode, all).to.equal(0);
  }

  /** Begins a rollout. */
  async start(): Promise<void> {
    const { exitCode, all } = await this.ask("start");
    expect(exitCode, all).to.equal(0);
  }

  /** Runs a command on the rollout, and waits for its end. */
  ask(command: string, ...args: readonly string[]) {
    return startRollout(command, ...this.#place, ...args);
  }

  /** Approves that the rollout leaves its present step. */
  async approve(): Promise<void> {
    const { exitCode, all } = await this.ask("approve", "--reason", "looked at it");
    expect(exitCode, all).to.equal(0);
  }

  /** Starts a driver that looks often. */
  drive(...args: readonly string[]) {
    const driver = this.ask("run", "--interval", "5", ...args);
    this.#running.add(driver);
    void driver.then(() => this.#running.delete(driver));
    return driver;
  }

  /** Begins a rollout, and drives it to its end. @returns the driver's exit code and output */
  async rollOut() {
    await this.start();
    return this.drive();
  }

  /** The records of the last rollout. */
  async records(): Promise<readonly NumberedRecord[]> {
    const records = parseRecords(await readFile(this.recordFile, "utf8"), this.recordFile);
    return records.slice(records.findLastIndex(({ record }) => record.record === "start"));
  }

  async progress(): Promise<Progress> {
    const progress = readProgress(await this.records(), this.recordFile);
    if (progress === undefined) throw new Error(`${this.name}: no rollout`);
    return progress;
  }

  async decisions(): Promise<readonly DecisionRecord[]> {
    return (await this.records()).flatMap(({ record }) => (record.record === "decision" ? [record] : []));
  }

  /** Waits until something is so. */
  async eventually(what: string, look: () => Promise<boolean>): Promise<void> {
    const found = await waitFor(async () => ((await look()) ? true : undefined), { interval: 200, timeout: TIMEOUT });
    if (found === undefined) throw new Error(`${this.name}: still not ${what} after ${TIMEOUT / 60_000} minutes`);
  }

  /** Waits until the records of the last rollout have one that fits. */
  async until(what: string, fits: (record: RolloutRecord) => boolean): Promise<void> {
    await this.eventually(what, async () => (await this.records()).some(({ record }) => fits(record)));
  }

  /** Waits for further decisions that fit. */
  async more(count: number, fits: (record: DecisionRecord) => boolean = () => true): Promise<void> {
    const { length } = await this.decisions();
    await this.eventually(`${count} more such decisions`, async () => {
      return (await this.decisions()).slice(length).filter(fits).length >= count;
    });
  }

  /** What a preview would change, one line an object. */
  async preview(): Promise<string[]> {
    const { exitCode, stdout, all } = await pulumi("preview", "--json", "--stack", this.name);
    expect(exitCode, all).to.equal(0);
    return describeSteps((JSON.parse(stdout) as { steps?: PreviewStep[] }).steps ?? []);
  }

  /** Changes a setting of the stack file, as a person would. */
  async set(place: readonly (string | number)[], value: unknown): Promise<void> {
    const document = parseDocument(await readFile(this.file, "utf8"));
    document.setIn(["config", ...place], value);
    await writeFile(this.file, document.toString({ lineWidth: 0 }));
  }

  async setting(...place: readonly (string | number)[]): Promise<unknown> {
    return parseDocument(await readFile(this.file, "utf8")).getIn(["config", ...place]);
  }

  /** The canary's weight in the cluster's route. */
  async liveWeight(): Promise<unknown> {
    const [route] = await this.cluster.kubectl.get(["httproute", MODEL, `--namespace=${this.name}`]);
    return route && valueAt(route, "spec.rules.0.backendRefs.1.weight");
  }

  /** Subjects of the commits, the oldest first, without the first one. */
  async commits(): Promise<string[]> {
    const log = await git(path.dirname(this.file), "log", "--reverse", "--format=%s");
    return log.split("\n").slice(1);
  }

  /** Files of the repository that differ from the last commit. */
  uncommitted(): Promise<string> {
    return git(path.dirname(this.file), "status", "--porcelain");
  }

  /** The versions that answer a number of requests, in order. */
  async answeringVersions(requests: number): Promise<string[]> {
    const versions = new Set<string>();
    for (let sent = 0; sent < requests; sent += 1) {
      const response = await fetch(new URL(demoPath(this.name), this.cluster.gatewayUrl), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }),
      });
      await response.arrayBuffer();
      versions.add(response.headers.get("x-model-version") ?? `HTTP ${response.status}`);
    }
    return [...versions].sort();
  }

  /** Prints what the last rollout took, and what the rules of other tools would have done on its requests. */
  async report(title: string): Promise<void> {
    const records = await this.records();
    const { state, ended } = await this.progress();
    const points = pointsOf(records);
    const first = points.findIndex(({ weight }) => weight > 0);
    const minutes = first === -1 ? 0 : ((points.at(-1)?.at ?? 0) - (points[first]?.at ?? 0)) / 60_000;
    const requests = Math.round(state.exposure);
    console.log(`      (${title}: ${ended} after ${minutes.toFixed(1)} minutes and ${requests} requests to it)`);
    for (const line of peerLines(peersOn(records))) console.log(`      (  ${line})`);
  }

  /** Ends everything, and destroys the stack. */
  async end(): Promise<void> {
    for (const driver of this.#running) {
      driver.kill("SIGKILL");
      await driver;
    }
    await this.load.end();
    await this.prometheus.end();
    await destroyStack(this.name);
  }
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa("git", [...args], { cwd });
  return stdout;
}
