"""Make the recorded outputs of the starter project: python -m benchmarks.record_starter

A naive Bayes classifier of word pairs, fitted on the train split of gadget_reviews, answers all reviews and the corpus.
Its outputs stand for those of a model that a team no longer runs. The file's sha256 is on the card; run this only to
change the file.
"""

from __future__ import annotations

import csv
import json

import pyarrow.compute as pc
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from taskatlas.hashing import file_sha256
from taskatlas.ingest.read import read_dataset
from taskatlas.ingest.select import select_dataset
from taskatlas.project.starter import STARTER
from taskatlas.registry.load import load

DATA = STARTER / "data"
TARGET = DATA / "recorded_bayes.jsonl"


def _texts(name: str) -> list[str]:
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return [row["text"] for row in csv.DictReader(stream)]


def _train() -> tuple[list[str], list[str]]:
    """Texts and labels of the train split, as the ingest stage makes it."""
    registry = load(STARTER)
    card, project = registry.datasets["gadget_reviews"], registry.project
    rows = read_dataset(card, STARTER)
    examples, _ = select_dataset(card, rows, train_limit=project.train_limit, test_limit=project.test_limit)
    train = examples.filter(pc.equal(examples["split"], "train"))
    return train["text"].to_pylist(), train["label"].to_pylist()


def main() -> None:
    """Fit, answer and write."""
    model = make_pipeline(CountVectorizer(ngram_range=(1, 2)), MultinomialNB(alpha=0.5))
    model.fit(*_train())
    reviews = [*_texts("cafe_reviews.csv"), *_texts("gadget_reviews.csv")]
    texts: list[tuple[str, str | None]] = [(text, None) for text in reviews]
    texts += [(line, None) for line in (DATA / "everyday_texts.txt").read_text(encoding="utf-8").splitlines()]
    pairs = (DATA / "everyday_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    texts += [(row["text"], row["text_pair"]) for row in map(json.loads, pairs)]
    probabilities = model.predict_proba([f"{text} {pair or ''}" for text, pair in texts])
    with TARGET.open("w", encoding="utf-8", newline="\n") as stream:
        for (text, pair), chances in zip(texts, probabilities.round(4).tolist(), strict=True):
            output = model.classes_[int(chances[1] > chances[0])]
            row = {
                "text": text,
                "text_pair": pair,
                "output": str(output),
                "negative": chances[0],
                "positive": chances[1],
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(texts)} outputs, sha256 {file_sha256(TARGET)}")


if __name__ == "__main__":
    main()
