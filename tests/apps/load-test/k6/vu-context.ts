import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { MetricKind, Sample } from "./thresholds.ts";

/** Input of the thread of a virtual user. */
export interface VuData {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly plan: { readonly iterations: number } | { readonly seconds: number };
  /** Sends requests to the main thread and receives the responses. */
  readonly answers: MessagePort;
  /** The first element is 1 when a response has arrived. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

/** Message of a virtual user. */
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

/** The part of k6's Response that the load test uses. */
export interface HttpAnswer {
  /** 0 if there was no response. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly error: string;
  /** Milliseconds. */
  readonly duration: number;
}

export const data = workerData as VuData;

let isInit = true;

/** Marks the script as loaded. */
export function endInit(): void {
  isInit = false;
}

/** @throws Error if k6 would not allow this in the current context */
export function allowedIn(context: "init" | "vu", what: string): void {
  if (isInit !== (context === "init")) throw new Error(`${what} belongs into the ${context} context`);
}

export function post(message: FromVu): void {
  parentPort?.postMessage(message);
}

/** Records one value of a metric. */
export function emit(metric: string, value: number | boolean, tags: Readonly<Record<string, string>> = {}): void {
  post({ sample: { metric, value: Number(value), tags } });
}

/** Sends a request and blocks until the response arrives, as k6 does. */
export function sendAndWait(request: HttpRequest): HttpAnswer {
  const { answers, signal } = data;
  Atomics.store(signal, 0, 0);
  answers.postMessage(request);
  Atomics.wait(signal, 0, 0);
  return receiveMessageOnPort(answers)?.message as HttpAnswer;
}
