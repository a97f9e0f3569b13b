import { allowedIn, emit, post } from "../vu-context.ts";

/** A custom counter of the script. */
export class Counter {
  readonly #name: string;

  constructor(name: string) {
    allowedIn("init", "a metric");
    this.#name = name;
    post({ metric: name, kind: "counter" });
  }

  add(value: number, tags?: Readonly<Record<string, string>>): void {
    emit(this.#name, value, tags);
  }
}
