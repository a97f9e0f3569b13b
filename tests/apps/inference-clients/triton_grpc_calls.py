"""Speaks to the server with NVIDIA's own gRPC client, unmodified, and prints the parsed responses."""

import json
import sys

import tritonclient.grpc as triton
from triton_common import ROWS, TEXTS, every_type, health, infer_iris, input_of, wrong_shape

client = triton.InferenceServerClient(sys.argv[1])
key = {"x-api-key": sys.argv[2]}
heard = health(client)
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

given = input_of(triton, "x", "FP32", ROWS)
wanted = [triton.InferRequestedOutput("label"), triton.InferRequestedOutput("probabilities")]
for compression in (None, "gzip", "deflate"):
    options = {"headers": key, "compression_algorithm": compression}
    heard[f"infer {compression}"] = infer_iris(client, given, wanted, **options)
result = client.infer("iris", [given], outputs=[triton.InferRequestedOutput("probabilities", class_count=1)], headers=key)
heard["classes"] = [text.decode().split(":")[1:] for text in result.as_numpy("probabilities").ravel().tolist()]

scores = client.infer("words", [input_of(triton, "text", "BYTES", TEXTS)], headers=key)
heard["texts"] = scores.as_numpy("probabilities").argmax(axis=1).tolist()

heard.update(every_type(triton, client, headers=key))

statistics = client.get_inference_statistics("iris", headers=key).model_stats
heard["statistics"] = [[one.name, one.version, one.inference_stats.success.count] for one in statistics]


def error_of(call):
    try:
        call()
        return None
    except triton.InferenceServerException as error:
        return [error.status(), error.message()]


heard["errors"] = {
    "shape": error_of(lambda: client.infer("iris", [wrong_shape(triton)], headers=key)),
    "absent": error_of(lambda: client.infer("absent", [given], headers=key)),
    "key": error_of(lambda: client.infer("iris", [given])),
    "metadata": error_of(lambda: client.get_model_metadata("absent", headers=key)),
    "deadline": error_of(lambda: client.infer("iris", [given], headers=key, client_timeout=-1)) is not None,
}
print(json.dumps(heard))
