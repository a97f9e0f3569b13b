import { UserError } from "../../registry/index.ts";
import { halfPlusTwo } from "./half-plus-two.ts";
import { iris } from "./iris.ts";
import { type GivenParameters, parseParameters } from "./parameters.ts";
import { sentiment } from "./sentiment.ts";
import { tabular } from "./tabular.ts";
import type { Parameters, Task, TrainedModel, TrainingContext } from "./task.ts";
import { timeseries } from "./timeseries.ts";

/** A task with checked and complete hyper-parameters. */
export interface PreparedTask {
  readonly name: string;
  readonly model: string;
  readonly sample: string | undefined;
  readonly takesData: boolean;
  readonly parameters: Parameters;
  train(context: Omit<TrainingContext<Parameters>, "parameters">): Promise<TrainedModel>;
}

const prepare = {
  sentiment: (...given) => prepared(sentiment, ...given),
  iris: (...given) => prepared(iris, ...given),
  timeseries: (...given) => prepared(timeseries, ...given),
  half_plus_two: (...given) => prepared(halfPlusTwo, ...given),
  tabular: (...given) => prepared(tabular, ...given),
} satisfies Record<string, (...given: GivenParameters) => PreparedTask>;

export const TASK_NAMES: readonly string[] = Object.keys(prepare);

/**
 * Finds a task by name and checks its hyper-parameters. Those that are not given are taken from `environment` (n_estimators
 * from N_ESTIMATORS), then from the defaults.
 *
 * @throws UserError if a name is unknown or a value is out of range
 */
export function prepareTask(
  name: string,
  given: Parameters,
  environment: Readonly<Record<string, string | undefined>> = {},
): PreparedTask {
  const found = Object.entries(prepare).find(([known]) => known === name);
  if (!found) throw new UserError(`there is no task ${name}; the tasks are ${TASK_NAMES.join(", ")}`);
  return found[1](given, environment);
}

function prepared<P extends Parameters>(task: Task<P>, ...given: GivenParameters): PreparedTask {
  const parameters = parseParameters(task, ...given);
  return {
    name: task.name,
    model: task.model,
    sample: task.sample,
    takesData: task.takesData,
    parameters,
    train: (context) => task.train({ ...context, parameters }),
  };
}
