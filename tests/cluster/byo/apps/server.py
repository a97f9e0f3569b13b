"""A server as another team would write it: it knows nothing of this project but its environment variables."""

import os
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import Counter, make_asgi_app
from pydantic import BaseModel

app = FastAPI()
requests = Counter("http_requests_total", "Requests by status.", ["status"])
app.mount("/metrics", make_asgi_app())


class Instances(BaseModel):
    instances: list[float]


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.post("/half/predict")
@app.post("/predict")
def predict(body: Instances):
    requests.labels("200").inc()
    with open(os.environ["SETTINGS"]) as settings:
        offset = float(settings.read().split("=")[1])
    return {
        "predictions": [x / 2 + offset for x in body.instances],
        "model": os.environ["MODEL_NAME"],
        "version": os.environ["MODEL_VERSION"],
        "server": "fastapi",
    }


@app.get("/events")
def events(seconds: int):
    """A number every second."""

    def numbers():
        for number in range(seconds):
            yield f"data: {number}\n\n"
            time.sleep(1)

    return StreamingResponse(numbers(), media_type="text/event-stream")
