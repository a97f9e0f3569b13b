"""Iris on MLServer with its scikit-learn runtime, all in one process; takes the folder for its settings."""

import json
import pathlib
import sys

import joblib
from iris_model import model as fitted
from mlserver.cli import main

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
joblib.dump(fitted, folder / "model.joblib")
settings = {"debug": False, "host": "127.0.0.1", "http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
(folder / "settings.json").write_text(json.dumps({**settings, "parallel_workers": 0}))
model = {"name": "iris", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "./model.joblib"}}
(folder / "model-settings.json").write_text(json.dumps(model))
sys.argv = ["mlserver", "start", str(folder)]
main()
