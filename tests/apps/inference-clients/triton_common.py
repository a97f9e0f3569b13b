"""What the scripts for NVIDIA's HTTP and gRPC clients have in common; `triton` is the client's module."""

import numpy as np

ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
TEXTS = np.array(["a good day".encode(), "a bad day".encode()], dtype=np.object_)

TYPES = {
    "BOOL": bool, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT8": np.int8,
    "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "FP16": np.float16, "FP32": np.float32,
    "FP64": np.float64, "BYTES": np.object_,
}
VALUES = {"BYTES": [[b"one", b""]], "FP16": [[0.5, 1.5]]}


def input_of(triton, name, datatype, values, **options):
    """An input of the request with these values."""
    tensor = triton.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values, **options)
    return tensor


def health(client):
    """What the client says about the server and its models."""
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready("iris"),
        "version_ready": client.is_model_ready("iris", "1"),
        "absent_ready": client.is_model_ready("absent"),
    }


def infer_iris(client, given, outputs, **options):
    """Two flowers, with the id of the request and a version."""
    result = client.infer("iris", [given], outputs=outputs, request_id="from-triton", model_version="1", **options)
    response = result.get_response()
    return {
        "id": response["id"] if isinstance(response, dict) else response.id,
        "label": result.as_numpy("label").tolist(),
        "probabilities": np.round(result.as_numpy("probabilities").sum(axis=1), 4).tolist(),
    }


def every_type(triton, client, **options):
    """A request with an input of each type; the result's arrays."""
    inputs = [
        input_of(triton, datatype.lower(), datatype, np.array(VALUES.get(datatype, [[1, 0]]), dtype=numpy_type))
        for datatype, numpy_type in TYPES.items()
    ]
    result = client.infer("types", inputs, **options)
    response = result.get_response()
    outputs = (
        {output["name"]: output["datatype"] for output in response["outputs"]}
        if isinstance(response, dict)
        else {output.name: output.datatype for output in response.outputs}
    )
    return {
        "types": outputs,
        "halves": result.as_numpy("fp16_out").tolist(),
        "strings": [text.decode() for text in result.as_numpy("bytes_out").ravel().tolist()],
    }


def wrong_shape(triton):
    """An input that iris does not take."""
    return input_of(triton, "x", "FP32", np.zeros((1, 3), dtype=np.float32))
