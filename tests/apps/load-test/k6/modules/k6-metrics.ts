import { allowedIn, emit, say } from "../vu-context.ts";

/** A metric of the script's own that adds up. */
export class Counter {
  readonly #name: string;

  constructor(name: string) {
    allowedIn("init", "a metric");
    this.#name = name;
    say({ metric: name, kind: "counter" });
  }

  add(value: number, tags?: Readonly<Record<string, string>>): void {
    emit(this.#name, value, tags);
  }
}
