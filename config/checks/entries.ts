import { kubernetesName } from "../../components/kubernetes/names.ts";
import type { StackConfig } from "../schema/stack.ts";

/** The name of a model's entry in the stack: its own, or the model's. */
export function entryName({ name, model }: StackConfig["models"][number]): string {
  return name ?? kubernetesName(model);
}
