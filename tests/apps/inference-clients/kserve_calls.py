"""Speaks to the server with KServe's own inference client, unmodified, and prints the parsed responses."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

url = sys.argv[1]
rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)


async def main():
    heard = {}
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        heard["live"] = await client.is_server_live(url)
        heard["ready"] = await client.is_server_ready(url)
        heard["model_ready"] = await client.is_model_ready(url, "iris")
        heard["absent_ready"] = await client.is_model_ready(url, "absent")
        for binary in (True, False):
            given = InferInput(name="x", shape=list(rows.shape), datatype="FP32")
            given.set_data_from_numpy(rows, binary_data=binary)
            request = InferRequest(model_name="iris", infer_inputs=[given], request_id="from-kserve")
            answer = await client.infer(url, request, model_name="iris")
            heard["binary" if binary else "json"] = {
                "id": answer.id,
                "model": answer.model_name,
                "label": next(o for o in answer.outputs if o.name == "label").as_numpy().tolist(),
            }
    async with InferenceRESTClient(RESTConfig(protocol="v1")) as client:
        heard["v1_ready"] = await client.is_model_ready(url, "half-plus-two")
        heard["v1"] = await client.infer(url, {"instances": [1.0, 2.0, 5.0]}, model_name="half-plus-two")
    print(json.dumps(heard))


asyncio.run(main())
