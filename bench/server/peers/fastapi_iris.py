"""Iris as a FastAPI service with scikit-learn: a typed request, one prediction at a time."""

from fastapi import FastAPI, HTTPException
from iris_model import species_of
from pydantic import BaseModel


class Measurements(BaseModel):
    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Species(BaseModel):
    species_index: int
    species_name: str


app = FastAPI()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict", response_model=Species)
def predict(measured: Measurements):
    try:
        return Species(**species_of(**measured.model_dump()))
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error))
