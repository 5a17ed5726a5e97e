#!/usr/bin/env python3
"""Writes the solutions of this folder and `reference.json`.

    python demo/utterances/train.py /path/to/3i4k

The folder holds `train.tsv` and `test.tsv` of the 3i4K corpus (see README.md).
A tenth of the training rows is held out, and criteria were chosen by looking
at it only. Nothing of the corpus is written here but the models' weights.
About five minutes on one core.
"""

import json
import sys
import unicodedata
from pathlib import Path

import numpy
import onnxruntime
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.pipeline import make_pipeline

from letters import Letters
from network import LENGTH, Network, code_points, vocabulary

HERE = Path(__file__).resolve().parent
CLASSES = 7
SEED = 7
# Epochs and the rate of each, chosen on the rows held out.
RATES = [0.001] * 8 + [0.0003] * 4

SUPPLIERS = {
    "network": (("글자 합성곱 신경망", "Character network"), ("도담AI (가상)", "Dodam AI (fictional)")),
    "letters": (("글자 세기", "Counting characters"), ("가람소프트 (가상)", "Garam Soft (fictional)")),
}


def read(path: Path) -> tuple[list[str], numpy.ndarray]:
    texts, labels = [], []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line := line.rstrip("\r"):
            label, text = line.split("\t")
            labels.append(int(label))
            texts.append(unicodedata.normalize("NFC", text))
    return texts, numpy.array(labels)


def train_network(texts: list[str], labels: numpy.ndarray, held_out=None) -> Network:
    points = code_points(texts)
    network = Network(vocabulary(points), CLASSES, SEED)
    for epoch, rate in enumerate(RATES):
        loss = network.epoch(points, labels, rate)
        line = f"epoch {epoch + 1}: loss {loss:.4f}"
        if held_out is not None:
            right = network.chances(code_points(held_out[0])).argmax(axis=1) == held_out[1]
            line += f", held out {right.mean():.4f}"
        print(line, flush=True)
    return network


def solution_toml(id: str) -> str:
    name, supplier = SUPPLIERS[id]
    return f'''schema = "modu.proof.solution/1"
id = "{id}"
name = {{ ko = "{name[0]}", en = "{name[1]}" }}
supplier = {{ ko = "{supplier[0]}", en = "{supplier[1]}" }}
version = "1.0"
model = "{id}.onnx"

[output]
scores = "probabilities"

[[inputs]]
name = "code_points"
type = "int64"

[[inputs.columns]]
column = "utterance"
prepare = "code_points"
length = {LENGTH}
'''


def scores_of(model: bytes, texts: list[str]) -> numpy.ndarray:
    """What ONNX Runtime gives, in batches."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    points = code_points(texts)
    parts = [
        session.run(["probabilities"], {"code_points": points[at : at + 512]})[0]
        for at in range(0, len(points), 512)
    ]
    return numpy.concatenate(parts)


def measures(labels: numpy.ndarray, scores: numpy.ndarray) -> dict:
    """scikit-learn's metrics, under our names."""
    decided = scores.argmax(axis=1)
    wide = scores.astype("float64")
    wide /= wide.sum(axis=1, keepdims=True)
    precision, recall, f1, rows = precision_recall_fscore_support(labels, decided)
    return {
        "accuracy": accuracy_score(labels, decided),
        "balanced_accuracy": balanced_accuracy_score(labels, decided),
        "macro_f1": f1_score(labels, decided, average="macro"),
        "roc_auc": roc_auc_score(labels, wide, multi_class="ovr", average="macro"),
        "log_loss": log_loss(labels, wide),
        "confusion": confusion_matrix(labels, decided).tolist(),
        "classes": [
            {"rows": int(n), "precision": p, "recall": r, "f1": f}
            for n, p, r, f in zip(rows, precision, recall, f1)
        ],
    }


def baselines(texts, labels, tests, truths) -> dict:
    """What is reached without a network, on the same rows."""
    ngrams = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True),
        SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=30, random_state=SEED),
    )
    ngrams.fit(texts, labels)
    most = numpy.bincount(labels).argmax()
    return {
        "most_frequent_class": float((truths == most).mean()),
        "character_ngrams_1_to_3_logistic": float((ngrams.predict(tests) == truths).mean()),
    }


def main():
    data = Path(sys.argv[1])
    texts, labels = read(data / "train.tsv")
    tests, truths = read(data / "test.tsv")
    order = numpy.random.default_rng(SEED).permutation(len(texts))
    held, kept = order[: len(order) // 10], order[len(order) // 10 :]
    pick = lambda rows: ([texts[row] for row in rows], labels[rows])
    models = {
        "network": train_network(*pick(kept), held_out=pick(held)).to_onnx(),
        "letters": Letters(*pick(kept)).to_onnx(),
    }
    reference = {
        "made_by": f"scikit-learn {sklearn.__version__}, ONNX Runtime {onnxruntime.__version__}",
        "solutions": {},
        "held_out": {},
    }
    for id, model in models.items():
        folder = HERE / "solutions" / id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{id}.onnx").write_bytes(model)
        (folder / "solution.toml").write_text(solution_toml(id), encoding="utf-8")
        reference["solutions"][id] = measures(truths, scores_of(model, tests))
        reference["held_out"][id] = measures(labels[held], scores_of(model, pick(held)[0]))
        print(id, len(model), "bytes:", {
            key: round(value, 4) for key, value in reference["solutions"][id].items() if isinstance(value, float)
        })
    reference["baselines"] = baselines(*pick(kept), tests, truths)
    print(reference["baselines"])
    text = json.dumps(reference, indent=1, ensure_ascii=False) + "\n"
    (HERE / "reference.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
