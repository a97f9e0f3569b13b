"""Iris as a BentoML service with scikit-learn: one worker, one prediction at a time."""

import bentoml
from iris_model import species_of


@bentoml.service(workers=1)
class Iris:
    @bentoml.api(route="/predict")
    def predict(self, sepal_length: float, sepal_width: float, petal_length: float, petal_width: float) -> dict:
        return species_of(sepal_length, sepal_width, petal_length, petal_width)
