"""python -m benchmarks.methods.cut [SEEDS]: what each method's vectors say, for both readings of outputs.

Every piece (method, reading, seed) is kept in the folder for temporary files, so an interrupted run goes on.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from benchmarks import prompted
from benchmarks.bank import Dataset, Text, corpus, load
from benchmarks.features import ROOT, Features
from benchmarks.report import Section, shown, write
from taskatlas.analyze.metrics import choice, siblings
from taskatlas.analyze.similarity import cosines
from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import EntityOutputs, Inputs, last_layer
from taskatlas.embed.outputs import Outputs, from_labels, from_numbers, from_probabilities
from taskatlas.embed.tuned.schedule import Reading, Tuning
from taskatlas.hashing import digest
from taskatlas.predict.encode import Encoder

Array = npt.NDArray[np.float32]
TEXTS, PER_FAMILY, PROMPTS = 64, 6, 6
TARGETS = ("sst2", "cr", "trec", "ag_news", "sms_spam", "subj")
CLOSED = ("text", "crosscov", "student", "linearised")
TUNED = ("prefix", "prompt", "bitfit", "lora", "fisher")
READINGS: tuple[Reading, ...] = ("label_text", "class_head")
ONE_SEED = "fisher"
"""The dearest method; its vectors hardly depend on the seed, which is the order of texts (`spaces.seed_cosine`)."""
SUMMARY = (
    f"A cut of the taskbank, the same for every method: at most {TEXTS} labelled train texts per dataset, a corpus of "
    f"{PER_FAMILY} texts of every family, {PROMPTS} prompts per target. Preset fast, whose batches and rates were "
    "chosen on this cut with the first seed and label_text. Surrogate all-MiniLM-L6-v2, which is the prompts' own "
    "encoder, too. A row of several seeds averages over them."
)
SIBLINGS = (
    "Hits: of the six datasets whose family has another member (sst2, mr, cr, mpqa; sick, snli), those whose nearest "
    "of all 20 datasets by cosine is of their family. Labels used: those of the texts. Calls: none."
)
CHOICE = (
    "Spearman: rank correlation of cosine (subject, target) and true accuracy on the target's test texts over its "
    "prompts. Loss: accuracy of the best prompt less that of the nearest, in points. Means over targets with 90% "
    f"bootstrap intervals over them; the corpus holds no text of the target's family. Labels used: {TEXTS}. Calls on "
    "the target: none."
)


@dataclass(frozen=True)
class Piece:
    """One method with one reading and one seed; closed forms have neither."""

    method: str
    reading: Reading = "label_text"
    seed: int = 0

    @property
    def label(self) -> str:
        """What a row of a table calls it, whatever the seed."""
        return self.method if self.method in CLOSED else f"{self.method}, {self.reading}"


@dataclass(frozen=True)
class Measured:
    """What a piece reached: hits of siblings, and Spearman and loss (points) by target."""

    hits: list[float]
    spearman: dict[str, float]
    loss: dict[str, float]
    seconds: float


class Bench:
    """The datasets, and how a piece is measured on them."""

    def __init__(self) -> None:
        self.datasets, self.features = load(), Features()
        prompts = prompted.read(set(self.datasets))
        self.prompts_of = {name: prompts[name] for name in TARGETS if name in prompts}

    def measure(self, piece: Piece) -> Measured:
        """Vectors of all datasets, then of every target's prompts."""
        began = perf_counter()
        method = METHODS[piece.method](Options(tuning=Tuning("fast", piece.reading, piece.seed)))
        pinned = method.pin(self._inputs(self._corpus(None)))

        def vectors(texts: list[Text], entities: list[EntityOutputs]) -> Array:
            results = method.share(self._inputs(texts), pinned).embed_many(entities)
            return np.stack([result.vector if result.vector is not None else np.zeros(1) for result in results])

        of_dataset = {name: vectors(*self._labelled(dataset))[0] for name, dataset in self.datasets.items()}
        families = [dataset.family for dataset in self.datasets.values()]
        near = siblings(cosines(np.stack(list(of_dataset.values()))), families)
        hits = [float(families[i] == families[j]) for i, j in near.items()]
        spearman, loss = {}, {}
        for target in self.prompts_of if method.reads_outputs else ():
            texts = self._corpus(self.datasets[target].family)
            subjects, truth = self._subjects(target, texts)
            cosine = cosines(vectors(texts, subjects), of_dataset[target][None])[:, 0]
            reached = choice(cosine, truth)
            spearman[target], loss[target] = reached.spearman, 100 * reached.loss
        return Measured(hits, spearman, loss, perf_counter() - began)

    def _corpus(self, without: str | None) -> list[Text]:
        return corpus(self.datasets, [without] if without else [], PER_FAMILY)

    def _inputs(self, texts: list[Text]) -> Inputs:
        weights = self.features.card.weights
        return Inputs(texts, lambda: self.features.of(texts), lambda: Encoder(weights, ROOT, "cpu"), "minilm")

    def _labelled(self, dataset: Dataset) -> tuple[list[Text], list[EntityOutputs]]:
        labels = dataset.train.labels[:TEXTS]
        if isinstance(labels[0], float):
            outputs: Outputs = from_numbers([float(label) for label in labels])
        else:
            outputs = from_labels([str(label) for label in labels], sorted({str(label) for label in labels}))
        return list(dataset.train.texts[:TEXTS]), [
            EntityOutputs(outputs, self.features.phi(outputs.texts), is_dataset=True)
        ]

    def _subjects(self, target: str, texts: list[Text]) -> tuple[list[EntityOutputs], npt.NDArray[np.float64]]:
        """Some of the target's prompts, evenly drawn, and their true accuracy."""
        labels, prompts = self.prompts_of[target].labels, self.prompts_of[target].prompts
        picked = [prompts[i] for i in np.linspace(0, len(prompts) - 1, PROMPTS).round().astype(int)]
        test = self.datasets[target].test
        indices = np.array([labels.index(str(label)) if str(label) in labels else -1 for label in test.labels])
        on_corpus, on_test = (last_layer(self.features.of(each)) for each in (texts, list(test.texts)))
        entities, truth = [], []
        for prompt in picked:
            answers = self.features.phi(prompt.answers)
            outputs = from_probabilities(prompted.probabilities(on_corpus, answers), labels)
            entities.append(EntityOutputs(outputs, self.features.phi(outputs.texts)))
            truth.append(float(np.mean(prompted.probabilities(on_test, answers).argmax(axis=1) == indices)))
        return entities, np.array(truth)


def kept(bench: Bench, piece: Piece) -> Measured:
    """What a piece reached, measured now or by an earlier run of this script."""
    version = digest(*vars(piece).values(), TEXTS, PER_FAMILY, PROMPTS, TARGETS)
    path = Path(tempfile.gettempdir()) / "taskatlas-benchmarks" / f"evidence-{version}.json"
    if not path.is_file():
        measured = bench.measure(piece)
        path.write_text(json.dumps(vars(measured)), encoding="utf-8")
        print(f"{piece.label}, seed {piece.seed}: {measured.seconds:.0f} s", flush=True)
    return Measured(**json.loads(path.read_text(encoding="utf-8")))


def tables(measured: dict[str, list[Measured]], random_hits: list[float]) -> list[Section]:
    """The two tables, a row per method and reading."""
    near, chosen = [], []
    for label, seeds in measured.items():
        n = str(len(seeds)) if label not in CLOSED else "–"
        hits = [float(np.mean(one)) for one in zip(*(each.hits for each in seeds), strict=True)]
        near.append((label, n, f"{sum(hits):.1f} of {len(hits)}", shown(hits)))
        if seeds[0].spearman:
            spearman, loss = (
                [float(np.mean([getattr(each, name)[target] for each in seeds])) for target in seeds[0].spearman]
                for name in ("spearman", "loss")
            )
            chosen.append((label, n, shown(spearman), shown(loss, digits=1), str(len(spearman))))
    near.append(("random", "–", f"{sum(random_hits):.1f} of {len(random_hits)}", shown(random_hits)))
    chosen.append(("random", "–", "0.00 by definition", "–", "–"))
    return [
        Section("Siblings", SIBLINGS, ("method", "seeds", "hits", "hit rate"), near),
        Section("Choice of prompts", CHOICE, ("method", "seeds", "Spearman", "loss", "targets"), chosen),
    ]


def main() -> None:
    """Run, print and write results/methods_cut.*."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    bench = Bench()
    pieces = [Piece(name) for name in CLOSED]
    trained = [Piece(name, reading, seed) for seed in range(seeds) for reading in READINGS for name in TUNED]
    pieces += [piece for piece in trained if piece.seed == 0 or piece.method != ONE_SEED]
    measured: dict[str, list[Measured]] = {}
    for piece in pieces:
        measured.setdefault(piece.label, []).append(kept(bench, piece))
    families = [dataset.family for dataset in bench.datasets.values()]
    chance = [(families.count(f) - 1) / (len(families) - 1) for f in families if families.count(f) > 1]
    figures = {label: [vars(each) for each in each_seed] for label, each_seed in measured.items()}
    minutes = sum(each.seconds for each_seed in measured.values() for each in each_seed) / 60
    sections = tables(measured, chance)
    sections[-1].remarks.append(f"All rows took {minutes:.0f} minutes.")
    write("methods_cut", SUMMARY, sections, figures)


if __name__ == "__main__":
    main()
