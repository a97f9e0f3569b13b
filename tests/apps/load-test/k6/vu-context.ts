import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { MetricKind, Sample } from "./thresholds.ts";

/** What a thread is given to be a virtual user. */
export interface VuData {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly plan: { readonly iterations: number } | { readonly seconds: number };
  /** Takes requests and gives answers. */
  readonly answers: MessagePort;
  /** Its first number is 1 once an answer is there. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

/** What a virtual user says. */
export type FromVu =
  | { readonly sample: Sample }
  | { readonly options: unknown }
  | { readonly metric: string; readonly kind: MetricKind };

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** k6's Response, as far as the load test uses it. */
export interface HttpAnswer {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly error: string;
  /** Milliseconds. */
  readonly duration: number;
}

export const data = workerData as VuData;

let isInit = true;

/** The script has been loaded; from now on its function runs. */
export function endInit(): void {
  isInit = false;
}

/** @throws Error, as k6 does, where the script does this while it is loaded, or only later. */
export function allowedIn(context: "init" | "vu", what: string): void {
  if (isInit !== (context === "init")) throw new Error(`${what} belongs into the ${context} context`);
}

export function say(message: FromVu): void {
  parentPort?.postMessage(message);
}

/** Notes one value of a metric. */
export function emit(metric: string, value: number | boolean, tags: Readonly<Record<string, string>> = {}): void {
  say({ sample: { metric, value: Number(value), tags } });
}

/** Sends a request and waits for its answer: a virtual user does one thing after the other. */
export function exchange(request: HttpRequest): HttpAnswer {
  const { answers, signal } = data;
  Atomics.store(signal, 0, 0);
  answers.postMessage(request);
  Atomics.wait(signal, 0, 0);
  return receiveMessageOnPort(answers)?.message as HttpAnswer;
}
