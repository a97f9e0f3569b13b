"""Run as a process by the benchmark: solves the problem in the given folder with scikit-learn."""

import json
import os
import pickle
import re
import statistics
import sys
import time

import numpy as np


def peak_megabytes():
    with open("/proc/self/status", encoding="utf8") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1000


def repeated(run):
    """Medians of repeated runs, for half a second or thirty runs, at least one. The peak is read after the first."""
    peak = None
    times = []
    began = time.perf_counter()
    while True:
        start, before = time.perf_counter(), time.process_time()
        last = run()
        times.append((time.perf_counter() - start, time.process_time() - before))
        peak = peak or peak_megabytes()
        if time.perf_counter() - began >= 0.5 or len(times) == 30:
            wall, cpu = zip(*times)
            return last, wall[0], statistics.median_high(wall), statistics.median_high(cpu), peak


def estimator(problem):
    """The best equivalent of the trainer's model."""
    kind, parameters = problem["kind"], problem["parameters"]
    if kind == "text":
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        words = TfidfVectorizer(ngram_range=(1, int(parameters["ngrams"])), token_pattern=r"(?u)[^\W_]+")
        return make_pipeline(words, LogisticRegression(C=parameters["C"], max_iter=200))
    if kind == "logistic":
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), LogisticRegression(C=parameters["C"], max_iter=200))
    if kind == "line":
        from sklearn.linear_model import LinearRegression

        return LinearRegression()
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest = RandomForestClassifier if kind == "forest classes" else RandomForestRegressor
    return forest(
        n_estimators=int(parameters["trees"]),
        max_depth=int(parameters["depth"]),
        min_samples_leaf=int(parameters["leaf"]),
        max_features=int(parameters["columns"]),
        n_jobs=1,
        random_state=1,
    )


def rows(folder, problem, side):
    y = np.fromfile(os.path.join(folder, f"{side}.y"), dtype=np.float64)
    file = os.path.join(folder, f"{side}.x")
    if problem["kind"] == "text":
        with open(file, encoding="utf8") as lines:
            x = lines.read().split("\n")
    else:
        x = np.fromfile(file, dtype=np.float32).reshape(len(y), -1)
    return x, (y.astype(np.int64) if problem["classes"] else y)


folder = sys.argv[1]
with open(os.path.join(folder, "problem.json"), encoding="utf8") as file:
    problem = json.load(file)
x, y = rows(folder, problem, "train")
model = estimator(problem)
model, first, seconds, cpu, peak = repeated(lambda: model.fit(x, y))
unseen, truth = rows(folder, problem, "test")
answers, _, predict_seconds, _, _ = repeated(lambda: model.predict(unseen))
score = np.mean(answers == truth) if problem["classes"] else np.sqrt(np.mean((answers - truth) ** 2))
print(
    json.dumps(
        {
            "score": float(score),
            "firstFitSeconds": first,
            "fitSeconds": seconds,
            "fitCpuSeconds": cpu,
            "peakMegabytes": peak,
            "modelKilobytes": len(pickle.dumps(model)) / 1000,
            "predictMicroseconds": predict_seconds / len(truth) * 1e6,
        }
    )
)
