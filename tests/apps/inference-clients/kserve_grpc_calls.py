"""Speaks to the server with KServe's own gRPC client, unmodified, and prints the parsed responses."""

import asyncio
import json
import sys

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest

rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)


async def main():
    heard = {}
    client = InferenceGRPCClient(sys.argv[1], retries=0)
    headers = [("x-api-key", sys.argv[2])]
    heard["live"] = await client.is_server_live(headers=headers)
    heard["ready"] = await client.is_server_ready(headers=headers)
    heard["model_ready"] = await client.is_model_ready("iris", headers=headers)
    for binary in (True, False):
        given = InferInput(name="x", shape=list(rows.shape), datatype="FP32")
        given.set_data_from_numpy(rows, binary_data=binary)
        request = InferRequest(model_name="iris", infer_inputs=[given], request_id="from-kserve")
        answer = await client.infer(request, headers=headers)
        heard["raw" if binary else "contents"] = {
            "id": answer.id,
            "model": answer.model_name,
            "label": next(o for o in answer.outputs if o.name == "label").as_numpy().tolist(),
        }
    try:
        await client.infer(InferRequest(model_name="absent", infer_inputs=[given]), headers=headers)
    except grpc.RpcError as error:
        heard["error"] = [error.code().name, error.details()]
    await client.close()
    print(json.dumps(heard))


asyncio.run(main())
