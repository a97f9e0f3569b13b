import { loadStack } from "./config/index.ts";
import { createStack } from "./stack.ts";

// Pulumi maps the stack traces of its promises to sources, which takes a third of the program's time; Node.js needs no maps.
Reflect.deleteProperty(Error, "prepareStackTrace");

const outputs = createStack(loadStack());

/** The namespace of the models, for people and tools that call them. */
export const namespaceName = outputs.namespaceName;

/** The stack's monthly cost, for the minimum and the maximum number of pods that the autoscalers allow. */
export const cost = outputs.cost;
