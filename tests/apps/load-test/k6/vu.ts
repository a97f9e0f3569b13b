import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { data, emit, endInit, post } from "./vu-context.ts";

/** A virtual user: loads the script with substitutes for the modules of k6, and runs it according to its plan. */
const modules = new Map(
  ["k6", "k6/http", "k6/metrics"].map((name) => [
    name,
    new URL(`./modules/${name.replace("/", "-")}.ts`, import.meta.url).href,
  ]),
);
registerHooks({
  resolve(specifier, context, next) {
    const url = modules.get(specifier);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});

Reflect.set(globalThis, "__ENV", data.env);
const script: { readonly options: unknown; default(): void } = await import(pathToFileURL(data.script).href);
endInit();
const { plan } = data;
if ("iterations" in plan && plan.iterations === 0) post({ options: script.options });
const end = "seconds" in plan ? performance.now() + plan.seconds * 1000 : undefined;
const isOver = (done: number) => ("iterations" in plan ? done >= plan.iterations : performance.now() >= (end ?? 0));
for (let done = 0; !isOver(done); done++) {
  script.default();
  emit("iterations", 1);
}
data.answers.close();
