"""Transfers: what a dataset is worth as a source for another one, measured pair by pair and kept.

What was tuned on a source is part learnt/`key`, and used for all targets; a pair is part measured_transfers/`key`. So
an interrupted measurement goes on where it ended, and a new dataset costs its own pairs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from taskatlas import progress
from taskatlas.cards.labels import label_positions
from taskatlas.embed.tuned.transfer import Learner, Task, Tuned
from taskatlas.errors import InputError, ModelError, UnknownNameError
from taskatlas.hashing import digest
from taskatlas.plan.items import TextSet
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.transfers import Pair, setup_of
from taskatlas.recommend.merits import merits_of_classes, merits_of_numbers
from taskatlas.recommend.paired import differences
from taskatlas.recommend.posterior import NORMAL_90, Estimate
from taskatlas.recommend.rows import LearntFirst
from taskatlas.recommend.words import GAINS
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.parts import MEASURED_TRANSFERS
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import bases
from taskatlas.stages.outputs import dataset_outputs
from taskatlas.stages.predict import split_of

Floats = npt.NDArray[np.float64]
FEWEST = 2
"""Test texts that a score is told from."""


class TransferBench:
    """The datasets of a project between which transfers can be measured, and what was measured so far.

    Args:
        plan: the project's; its ingest stage has run.
        device: as in `predict.device.choose_device`.
        targets: names of the datasets to measure sources for; empty: all.

    Raises:
        UnknownNameError: one of the targets is no dataset.
        InputError: there is no pair to measure.
        StoreError: the ingest stage has not run.
    """

    def __init__(self, plan: Plan, device: str, targets: Sequence[str] = ()) -> None:
        self._plan, self._device, self._project = plan, device, plan.project
        self.setup = setup_of(self._project.registry)
        for name in targets:
            if name not in self._project.registry.datasets:
                raise UnknownNameError("dataset", name, self._project.registry.datasets)
        plan.require_ingested()
        self.left_out: dict[str, str] = {}
        for name, text_set in plan.datasets.items():
            if reason := self._obstacle(text_set):
                self.left_out[name] = reason
        self._datasets = {name: each for name, each in plan.datasets.items() if name not in self.left_out}
        self.targets = [name for name in targets or self._datasets if name in self._datasets]
        if len(self._datasets) < 2 or not self.targets:
            why = "; ".join(f"{name}: {reason}" for name, reason in self.left_out.items())
            what = f"there are no two datasets to learn one after the other{f' ({why})' if why else ''}"
            raise InputError(what, todo="add datasets whose labels are classes or numbers")

    def _obstacle(self, text_set: TextSet) -> str:
        """Why a dataset is no source and no target; empty where it is."""
        card = self._project.registry.datasets[text_set.name]
        if card.labels == "text":
            return "its answers are texts, and there is no head for these"
        if split_of(self._project, text_set.examples, "test").num_rows < FEWEST:
            return f"its test split has fewer than {FEWEST} texts"
        try:
            dataset_outputs(card, split_of(self._project, text_set.examples, "train"))
        except InputError as error:
            return error.what
        return ""

    @cached_property
    def keys(self) -> dict[Pair, str]:
        """The keys of all that is to be measured, target by target, each alone first."""
        return self.setup.pair_keys(self._project, self._datasets, self.targets)

    @property
    def missing(self) -> list[Pair]:
        """What of it is not there."""
        there = self._project.parts.keys("measured_transfers")
        return [pair for pair, key in self.keys.items() if key not in there]

    def measure(self) -> int:
        """Measure what is missing; return how many pairs were. Each target's are kept before the next begins."""
        missing = self.missing
        sources = {source: None for source, _ in missing if source}
        progress.expect("learn", len(sources), "sources")
        progress.expect("transfer", len(missing), "pairs")
        for source in sources:
            self._learn(source)
        for target in dict.fromkeys(target for _, target in missing):
            self._measure_target(target, [source for source, own in missing if own == target])
        return len(missing)

    def rows(self) -> pa.Table:
        """Return what was measured of these pairs, in the schema of the table transfers."""
        there = self._project.parts.keys("measured_transfers")
        return transfers(self._project, {"measured_transfers": [key for key in self.keys.values() if key in there]})

    @cached_property
    def _learner(self) -> Learner:
        none = TABLES["examples"].schema.empty_table()
        inputs = bases.inputs(self._project, none, self._device)
        return Learner(self.setup.method, inputs, self._project.registry.project.seed)

    def _measure_target(self, target: str, sources: Sequence[str | None]) -> None:
        """Learn a target after each of its sources, once for each draw of its labels."""
        card = self._project.registry.datasets[target]
        train, test = (split_of(self._project, self._datasets[target].examples, split) for split in ("train", "test"))
        before = [self._learnt(source) if source else {} for source in sources]
        asked, draws, labels = self._texts(test), [], 0
        for seed in range(self.setup.card.seeds):
            few = few_of(card, train, self.setup.card.labels, seed)
            task = Task(self._texts(few), dataset_outputs(card, few))
            draws.append(self._learner.learn_after(before, task, asked, self.setup.target, seed))
            labels = few.num_rows
        for place, source in enumerate(sources):
            answers = [draw[place] for draw in draws]
            self._keep((source, target), card, test, [each for each in answers if each is not None], labels)

    def _keep(self, pair: Pair, card: DatasetCard, test: pa.Table, answers: Sequence[Floats], labels: int) -> None:
        source, target = pair
        if not answers:
            what = f"{self.setup.method.name} finds no finite loss on {target} after {source}"
            raise ModelError(what, todo="choose another learner in atlas.yaml: transfers")
        kept = ~self._held_by(source, test)
        merits = np.full(test.num_rows, np.nan)
        if kept.sum() >= FEWEST:
            merits[kept] = np.mean([_merits(card, test, own)[kept] for own in answers], axis=0)
        row = {"setup": self.setup.name, "target": target, "source": source, "metric": card.ranked_by, "labels": labels}
        stored = [None if np.isnan(each) else float(each) for each in merits]
        self._project.parts.write(
            "measured_transfers",
            self.keys[pair],
            pa.Table.from_pylist([{**row, "merits": stored}], schema=MEASURED_TRANSFERS),
        )
        progress.advance("transfer")

    def _learn(self, source: str) -> None:
        """Learn a source and keep what was tuned, where it is not there yet."""
        parts, key = self._project.parts, self.setup.learnt_key(self._project, self._datasets[source])
        if not parts.has("learnt", key):
            card = self._project.registry.datasets[source]
            train = split_of(self._project, self._datasets[source].examples, "train")
            tuned = self._learner.learn(Task(self._texts(train), dataset_outputs(card, train)), self.setup.source)
            if tuned is None:
                what = f"{self.setup.method.name} finds no finite loss on {source}"
                raise ModelError(what, todo="choose another learner in atlas.yaml: transfers")
            parts.write_arrays("learnt", key, tuned)
            parts.write("learnt", key, pa.table({}))
        progress.advance("learn")

    def _learnt(self, source: str) -> Tuned:
        key = self.setup.learnt_key(self._project, self._datasets[source])
        arrays = self._project.parts.read_arrays("learnt", key)
        return {name: np.asarray(value, np.float32) for name, value in arrays.items()}

    def _held_by(self, source: str | None, test: pa.Table) -> npt.NDArray[np.bool_]:
        """Which test texts a source holds: what it was taught there would be no transfer."""
        if source is None:
            return np.zeros(test.num_rows, dtype=bool)
        train = split_of(self._project, self._datasets[source].examples, "train")
        return np.asarray(pc.is_in(test["text_id"], train["text_id"].combine_chunks()).to_numpy(zero_copy_only=False))

    def _texts(self, examples: pa.Table) -> list[tuple[str, str | None]]:
        return [*bases.inputs(self._project, examples, self._device).texts]


def few_of(card: DatasetCard, train: pa.Table, labels: int, seed: int) -> pa.Table:
    """Return so many labelled texts, by their hash with the seed: of each class one first, so there may be more."""
    ids = train["text_id"].to_pylist()
    order = sorted(range(len(ids)), key=lambda row: digest("labels", seed, ids[row]))
    if card.class_labels:
        of_row, firsts = train["label"].to_pylist(), dict[str, int]()
        for row in order:
            firsts.setdefault(of_row[row], row)
        order = [*firsts.values(), *(row for row in order if row not in set(firsts.values()))]
        labels = max(labels, len(firsts))
    return train.take(pa.array(sorted(order[:labels]), pa.int64()))


def transfers(project: Project, inputs: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the table transfers.

    Args:
        project: the project.
        inputs: keys of the parts that it is made from, by kind.
    """
    return pa.Table.from_pylist(_gains(_measured(project, inputs)), schema=TABLES["transfers"].schema)


def _measured(project: Project, inputs: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    keys = inputs["measured_transfers"]
    return [row for key in keys for row in project.parts.read("measured_transfers", key).to_pylist()]


def _gains(measured: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the table."""
    alone = {(row["setup"], row["target"]): _as_floats(row["merits"]) for row in measured if row["source"] is None}
    return [
        found
        for row in measured
        if row["source"] is not None
        and (row["setup"], row["target"]) in alone
        and (found := _gain(row, alone[row["setup"], row["target"]]))
    ]


def learnt_first(project: Project, inputs: Mapping[str, Sequence[str]]) -> dict[str, dict[str, LearntFirst]]:
    """Return what was measured by target and source; for the arguments see `transfers`."""
    measured = _measured(project, inputs)
    gains = {(row["target"], row["source"]): row for row in _gains(measured)}
    found: dict[str, dict[str, LearntFirst]] = {}
    for row in measured:
        if gain := gains.get((row["target"], row["source"])):
            learnt = LearntFirst(*_estimate(row["merits"]), _in_words(gain))
            found.setdefault(row["target"], {})[row["source"]] = learnt
    return found


def _estimate(stored: Sequence[float | None]) -> tuple[Estimate, Floats]:
    merits = _as_floats(stored)
    known = merits[~np.isnan(merits)]
    value, half = float(known.mean()), NORMAL_90 * float(known.std() / np.sqrt(len(known)))
    return Estimate(value, value - half, min(value + half, 1.0), len(known)), merits


def _in_words(gain: Mapping[str, float]) -> str:
    return f"{GAINS}{gain['gain']:+.2f} (90%: {gain['low']:+.2f} to {gain['high']:+.2f}) over the dataset alone"


def _gain(row: Mapping[str, Any], alone: Floats) -> dict[str, Any] | None:
    """A row of the table; None where the source holds the test texts."""
    merits = _as_floats(row["merits"])
    kept = ~np.isnan(merits)
    if kept.sum() < FEWEST:
        return None
    value, without = float(merits[kept].mean()), float(alone[kept].mean())
    ends = differences(np.stack([merits[kept], alone[kept]]))
    gain = value - without
    return {
        **{name: row[name] for name in ("setup", "target", "source", "metric", "labels")},
        "value": value,
        "alone": without,
        "gain": gain,
        "low": min(float(ends.low[0, 1]), gain),
        "high": max(float(ends.high[0, 1]), gain),
        "n": int(kept.sum()),
    }


def _as_floats(merits: Iterable[float | None]) -> Floats:
    return np.asarray([np.nan if each is None else each for each in merits], np.float64)


def _merits(card: DatasetCard, test: pa.Table, answers: Floats) -> Floats:
    if card.labels == "number":
        return merits_of_numbers(answers, test["value"].to_numpy())
    labels = label_positions(test["label"].to_pylist(), card.class_labels)
    return merits_of_classes(answers.astype(np.int64), labels)
