"""Unloads and loads a model with NVIDIA's own HTTP client, unmodified, and prints the parsed responses."""

import json
import sys

import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])


def states():
    return {model["name"]: model["state"] for model in client.get_model_repository_index()}


heard = {"before": states()}
client.unload_model("iris")
heard["unloaded"] = states()
heard["unloaded_ready"] = client.is_model_ready("iris")
client.load_model("iris")
heard["loaded"] = states()
heard["loaded_ready"] = client.is_model_ready("iris")
client.unload_model("iris", unload_dependents=True)
heard["unloaded_with_dependents"] = states()
try:
    client.load_model("absent")
except triton.InferenceServerException as error:
    heard["absent"] = [error.status(), error.message()]

print(json.dumps(heard))
