"""Sentiment as a Flask service on Flask's own server, with Prometheus counters; takes the path of the ONNX file."""

import sys
import time

import numpy as np
import onnxruntime
from flask import Flask, jsonify, request
from prometheus_client import Counter, Histogram

REQUESTS = Counter("model_requests_total", "Requests", ["model", "version", "status"])
LATENCY = Histogram("model_request_latency_seconds", "Latency", ["model", "version"])
PREDICTIONS = Counter("model_predictions_total", "Predictions", ["model", "version"])
LABELS = ["negative", "positive"]
NAMES = {"model": "sentiment-classifier", "version": "1"}

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options)
given = session.get_inputs()[0].name
scores = next(output.name for output in session.get_outputs() if "float" in output.type)
app = Flask(__name__)


@app.route("/health")
def health():
    return jsonify({"status": "healthy", **NAMES})


@app.route("/predict", methods=["POST"])
def predict():
    started = time.time()
    try:
        text = request.get_json().get("text", "")
        row = session.run([scores], {given: np.array([text], dtype=object)})[0][0]
        best = int(row.argmax())
        REQUESTS.labels(status="success", **NAMES).inc()
        PREDICTIONS.labels(**NAMES).inc()
        LATENCY.labels(**NAMES).observe(time.time() - started)
        return jsonify({"text": text, "sentiment": LABELS[best], "confidence": float(row[best]), **NAMES})
    except Exception as error:
        REQUESTS.labels(status="error", **NAMES).inc()
        return jsonify({"error": str(error)}), 500


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[2]))
