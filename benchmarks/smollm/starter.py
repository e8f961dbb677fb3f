"""Record SmolLM2's answers for the starter project: python -m benchmarks.smollm.starter

Six prompts, of starter.yaml: three for its reviews, three for its topics. Each is asked with the corpus and the test
splits of its family's datasets. It goes on where it was left, and writes taskatlas/starter/data/recorded_smollm2_*.csv
at the end; the sha256 that it prints is that of the cards.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import yaml

from benchmarks.smollm import asked as ask
from benchmarks.smollm.record import PROGRESS, Pace, answer
from benchmarks.smollm.recordings import Recording, header
from taskatlas.hashing import file_sha256
from taskatlas.ingest.read import read_corpus, read_dataset
from taskatlas.ingest.select import select_corpus, select_dataset
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import Example, ModelContext
from taskatlas.project.starter import STARTER
from taskatlas.registry.load import load
from taskatlas.registry.registry import Registry
from taskatlas.store.parts import Parts

UNFINISHED = PROGRESS.parent / "starter"
"""Where answers are kept until all are there."""


def entries() -> dict[str, Any]:
    """Family → what it is asked, as starter.yaml has it."""
    read: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return read


def target(family: str) -> Path:
    """The file of a family's recordings."""
    return STARTER / "data" / f"recorded_smollm2_{family}.csv"


def main() -> None:
    """Ask what is not yet answered, and write."""
    registry, card = load(STARTER), ask.model()
    model = load_model(card, ModelContext(ask.ROOT, Parts(Path(tempfile.mkdtemp())), "cpu"))
    texts = texts_of(registry)
    prompts = {family: ask.written(entry) for family, entry in entries().items()}
    pace = Pace(sum(len(prompts[family]) * (len(each.corpus) + len(each.test)) for family, each in texts.items()))
    UNFINISHED.mkdir(parents=True, exist_ok=True)
    for family, asked in texts.items():
        labels = list(prompts[family][0].choices)
        recording = Recording(family, header(card, labels, prompts[family], asked), UNFINISHED)
        for _, group in groupby(prompts[family], key=lambda prompt: prompt.template):
            answer(family, recording, model, list(group), asked, pace)
        _write(family, recording, asked)


def texts_of(registry: Registry) -> dict[str, ask.Asked]:
    """The texts that the prompts of each family are asked with, as a run of the starter selects them."""
    project = registry.project
    limits = {"train_limit": project.train_limit, "test_limit": project.test_limit}
    tests: dict[str, list[Any]] = {}
    for card in registry.datasets.values():
        examples, _ = select_dataset(card, read_dataset(card, STARTER), **limits)
        tests.setdefault(card.family, []).extend(examples.filter(pc.equal(examples["split"], "test")).to_pylist())
    barred = [(row["text_id"], row["text"], row["text_pair"]) for rows in tests.values() for row in rows]
    corpus_card = registry.corpora[project.corpus]
    corpus, _ = select_corpus(corpus_card, read_corpus(corpus_card, STARTER), barred)
    of_corpus = _examples(corpus.to_pylist())
    return {
        family: ask.Asked(of_corpus, _examples(tests[family]), [row["label"] for row in tests[family]], [], [])
        for family in entries()
    }


def _examples(rows: Sequence[Mapping[str, Any]]) -> list[Example]:
    return [Example(row["text_id"], row["text"], row["text_pair"]) for row in rows]


def _write(family: str, recording: Recording, asked: ask.Asked) -> None:
    """A row per text: for each prompt what it answered, and the probability of each label."""
    labels, prompts, rows = recording.header["labels"], recording.prompts(), []
    for part, examples in (("test", asked.test), ("corpus", asked.corpus)):
        answers = [recording.probabilities(prompt, part) for prompt in prompts]
        for place, example in enumerate(examples):
            row: list[object] = [example.text, example.text_pair]
            for of_prompt in answers:
                row += [labels[int(of_prompt[place].argmax())], *of_prompt[place].tolist()]
            rows.append(row)
    columns = [f"{prompt}{of}" for prompt in prompts for of in ("", *(f" {label}" for label in labels))]
    with target(family).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([["text", "text_pair", *columns], *rows])
    print(f"{family}: {len(rows)} texts, sha256 {file_sha256(target(family))}", flush=True)


if __name__ == "__main__":
    main()
