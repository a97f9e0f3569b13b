"""Run by the benchmark: writes the tables that scikit-learn ships as CSV files into the given folder."""

import csv
import os
import sys

from sklearn import datasets

os.makedirs(sys.argv[1])
for name in ("breast_cancer", "wine", "digits", "diabetes"):
    table = getattr(datasets, f"load_{name}")()
    with open(os.path.join(sys.argv[1], f"{name}.csv"), "w", encoding="utf8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([*table.feature_names, "target"])
        lines.writerows([*row, target] for row, target in zip(table.data.tolist(), table.target.tolist()))
