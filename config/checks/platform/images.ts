import { trainingJobs } from "../../resolve/jobs.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

/** The images of the project that a stack runs somewhere; a stack with images of its own everywhere needs neither. */
export function checkImages(stack: ResolvedStack): ConfigProblem[] {
  const { images } = stack;
  if ("registry" in images) return [];
  const missing = (image: "inference" | "trainer", users: readonly string[]) => {
    const [first, ...more] = users;
    if (first === undefined || images[image] !== undefined) return [];
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    const message = `is missing, and ${first}${others} runs it; give its reference, or give images.registry to build it`;
    return [{ path: `images.${image}`, message }];
  };
  return [...missing("inference", inferenceUsers(stack)), ...missing("trainer", trainerUsers(stack))];
}

/** Paths of what runs the inference server's image: versions without an image, those that fetch their model, the load test. */
function inferenceUsers({ models, loadTest }: ResolvedStack): string[] {
  return [
    ...models.flatMap(({ versions }, index) =>
      versions.flatMap(({ image, source }, position) =>
        image === undefined || source?.imageVolume === false ? [`models[${index}].versions[${position}]`] : [],
      ),
    ),
    ...(loadTest === undefined ? [] : ["loadTest"]),
  ];
}

function trainerUsers({ storage, training }: ResolvedStack): string[] {
  return [
    ...(storage.init === false ? [] : ["storage.init"]),
    ...trainingJobs(training).flatMap(({ path, job }) => (job.image === undefined ? [path] : [])),
  ];
}
