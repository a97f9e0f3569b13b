"""The model of the Python services: logistic regression by scikit-learn."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

dataset = load_iris()
model = LogisticRegression(max_iter=200).fit(dataset.data, dataset.target)


def species_of(sepal_length: float, sepal_width: float, petal_length: float, petal_width: float) -> dict:
    """The answer to one flower."""
    index = int(model.predict(np.array([[sepal_length, sepal_width, petal_length, petal_width]]))[0])
    return {"species_index": index, "species_name": str(dataset.target_names[index])}
