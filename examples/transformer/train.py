"""Trains a small BERT for text classification, and exports it as Hugging Face's tools do.

    python train.py CORPUS.csv FOLDER

CORPUS.csv has the columns text, label and group; one group in five is held out. FOLDER gets model.onnx, tokenizer.json,
tokenizer_config.json and config.json, which `npm run import -- FOLDER --name sentiment-classifier` takes. Prints the held-out
accuracy and what the trained network itself, not the exported graph, says about the texts of the standard input, as JSON.
"""

import csv
import json
import pathlib
import sys
import zlib

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

VOCABULARY, WIDTH, INNER, HEADS, LAYERS, POSITIONS = 3000, 64, 128, 4, 2, 64
EPOCHS, BATCH, RATE, DECAY, DROPOUT, SEED = 8, 64, 1.5e-3, 0.05, 0.1, 1
EPSILON = 1e-12
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def read_corpus(file):
    with open(file, encoding="utf8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    labels = sorted({row["label"] for row in rows})
    held_out = [zlib.crc32(row["group"].encode()) % 5 == 0 for row in rows]
    pick = lambda side: [(row["text"], labels.index(row["label"])) for row, out in zip(rows, held_out) if out == side]
    return labels, pick(False), pick(True)


def train_tokenizer(texts):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    special = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=special)
    tokenizer.enable_truncation(POSITIONS)
    return tokenizer


def encode(tokenizer, texts):
    """Token ids padded to the longest text, and the mask of those that are no padding."""
    encoded = tokenizer.encode_batch(texts)
    ids = np.zeros((len(texts), max(len(one.ids) for one in encoded)), np.int32)
    for row, one in zip(ids, encoded):
        row[: len(one.ids)] = one.ids
    return ids, (ids != 0).astype(np.float32)


def initial(vocabulary, classes):
    random = np.random.default_rng(SEED)
    matrix = lambda *shape: random.normal(0, 0.05, shape).astype(np.float32)
    values = {"word": matrix(vocabulary, WIDTH), "position": matrix(POSITIONS, WIDTH), "type": matrix(2, WIDTH)}
    dense = {"pooler": (WIDTH, WIDTH), "classifier": (WIDTH, classes)}
    norms = ["embedding_norm"]
    for layer in range(LAYERS):
        dense |= {f"{layer}.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value", "output")}
        dense |= {f"{layer}.inner": (WIDTH, INNER), f"{layer}.outer": (INNER, WIDTH)}
        norms += [f"{layer}.attention_norm", f"{layer}.norm"]
    for name, (rows, columns) in dense.items():
        values |= {f"{name}.weight": matrix(rows, columns), f"{name}.bias": np.zeros(columns, np.float32)}
    for name in norms:
        values |= {f"{name}.weight": np.ones(WIDTH, np.float32), f"{name}.bias": np.zeros(WIDTH, np.float32)}
    return values


def forward(values, ids, mask, key=None):
    """Logits; with dropout if there is a key."""
    dense = lambda x, name: x @ values[f"{name}.weight"] + values[f"{name}.bias"]

    def norm(x, name):
        centered = x - x.mean(-1, keepdims=True)
        scaled = centered / jnp.sqrt((centered**2).mean(-1, keepdims=True) + EPSILON)
        return scaled * values[f"{name}.weight"] + values[f"{name}.bias"]

    def drop(x, number):
        if key is None:
            return x
        kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - DROPOUT, x.shape)
        return jnp.where(kept, x / (1 - DROPOUT), 0)

    heads = lambda x: x.reshape(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)
    x = values["word"][ids] + values["position"][: ids.shape[1]] + values["type"][0]
    x = drop(norm(x, "embedding_norm"), 0)
    for layer in range(LAYERS):
        query, keys, value = (heads(dense(x, f"{layer}.{name}")) for name in ("query", "key", "value"))
        scores = query @ keys.transpose(0, 1, 3, 2) / np.sqrt(WIDTH / HEADS) + (mask[:, None, None, :] - 1) * 1e9
        mixed = (jax.nn.softmax(scores) @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + drop(dense(mixed, f"{layer}.output"), 2 * layer + 1), f"{layer}.attention_norm")
        inner = jax.nn.gelu(dense(x, f"{layer}.inner"), approximate=False)
        x = norm(x + drop(dense(inner, f"{layer}.outer"), 2 * layer + 2), f"{layer}.norm")
    return dense(jnp.tanh(dense(x[:, 0], "pooler")), "classifier")


def train(values, ids, mask, targets):
    """Adam with decoupled weight decay and a rate that falls to 0."""
    steps = EPOCHS * (len(ids) // BATCH)
    zeros = jax.tree.map(jnp.zeros_like, values)

    def loss(values, ids, mask, targets, key):
        return -jnp.take_along_axis(jax.nn.log_softmax(forward(values, ids, mask, key)), targets[:, None], 1).mean()

    @jax.jit
    def update(values, first, second, step, rows):
        key = jax.random.fold_in(jax.random.key(SEED), step)
        slopes = jax.grad(loss)(values, ids[rows], mask[rows], targets[rows], key)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
        rate = RATE * jnp.minimum(1, (step + 1) / 50) * (1 - step / steps)
        correct = jnp.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
        move = lambda x, m, v: x - rate * (correct * m / (jnp.sqrt(v) + 1e-8) + DECAY * x)
        return jax.tree.map(move, values, first, second), first, second

    ids, mask, targets = jnp.asarray(ids), jnp.asarray(mask), jnp.asarray(targets)
    random = np.random.default_rng(SEED)
    first = second = zeros
    for epoch in range(EPOCHS):
        order = random.permutation(len(ids))
        for at in range(len(ids) // BATCH):
            step = jnp.float32(epoch * (len(ids) // BATCH) + at)
            rows = order[at * BATCH : (at + 1) * BATCH]
            values, first, second = update(values, first, second, step.astype(jnp.int32), rows)
    return values


def export(values, classes):
    """The network as a graph, with the inputs and the output of an exported BERT."""
    nodes, constants = [], {name: np.asarray(value) for name, value in values.items()}

    def add(op, *inputs, **attributes):
        output = f"{op}_{len(nodes)}"
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def constant(name, value, kind=np.int64):
        constants[name] = np.asarray(value, kind)
        return name

    dense = lambda x, name: add("Add", add("MatMul", x, f"{name}.weight"), f"{name}.bias")
    norm = lambda x, name: add("LayerNormalization", x, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=EPSILON)
    split = constant("split", [0, 0, HEADS, WIDTH // HEADS])
    heads = lambda x, order: add("Transpose", add("Reshape", x, split), perm=order)
    length = add("Gather", add("Shape", "input_ids"), constant("one", 1))
    places = add("Range", constant("zero", 0), length, "one")
    x = add("Add", add("Gather", "word", "input_ids"), add("Gather", "type", "token_type_ids"))
    x = norm(add("Add", x, add("Gather", "position", places)), "embedding_norm")
    shown = add("Unsqueeze", add("Cast", "attention_mask", to=TensorProto.FLOAT), constant("axes", [1, 2]))
    absent = add("Sub", shown, constant("float_one", 1, np.float32))
    bias = add("Mul", absent, constant("large", 1e9, np.float32))
    for layer in range(LAYERS):
        query, value = (heads(dense(x, f"{layer}.{name}"), [0, 2, 1, 3]) for name in ("query", "value"))
        keys = heads(dense(x, f"{layer}.key"), [0, 2, 3, 1])
        scores = add("Div", add("MatMul", query, keys), constant("scale", np.sqrt(WIDTH / HEADS), np.float32))
        shares = add("Softmax", add("Add", scores, bias), axis=-1)
        mixed = add("Transpose", add("MatMul", shares, value), perm=[0, 2, 1, 3])
        mixed = add("Reshape", mixed, constant("joined", [0, 0, WIDTH]))
        x = norm(add("Add", x, dense(mixed, f"{layer}.output")), f"{layer}.attention_norm")
        inner = add("Gelu", dense(x, f"{layer}.inner"))
        x = norm(add("Add", x, dense(inner, f"{layer}.outer")), f"{layer}.norm")
    pooled = add("Tanh", dense(add("Gather", x, "zero", axis=1), "pooler"))
    nodes.append(helper.make_node("Add", [add("MatMul", pooled, "classifier.weight"), "classifier.bias"], ["logits"]))
    sizes = ["batch_size", "sequence_length"]
    names = ["input_ids", "attention_mask", "token_type_ids"]
    graph = helper.make_graph(
        nodes,
        "bert",
        [helper.make_tensor_value_info(name, TensorProto.INT64, sizes) for name in names],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", classes])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


corpus, folder = sys.argv[1], pathlib.Path(sys.argv[2])
labels, learned, held_out = read_corpus(corpus)
tokenizer = train_tokenizer([text for text, _ in learned])
inputs = encode(tokenizer, [text for text, _ in learned])
weights = train(initial(tokenizer.get_vocab_size(), len(labels)), *inputs, np.array([label for _, label in learned]))

folder.mkdir(parents=True, exist_ok=True)
onnx.save_model(export(weights, len(labels)), folder / "model.onnx")
tokenizer.save(str(folder / "tokenizer.json"))
config = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "max_position_embeddings": POSITIONS,
    "pad_token_id": 0,
    "id2label": {str(index): label for index, label in enumerate(labels)},
}
(folder / "config.json").write_text(json.dumps(config))
(folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": POSITIONS}))

answer = lambda texts: np.asarray(jax.nn.softmax(forward(weights, *encode(tokenizer, texts))))
right = answer([text for text, _ in held_out]).argmax(1) == [label for _, label in held_out]
asked = json.load(sys.stdin)
print(
    json.dumps(
        {
            "labels": labels,
            "accuracy": float(right.mean()),
            "rows": len(held_out),
            "probabilities": answer(asked).tolist() if asked else [],
        }
    )
)
