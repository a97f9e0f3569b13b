import path from "node:path";
import { UserError } from "../../registry/index.ts";
import { internal } from "../errors.ts";
import { readTable, type Table } from "../input/table.ts";
import { readClasses, readColumns, readQuantities } from "../input/tabular-rows.ts";
import { completeSchema, readSchemaFile, type SchemaHints, type TabularSchema } from "../input/tabular-schema.ts";
import { accuracy, macroF1, mostProbable, regressionErrors } from "../learn/scores.ts";
import { groupFolds, type Split } from "../learn/split.ts";
import type { TabularModel } from "../learn/tabular/model.ts";
import { runTabular } from "../onnx/run-tabular.ts";
import { featuresOf, fitTabular, type TabularData, TabularParameters } from "./tabular-fit.ts";
import type { Task, TrainedModel } from "./task.ts";

/** One row in five is held out. */
const FOLDS = 5;

/** Any table → a class or a number: a forest or a linear model of numeric and categorical columns. */
export const tabular: Task<TabularParameters> = {
  name: "tabular",
  model: "tabular",
  parameters: TabularParameters,
  sample: "customers.csv",
  takesData: true,
  async train(context) {
    const { parameters, seed, log } = context;
    const file = context.file ?? internal("tabular needs a data file");
    const table = await readTable(file, []);
    const schema = completeSchema(table, await hintsOf(parameters, file), (column, different) =>
      log.event("column left out", { column, different }),
    );
    log.event("schema", {
      target: schema.target,
      problem: schema.problem,
      numeric: schema.numeric.join(","),
      categorical: schema.categorical.join(","),
    });
    const columns = readColumns(table, schema);
    const { classes, targets } =
      schema.problem === "classification"
        ? readClasses(table, schema.target)
        : { classes: [], targets: readQuantities(table, schema.target) };
    const learner =
      parameters.algorithm === "forest"
        ? "random forest"
        : classes.length > 0
          ? "logistic regression"
          : "ridge regression";
    const data = {
      schema,
      columns,
      targets,
      classes,
      description: `${schema.target} from ${columnCount(schema)} columns: ${learner}`,
    };
    const split = holdOut(table, data, seed);
    const measured = await fitTabular(data, split.train, context, "measure");
    const metrics = await measure(measured.graph, data, split.test);
    log.event("measured", { ...metrics, rows: split.test.length });
    const published = parameters.refit ? await fitTabular(data, [...targets.keys()], context, "publish") : measured;
    return {
      graph: published.graph,
      description: data.description,
      ...(metrics["accuracy"] === undefined ? {} : { accuracy: metrics["accuracy"] }),
      metrics,
      data: { sha256: table.sha256, rows: targets.length, trainRows: split.train.length, testRows: split.test.length },
      signature: signatureOf(data, published.model),
    };
  },
};

async function hintsOf(parameters: TabularParameters, file: string): Promise<SchemaHints> {
  const fromFile = parameters.schema ? await readSchemaFile(path.resolve(path.dirname(file), parameters.schema)) : {};
  const numeric = parameters.numeric.split(",").filter(Boolean);
  const categorical = parameters.categorical.split(",").filter(Boolean);
  return {
    ...fromFile,
    ...(parameters.target && { target: parameters.target }),
    ...(parameters.problem !== "auto" && { problem: parameters.problem }),
    ...(numeric.length > 0 && { numeric }),
    ...(categorical.length > 0 && { categorical }),
  };
}

function columnCount({ numeric, categorical }: TabularSchema): number {
  return numeric.length + categorical.length;
}

/** Holds out whole groups of equal rows, so that no held-out row was trained on. */
function holdOut(table: Table, { targets, classes, schema }: TabularData, seed: number): Split {
  const { file } = table;
  const groups = table.rows.map(({ fields }) => JSON.stringify(fields));
  const [split] = groupFolds(groups, classes.length > 0 ? targets : new Float64Array(targets.length), FOLDS, seed);
  if (!split || split.train.length === 0 || split.test.length === 0)
    throw new UserError(
      `${file}: ${targets.length} rows are too few to hold some out; at least ${FOLDS} different rows are needed`,
    );
  for (const rows of [split.train, split.test]) {
    const missing = classes.find((_, index) => !rows.some((row) => targets[row] === index));
    if (missing === undefined) continue;
    throw new UserError(
      `${file}: too few rows where ${schema.target} is ${missing} to hold some out; each class needs at least ${FOLDS} different ones`,
    );
  }
  return split;
}

async function measure(graph: Uint8Array, data: TabularData, rows: readonly number[]): Promise<Record<string, number>> {
  const truth = Float64Array.from(rows, (row) => data.targets[row] ?? 0);
  const answers = await runTabular(graph, data.columns, rows);
  const { length } = data.classes;
  if (length > 0) {
    const predicted = mostProbable(Float64Array.from(answers), length);
    return { accuracy: accuracy(predicted, truth), f1: macroF1(predicted, truth, length) };
  }
  const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
  const { mae, rmse } = regressionErrors(answers, truth);
  const spread = regressionErrors(
    truth.map(() => mean),
    truth,
  ).rmse;
  return { mae, rmse, r2: spread > 0 ? 1 - (rmse / spread) ** 2 : 0 };
}

function signatureOf({ schema, classes }: TabularData, { encoding }: TabularModel): TrainedModel["signature"] {
  const { names } = featuresOf(schema);
  const inputs: TrainedModel["signature"]["inputs"] = [
    { name: "features", datatype: schema.categorical.length > 0 ? "BYTES" : "FP32", shape: [-1, names.length] },
  ];
  const categories = Object.fromEntries(
    schema.categorical.map((name, k) => [name, [...(encoding.categories[k] ?? [])]]),
  );
  const features = { features: names, categories };
  if (classes.length === 0) {
    const outputs = [{ name: "prediction", datatype: "FP32" as const, shape: [-1, 1] }];
    return { kind: "regression", inputs, outputs, ...features };
  }
  return {
    kind: "tabular-classification",
    inputs,
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probabilities", datatype: "FP32", shape: [-1, classes.length] },
    ],
    ...features,
    labels: [...classes],
  };
}
