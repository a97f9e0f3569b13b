"""Iris on Ray Serve with scikit-learn: one replica, one prediction at a time; takes a folder and the port."""

import signal
import sys

import ray
from iris_model import species_of
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=1)
class Iris:
    async def __call__(self, request: Request) -> dict:
        return species_of(**await request.json())


ray.init(num_cpus=1, include_dashboard=False, _temp_dir=sys.argv[1], logging_level="error")
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2]), "access_log": False})
serve.run(Iris.bind(), route_prefix="/predict", logging_config={"log_level": "ERROR", "enable_access_log": False})
signal.pause()
