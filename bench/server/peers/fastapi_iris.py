"""Iris as a FastAPI service with scikit-learn: a typed request, one prediction at a time."""

import numpy as np
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


class Measurements(BaseModel):
    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Species(BaseModel):
    species_index: int
    species_name: str


dataset = load_iris()
model = LogisticRegression(max_iter=200).fit(dataset.data, dataset.target)
app = FastAPI()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict", response_model=Species)
def predict(measured: Measurements):
    try:
        row = [measured.sepal_length, measured.sepal_width, measured.petal_length, measured.petal_width]
        index = int(model.predict(np.array([row]))[0])
        return Species(species_index=index, species_name=str(dataset.target_names[index]))
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error))
