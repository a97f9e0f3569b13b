"""Exports models with the defaults of the usual tools, and asks ONNX Runtime for Python what each answers.

python3 exports.py FOLDER: writes the models below FOLDER, and FOLDER/cases.json with a request and the answer of each.
"""

import base64
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnx_ir
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxscript import FLOAT, script
from onnxscript import opset18 as op

warnings.filterwarnings("ignore")
ROOT = Path(sys.argv[1])
CASES = []
DATATYPES = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(int8)": "INT8",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}


def encode(name, datatype, array):
    data = [str(x) for x in array.ravel()] if datatype == "BYTES" else base64.b64encode(array.tobytes()).decode()
    return {"name": name, "datatype": datatype, "shape": list(array.shape), "data": data}


def encode_output(value, name, answer):
    if isinstance(answer, list):
        # A list of maps from class to probability.
        rows = [{str(key): float(one) for key, one in row.items()} for row in answer]
        return {"name": name, "maps": rows}
    return encode(name, DATATYPES[value.type], answer)


def with_locale(path):
    """The graph with a locale that this machine has: en_US, the operator's default, may be missing."""
    model = onnx.load(path)
    for node in model.graph.node:
        if node.op_type == "StringNormalizer":
            for attribute in [one for one in node.attribute if one.name == "locale"]:
                node.attribute.remove(attribute)
            node.attribute.append(helper.make_attribute("locale", "C.UTF-8"))
    return model.SerializeToString()


def case(name, path, feeds, location=None, classes=None):
    """A model at a path below ROOT; `location` is what is imported, if it is not the graph itself; `classes` are the names that
    the scores of a classifier should have, if they are a tensor."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options)
    except Exception as error:
        if "construct locale" not in str(error):
            raise
        session = onnxruntime.InferenceSession(with_locale(path), options)
    answers = session.run(None, feeds)
    types = {value.name: DATATYPES[value.type] for value in session.get_inputs()}
    CASES.append(
        {
            "name": name,
            "path": str(location or path),
            "inputs": [encode(key, types[key], array) for key, array in feeds.items()],
            "outputs": [encode_output(value, value.name, one) for value, one in zip(session.get_outputs(), answers)],
            **({} if classes is None else {"classes": [str(one) for one in classes]}),
        }
    )


def exported(name, model, feeds, classes=None):
    path = ROOT / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    case(name, path, feeds, classes=classes)


def scikit_learn():
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.cluster import KMeans
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import load_diabetes, load_iris
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import (
        AdaBoostClassifier,
        BaggingClassifier,
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        GradientBoostingRegressor,
        IsolationForest,
        RandomForestClassifier,
        RandomForestRegressor,
        VotingClassifier,
    )
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import GaussianNB, MultinomialNB
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from sklearn.svm import SVC, SVR
    from sklearn.tree import DecisionTreeClassifier

    x, y = load_iris(return_X_y=True)
    x = x.astype(np.float32)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    rows = x[::29]
    few = {"n_estimators": 10, "random_state": 0}
    classifiers = [
        LogisticRegression(max_iter=500),
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(**few),
        ExtraTreesClassifier(**few),
        GradientBoostingClassifier(**few),
        AdaBoostClassifier(**few),
        BaggingClassifier(**few),
        KNeighborsClassifier(),
        GaussianNB(),
        MLPClassifier(max_iter=50, random_state=0),
        SVC(probability=True, random_state=0),
        LinearDiscriminantAnalysis(),
        OneVsRestClassifier(LogisticRegression(max_iter=500)),
        CalibratedClassifierCV(SGDClassifier(random_state=0), cv=3),
        VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier(random_state=0))], voting="soft", flatten_transform=False),
    ]
    for number, model in enumerate(classifiers):
        # Every other one with names of classes instead of numbers.
        model.fit(x, names if number % 2 else y)
        name = f"{type(model).__name__}.{number}"
        exported(name, to_onnx(model, x[:1]), {"X": rows})
        # The option that many turn on because maps are slow.
        model.fit(x, names)
        exported(f"{name}.tensors", to_onnx(model, x[:1], options={"zipmap": False}), {"X": rows}, model.classes_)
    gaps = np.where(np.random.default_rng(0).random(x.shape) < 0.2, np.nan, x).astype(np.float32)
    model = make_pipeline(SimpleImputer(), LogisticRegression(max_iter=500)).fit(gaps, names)
    exported("SimpleImputer", to_onnx(model, x[:1]), {"X": gaps[::7]})

    a, b = load_diabetes(return_X_y=True)
    a = a.astype(np.float32)
    regressors = [
        LinearRegression(),
        Ridge(),
        RandomForestRegressor(**few),
        GradientBoostingRegressor(**few),
        KNeighborsRegressor(),
        SVR(),
        MLPRegressor(max_iter=20, random_state=0),
    ]
    for model in regressors:
        exported(type(model).__name__, to_onnx(model.fit(a, b), a[:1]), {"X": a[::90]})
    exported("KMeans", to_onnx(KMeans(3, random_state=0).fit(x), x[:1]), {"X": rows})
    exported("PCA", to_onnx(PCA(2).fit(x), x[:1]), {"X": rows})
    opsets = {"": 18, "ai.onnx.ml": 3}
    exported("IsolationForest", to_onnx(IsolationForest(**few).fit(x), x[:1], target_opset=opsets), {"X": rows})

    texts = ["A good, GOOD film", "bad", "not a good one", "terrible and bad", "I liked it", "Worst ever"] * 5
    labels = ["pos", "neg", "neg", "neg", "pos", "neg"] * 5
    for model in (
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        make_pipeline(CountVectorizer(), MultinomialNB()),
    ):
        model.fit(texts, labels)
        name = type(model[0]).__name__
        exported(name, to_onnx(model, initial_types=[("Text", StringTensorType([None, 1]))]), {"Text": column(texts[:6])})

    import pandas

    table = pandas.DataFrame(
        {
            "Age": np.arange(30, dtype=np.float32),
            "fare_paid": np.arange(30, dtype=np.float32) * 3 % 7,
            "sex": ["male", "female", "female"] * 10,
        }
    )
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["Age", "fare_paid"]), ("words", OneHotEncoder(handle_unknown="ignore"), ["sex"])]
    )
    model = make_pipeline(columns, LogisticRegression()).fit(table, table["Age"] % 3 == 0)
    kinds = [("Age", FloatTensorType([None, 1])), ("fare_paid", FloatTensorType([None, 1]))]
    kinds.append(("sex", StringTensorType([None, 1])))
    feeds = {name: column(table[name].to_numpy()[:5]) for name in table}
    exported("ColumnTransformer", to_onnx(model, initial_types=kinds), feeds)


def texts(array):
    if array.dtype.kind not in "OUS":
        return array
    decoded = [one.decode() if isinstance(one, bytes) else str(one) for one in array.ravel()]
    return np.array(decoded, dtype=object).reshape(array.shape)


def column(values):
    array = np.array(values).reshape(-1, 1)
    return array.astype(object) if array.dtype.kind in "UO" else array.astype(np.float32)


def boosters():
    import lightgbm
    import xgboost
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType
    from sklearn.datasets import load_diabetes, load_iris

    x, y = load_iris(return_X_y=True)
    x = np.where(np.random.default_rng(1).random(x.shape) < 0.2, np.nan, x).astype(np.float32)
    a, b = load_diabetes(return_X_y=True)
    a = a.astype(np.float32)
    few = {"n_estimators": 10, "max_depth": 3, "random_state": 0}
    quiet = {**few, "verbose": -1}
    for name, convert, model, data, target in (
        ("lightgbm-3", convert_lightgbm, lightgbm.LGBMClassifier(**quiet), x, y),
        ("lightgbm-2", convert_lightgbm, lightgbm.LGBMClassifier(**quiet), x, (y == 1).astype(int)),
        ("lightgbm-regression", convert_lightgbm, lightgbm.LGBMRegressor(**quiet), a, b),
        ("xgboost-3", convert_xgboost, xgboost.XGBClassifier(**few), x, y),
        ("xgboost-2", convert_xgboost, xgboost.XGBClassifier(**few), x, (y == 1).astype(int)),
        ("xgboost-regression", convert_xgboost, xgboost.XGBRegressor(**few), a, b),
    ):
        model.fit(data, target)
        kinds = [("input", FloatTensorType([None, data.shape[1]]))]
        exported(name, convert(model, initial_types=kinds), {"input": data[::11]})


@script()
def gelu(x: FLOAT["N", 4]) -> FLOAT["N", 4]:
    half = op.Constant(value_float=0.5)
    one = op.Constant(value_float=1.0)
    return half * x * (one + op.Erf(x * op.Constant(value_float=0.70710677)))


@script()
def clipped(x: FLOAT["N", "M"]) -> FLOAT["N", "M"]:
    if op.ReduceSum(x, keepdims=0) > op.Constant(value_float=0.0):
        y = op.Relu(x)
    else:
        y = op.Neg(x)
    return y


def scripts():
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    exported("onnxscript-function", gelu.to_model_proto(), {"x": x})
    exported("onnxscript-branches", clipped.to_model_proto(), {"x": x})

    # torch.onnx.export writes models with onnx_ir, the weights beside the graph.
    folder = ROOT / "onnx_ir"
    folder.mkdir()
    model = onnx_ir.from_proto(perceptron())
    onnx_ir.save(model, folder / "model.onnx", external_data="model.onnx.data")
    case("onnx_ir.external-data", folder / "model.onnx", {"x": np.ones((2, 64), np.float32)}, folder)


def perceptron():
    random = np.random.default_rng(0)
    weights = [("w1", (64, 128)), ("b1", (128,)), ("w2", (128, 10)), ("b2", (10,))]
    tensors = [numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name) for name, shape in weights]
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["logits"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 64])
    y = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "perceptron", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def folders():
    """Layouts of other tools around one graph."""
    feeds = {"x": np.ones((2, 64), np.float32)}
    files = ROOT / "one-file-each"
    files.mkdir()
    saved = {"save_as_external_data": True, "all_tensors_to_one_file": False, "size_threshold": 0}
    onnx.save_model(perceptron(), files / "model.onnx", **saved)
    case("external-data-file-for-each-tensor", files / "model.onnx", feeds)

    triton = ROOT / "repository" / "digits" / "1700000000"
    triton.mkdir(parents=True)
    onnx.save_model(perceptron(), triton / "model.onnx")
    labels = "\n".join("zero one two three four five six seven eight nine".split())
    (triton.parent / "digits.txt").write_text(labels + "\n")
    (triton.parent / "config.pbtxt").write_text(
        'platform: "onnxruntime_onnx"\nmax_batch_size: 8\noutput [\n  {\n    name: "logits"\n    data_type: TYPE_FP32\n'
        '    dims: [ 10 ]\n    label_filename: "digits.txt"\n  }\n]\n'
    )
    case("triton", triton / "model.onnx", feeds, ROOT / "repository")

    flow = ROOT / "mlflow"
    flow.mkdir()
    onnx.save_model(perceptron(), flow / "model.onnx")
    (flow / "MLmodel").write_text(
        "artifact_path: model\nflavors:\n  onnx:\n    data: model.onnx\n    onnx_version: 1.18.0\n    providers:\n"
        "    - CPUExecutionProvider\n  python_function:\n    data: model.onnx\n    loader_module: mlflow.onnx\n"
    )
    case("mlflow", flow / "model.onnx", feeds, flow)

    face = ROOT / "hugging-face"
    (face / "onnx").mkdir(parents=True)
    onnx.save_model(perceptron(), face / "onnx" / "model.onnx")
    (face / "config.json").write_text(json.dumps({"id2label": {str(n): f"LABEL_{n}" for n in range(10)}}))
    case("hugging-face", face / "onnx" / "model.onnx", feeds, face)


# Graphs in the package onnx itself: whole models, layers of PyTorch, and tests of operators.
FOLDERS = {
    "simple": ["test_expand_shape_model1", "test_single_relu_model", "test_strnorm_model_monday_casesensintive_lower"],
    "pytorch-converted": ["test_Conv2d_groups", "test_Embedding", "test_MaxPool2d", "test_ConvTranspose2d", "test_LogSoftmax"],
    "pytorch-operator": ["test_operator_chunk", "test_operator_concat2", "test_operator_view", "test_operator_pad"],
}
BOXES = ["suppress_by_IOU", "two_batches", "two_classes", "limit_output_size", "center_point_box_format"]


def shipped():
    data = Path(onnx.__file__).parent / "backend" / "test" / "data"
    for kind, names in FOLDERS.items():
        for name in names:
            folder = data / kind / name
            feeds = {}
            # Graphs of old versions list their weights as inputs, too.
            inputs = onnxruntime.InferenceSession(with_locale(folder / "model.onnx")).get_inputs()
            for number, value in enumerate(inputs):
                tensor = onnx.TensorProto.FromString((folder / "test_data_set_0" / f"input_{number}.pb").read_bytes())
                feeds[value.name] = texts(numpy_helper.to_array(tensor))
            case(name, folder / "model.onnx", feeds)
    from onnx.backend.test.case.node import collect_testcases

    tests = {test.name: test for test in collect_testcases("NonMaxSuppression")}
    for name in BOXES:
        test = tests[f"test_nonmaxsuppression_{name}"]
        ((inputs, _),) = test.data_sets
        exported(test.name, test.model, {value.name: array for value, array in zip(test.model.graph.input, inputs)})
    examples = Path(onnxruntime.__file__).parent / "datasets"
    random = np.random.default_rng(0)
    for name, shape in (("logreg_iris", (3, 2)), ("mul_1", (3, 2)), ("sigmoid", (3, 4, 5))):
        session = onnxruntime.InferenceSession(examples / f"{name}.onnx")
        (value,) = session.get_inputs()
        case(f"onnxruntime.{name}", examples / f"{name}.onnx", {value.name: random.random(shape, np.float32)})


scikit_learn()
boosters()
scripts()
folders()
shipped()
(ROOT / "cases.json").write_text(json.dumps(CASES))
