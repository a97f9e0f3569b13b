"""Speaks to the server with NVIDIA's own HTTP client, unmodified, and prints the parsed responses."""

import json
import sys

import numpy as np
import tritonclient.http as triton
from triton_common import ROWS, TEXTS, every_type, health, infer_iris, input_of, wrong_shape

client = triton.InferenceServerClient(sys.argv[1])
heard = health(client)
heard["server_name"] = client.get_server_metadata()["name"]
heard["metadata"] = client.get_model_metadata("iris")
heard["index"] = sorted(model["name"] for model in client.get_model_repository_index())

for binary in (True, False):
    kind = "binary" if binary else "json"
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
    heard[kind] = infer_iris(client, input_of(triton, "x", "FP32", ROWS, binary_data=binary), wanted)
    scores = client.infer("words", [input_of(triton, "text", "BYTES", TEXTS, binary_data=binary)])
    heard[f"texts_{kind}"] = scores.as_numpy("probabilities").argmax(axis=1).tolist()

# If no outputs are listed, the client requests all of them in binary form.
by_default = client.infer("iris", [input_of(triton, "x", "FP32", ROWS)]).get_response()
heard["by_default"] = sorted(output["name"] for output in by_default["outputs"])

a = input_of(triton, "a", "FP32", np.array([[1, 2]], dtype=np.float32))
b = input_of(triton, "b", "FP32", np.array([[3, 4]], dtype=np.float32), binary_data=False)
result = client.infer("pair", [a, b])
heard["pair"] = [result.as_numpy("sum").tolist(), result.as_numpy("product").tolist()]

heard.update(every_type(triton, client))

try:
    client.infer("iris", [wrong_shape(triton)])
except triton.InferenceServerException as error:
    heard["error"] = {"status": error.status(), "message": error.message()}

print(json.dumps(heard))
