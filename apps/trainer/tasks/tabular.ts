import path from "node:path";
import { UserError } from "../../registry/index.ts";
import { internal } from "../errors.ts";
import { readTable, type Table } from "../input/table/table.ts";
import { readClasses, readColumns, readQuantities } from "../input/tabular-rows.ts";
import {
  completeSchema,
  readSchemaFile,
  rowsWithTarget,
  type SchemaHints,
  type TabularSchema,
} from "../input/tabular-schema.ts";
import { FOLDS, type HeldOut, holdOut } from "../learn/hold-out.ts";
import { accuracy, macroF1, mostProbable, regressionErrors } from "../learn/scores.ts";
import type { TabularModel } from "../learn/tabular/model.ts";
import { logNotes } from "../log.ts";
import { runTabular } from "../onnx/run-tabular.ts";
import { readOptions } from "./parameters.ts";
import { featuresOf, fitTabular, type TabularData, TabularParameters } from "./tabular-fit.ts";
import { describeColumns, describeSplit } from "./tabular-notes.ts";
import type { Task, TrainedModel } from "./task.ts";

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
    const hints = await hintsOf(parameters, file);
    const whole = await readTable(file, [], readOptions(parameters));
    const table = rowsWithTarget(whole, hints.target ?? whole.columns.at(-1) ?? "");
    const { schema, notes, leftOut } = completeSchema(table, hints);
    for (const column of leftOut) log.event("column left out", { column });
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
      missing: schema.categorical.map((column) => table.missing.get(column) ?? []),
    };
    const split = divide(table, data, seed);
    const allNotes = [...table.notes, ...notes, ...describeColumns(table, data), ...describeSplit(split, classes)];
    logNotes(log, allNotes);
    const measured = await fitTabular(data, split.train, context, "measure");
    const metrics = await measure(measured.graph, data, split.test);
    log.event("measured", { ...metrics, rows: split.test.length });
    const published = parameters.refit ? await fitTabular(data, [...targets.keys()], context, "publish") : measured;
    return {
      graph: published.graph,
      description: data.description,
      ...(metrics["accuracy"] === undefined ? {} : { accuracy: metrics["accuracy"] }),
      metrics,
      data: {
        sha256: table.sha256,
        rows: targets.length,
        trainRows: split.train.length,
        testRows: split.test.length,
        ...(allNotes.length > 0 && { notes: allNotes }),
      },
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

/** Holds out a fifth of the rows. */
function divide({ file }: Table, { targets, classes, columns }: TabularData, seed: number): HeldOut {
  if (targets.length < FOLDS)
    throw new UserError(`${file}: ${targets.length} rows are too few to hold some out; at least ${FOLDS} are needed`);
  const strata = classes.length > 0 ? targets : new Float64Array(targets.length);
  const split = holdOut([...columns.numbers, ...columns.words], strata, seed);
  if (split.test.length > 0 && split.train.length > 0) return split;
  throw new UserError(`${file}: no class has ${FOLDS} rows, which are needed to hold one out; give more rows of each`);
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
