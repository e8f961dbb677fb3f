"""Work items: what the stages are handed. They hold names and keys, no cards, tensors or tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from taskatlas.predict.needs import Needs


@dataclass(frozen=True)
class Source:
    """A dataset or a corpus that is to be read, checked and selected from.

    Attributes:
        kind: 'dataset' or 'corpus'.
        name: name of its card.
        rows: key of its rows.
        quality: key of what was found in them: of the parts good, quarantine and quality.
    """

    kind: str
    name: str
    rows: str
    quality: str


_COUNTED = {
    "dataset": {"n_train", "n_test", "n_duplicates", "n_quarantined"},
    "corpus": {"n_texts", "n_duplicates", "n_leaked", "n_quarantined"},
}
"""What is counted at least of a kind of text set, as tables say it."""


@dataclass(frozen=True)
class TextSet:
    """The texts of a dataset or a corpus, after cleaning and sampling.

    Attributes:
        examples: key of its examples.
        content_id: content hash of the examples; called origin_id where it is stored.
        counts: how many rows were kept, removed and quarantined.
    """

    kind: str
    name: str
    rows: str
    quality: str
    examples: str
    content_id: str
    counts: Mapping[str, int]

    @property
    def n_answered(self) -> int:
        """How many of its texts subjects answer."""
        return self.counts["n_texts" if self.kind == "corpus" else "n_test"]

    @staticmethod
    def stored(entry: Mapping[str, Any]) -> TextSet:
        """Return the text set that `entry`, as `as_stored` gives it, tells of.

        Raises:
            ValueError, TypeError, AttributeError, KeyError: it tells of none.
        """
        fields = {name: value for name, value in entry.items() if name != "origin_id"}
        text_set = TextSet(**fields, content_id=entry["origin_id"])
        TypeAdapter(TextSet).validate_python(vars(text_set))
        if missing := _COUNTED[text_set.kind] - text_set.counts.keys():
            raise KeyError(*missing)
        return text_set

    def as_stored(self) -> dict[str, Any]:
        """Return the text set as state files hold it."""
        fields = vars(self) | {"origin_id": self.content_id}
        del fields["content_id"]
        return fields


@dataclass(frozen=True)
class AnswerSet:
    """One subject's answers to one text set.

    Attributes:
        subject: name of the subject.
        subject_id: its content hash.
        model: name of its model.
        prompt: name of its prompt; None of a model without prompts.
        text_set: kind and name of the text set.
        examples: key of the text set's examples.
        key: content hash of all that the answers depend on.
        scores: key of what they are worth, where they answer a dataset whose labels they can be mapped to.
        needs: what is shown of a text, where texts that lack some of it are split; None where none does.
        earlier: keys that its answers to what the text set was before have, the last one first.
    """

    subject: str
    subject_id: str
    model: str
    prompt: str | None
    text_set: tuple[str, str]
    examples: str
    key: str
    scores: str | None = None
    needs: Needs | None = None
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelWork:
    """What one model is to answer.

    Attributes:
        model: name of the model.
        answer_sets: those that are missing.
        total: how many its subjects owe in all.
        text_sets: everything that was ingested, the corpus last; probes and demonstrations look into it.
    """

    model: str
    answer_sets: tuple[AnswerSet, ...]
    total: int
    text_sets: tuple[TextSet, ...]


@dataclass(frozen=True)
class Vector:
    """One vector that a space owes.

    Attributes:
        kind: 'dataset' or 'subject'.
        entity: its name.
        entity_id: its content hash.
        key: content hash of all that the vector depends on.
        raw_forecasts: key of the subject's forecasts; None for datasets and in spaces that forecast nothing.
        answers: key of the subject's answers to the corpus; None for datasets.
    """

    kind: str
    entity: str
    entity_id: str
    key: str
    raw_forecasts: str | None = None
    answers: str | None = None


@dataclass(frozen=True)
class SpaceWork:
    """What is to be made in one space.

    Attributes:
        method: name of the space's method.
        vectors: those that are missing.
        total: how many the space owes in all.
        flagged: how many of those that are there have a flag instead of a vector.
        seed_check: key of its seed check where that is missing.
        sample: the subjects that seeds are tried on.
        text_sets: everything that was ingested, the corpus last.
    """

    method: str
    vectors: tuple[Vector, ...]
    total: int
    flagged: int
    seed_check: str | None
    sample: tuple[Vector, ...]
    text_sets: tuple[TextSet, ...]


@dataclass(frozen=True)
class AddedWork:
    """What a stage that was added by an entry of the graph makes.

    Attributes:
        kind: the kind of part.
        key: of the part.
        inputs: keys of the parts that it is made from, by kind.
    """

    kind: str
    key: str
    inputs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class BenchmarkWork:
    """What forecasts are calibrated by and held against.

    Attributes:
        key: of the benchmarks.
        forecasts: key of the calibrated forecasts.
        raw_forecasts: keys of the students' forecasts.
        scores: keys of the measured scores.
        answer_sets: those that were scored.
        vectors: every vector that is there, by the method of its space.
        text_sets: everything that was ingested, the corpus last.
        transfers: keys of the measured transfers.
        known_transfers: keys of those that somebody else measured.
    """

    key: str
    forecasts: str
    raw_forecasts: tuple[str, ...]
    scores: tuple[str, ...]
    answer_sets: tuple[AnswerSet, ...]
    vectors: Mapping[str, tuple[Vector, ...]]
    text_sets: tuple[TextSet, ...]
    transfers: tuple[str, ...] = ()
    known_transfers: tuple[str, ...] = ()
