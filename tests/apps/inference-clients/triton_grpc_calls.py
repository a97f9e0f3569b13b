"""Speaks to the server with NVIDIA's own gRPC client, unmodified, and prints the parsed responses."""

import json
import sys

import numpy as np
import tritonclient.grpc as triton

client = triton.InferenceServerClient(sys.argv[1])
key = {"x-api-key": sys.argv[2]}
heard = {}

heard["live"] = client.is_server_live()
heard["ready"] = client.is_server_ready()
heard["model_ready"] = client.is_model_ready("iris")
heard["version_ready"] = client.is_model_ready("iris", "1")
heard["absent_ready"] = client.is_model_ready("absent")
heard["server_name"] = client.get_server_metadata(headers=key).name
heard["metadata"] = client.get_model_metadata("iris", headers=key, as_json=True)
config = client.get_model_config("iris", headers=key).config
heard["config"] = {
    "name": config.name,
    "backend": config.backend,
    "max_batch_size": config.max_batch_size,
    "input": [[one.name, one.data_type, list(one.dims)] for one in config.input],
    "output": [[one.name, one.data_type, list(one.dims)] for one in config.output],
    "kind": config.instance_group[0].kind,
    "versions": list(config.version_policy.specific.versions),
    "batching": config.WhichOneof("scheduling_choice"),
}

rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
given = triton.InferInput("x", list(rows.shape), "FP32")
given.set_data_from_numpy(rows)
wanted = [triton.InferRequestedOutput("label"), triton.InferRequestedOutput("probabilities")]
for compression in (None, "gzip", "deflate"):
    result = client.infer(
        "iris",
        [given],
        outputs=wanted,
        request_id="from-triton",
        model_version="1",
        headers=key,
        compression_algorithm=compression,
    )
    heard[f"infer {compression}"] = {
        "id": result.get_response().id,
        "label": result.as_numpy("label").tolist(),
        "probabilities": np.round(result.as_numpy("probabilities").sum(axis=1), 4).tolist(),
    }
result = client.infer("iris", [given], outputs=[triton.InferRequestedOutput("probabilities", class_count=1)], headers=key)
heard["classes"] = [text.decode().split(":")[1:] for text in result.as_numpy("probabilities").ravel().tolist()]

texts = np.array(["a good day".encode(), "a bad day".encode()], dtype=np.object_)
given_text = triton.InferInput("text", [2], "BYTES")
given_text.set_data_from_numpy(texts)
heard["texts"] = client.infer("words", [given_text], headers=key).as_numpy("probabilities").argmax(axis=1).tolist()

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
result = client.infer("types", [halves, *others], headers=key)
heard["types"] = {output.name: output.datatype for output in result.get_response().outputs}
heard["halves"] = result.as_numpy("fp16_out").tolist()
heard["strings"] = [text.decode() for text in result.as_numpy("bytes_out").ravel().tolist()]

statistics = client.get_inference_statistics("iris", headers=key).model_stats
heard["statistics"] = [[one.name, one.version, one.inference_stats.success.count] for one in statistics]


def error_of(call):
    try:
        call()
        return None
    except triton.InferenceServerException as error:
        return [error.status(), error.message()]


wrong = triton.InferInput("x", [1, 3], "FP32")
wrong.set_data_from_numpy(np.zeros((1, 3), dtype=np.float32))
heard["errors"] = {
    "shape": error_of(lambda: client.infer("iris", [wrong], headers=key)),
    "absent": error_of(lambda: client.infer("absent", [given], headers=key)),
    "key": error_of(lambda: client.infer("iris", [given])),
    "metadata": error_of(lambda: client.get_model_metadata("absent", headers=key)),
    "deadline": error_of(lambda: client.infer("iris", [given], headers=key, client_timeout=-1)) is not None,
}
print(json.dumps(heard))
