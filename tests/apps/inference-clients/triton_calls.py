"""Speaks to the server with NVIDIA's own HTTP client, unmodified, and prints the parsed responses."""

import json
import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
heard = {}

heard["live"] = client.is_server_live()
heard["ready"] = client.is_server_ready()
heard["model_ready"] = client.is_model_ready("iris")
heard["version_ready"] = client.is_model_ready("iris", "1")
heard["absent_ready"] = client.is_model_ready("absent")
heard["server_name"] = client.get_server_metadata()["name"]
heard["metadata"] = client.get_model_metadata("iris")
heard["index"] = sorted(model["name"] for model in client.get_model_repository_index())

rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
for binary in (True, False):
    given = triton.InferInput("x", list(rows.shape), "FP32")
    given.set_data_from_numpy(rows, binary_data=binary)
    wanted = [
        triton.InferRequestedOutput("label", binary_data=binary),
        triton.InferRequestedOutput("probabilities", binary_data=binary),
    ]
    result = client.infer("iris", [given], outputs=wanted, request_id="from-triton", model_version="1")
    heard["binary" if binary else "json"] = {
        "id": result.get_response()["id"],
        "label": result.as_numpy("label").tolist(),
        "probabilities": np.round(result.as_numpy("probabilities").sum(axis=1), 4).tolist(),
    }

# If no outputs are listed, the client requests all of them in binary form.
given = triton.InferInput("x", list(rows.shape), "FP32")
given.set_data_from_numpy(rows)
heard["by_default"] = sorted(output["name"] for output in client.infer("iris", [given]).get_response()["outputs"])

texts = np.array(["a good day".encode(), "a bad day".encode()], dtype=np.object_)
for binary in (True, False):
    given = triton.InferInput("text", [2], "BYTES")
    given.set_data_from_numpy(texts, binary_data=binary)
    scores = client.infer("words", [given]).as_numpy("probabilities")
    heard["texts_binary" if binary else "texts_json"] = scores.argmax(axis=1).tolist()

a, b = (triton.InferInput(name, [1, 2], "FP32") for name in ("a", "b"))
a.set_data_from_numpy(np.array([[1, 2]], dtype=np.float32))
b.set_data_from_numpy(np.array([[3, 4]], dtype=np.float32), binary_data=False)
result = client.infer("pair", [a, b])
heard["pair"] = [result.as_numpy("sum").tolist(), result.as_numpy("product").tolist()]

halves = triton.InferInput("fp16", [1, 2], "FP16")
halves.set_data_from_numpy(np.array([[0.5, 1.5]], dtype=np.float16))
others = []
for name, datatype, numpy_type in [
    ("bool", "BOOL", bool), ("uint8", "UINT8", np.uint8), ("uint16", "UINT16", np.uint16),
    ("uint32", "UINT32", np.uint32), ("uint64", "UINT64", np.uint64), ("int8", "INT8", np.int8),
    ("int16", "INT16", np.int16), ("int32", "INT32", np.int32), ("int64", "INT64", np.int64),
    ("fp32", "FP32", np.float32), ("fp64", "FP64", np.float64), ("bytes", "BYTES", np.object_),
]:
    tensor = triton.InferInput(name, [1, 2], datatype)
    values = [[b"one", b""]] if datatype == "BYTES" else [[1, 0]]
    tensor.set_data_from_numpy(np.array(values, dtype=numpy_type))
    others.append(tensor)
result = client.infer("types", [halves, *others])
heard["types"] = {
    output["name"]: output["datatype"] for output in result.get_response()["outputs"]
}
heard["halves"] = result.as_numpy("fp16_out").tolist()
heard["strings"] = [text.decode() for text in result.as_numpy("bytes_out").ravel().tolist()]

try:
    wrong = triton.InferInput("x", [1, 3], "FP32")
    wrong.set_data_from_numpy(np.zeros((1, 3), dtype=np.float32))
    client.infer("iris", [wrong])
except triton.InferenceServerException as error:
    heard["error"] = {"status": error.status(), "message": error.message()}

print(json.dumps(heard))
