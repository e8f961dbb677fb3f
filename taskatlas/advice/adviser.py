"""Which prompt, model and source dataset for texts of one's own, computed on the spot from a release.

The texts go through the release's surrogate once. With labels they are embedded as a dataset is, and the stand-in of
every subject that answers with these labels forecasts its accuracy on them. Without labels no accuracy can be forecast:
shown instead are the best published forecasts on the three datasets of single texts that are nearest by `text`. Three,
as that space is blind to what a task asks: with labels unknown, a person has to choose among tasks by eye.

Nothing is written: texts of visitors leave no trace on disk, and a project that is read-only is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from taskatlas.advice import cards, forecast
from taskatlas.advice import nearest as near
from taskatlas.advice import notes as say
from taskatlas.advice.advice import SUBJECTS, Advice
from taskatlas.advice.forecast import Bools
from taskatlas.advice.notes import Seen
from taskatlas.advice.released import OwnSpace, Released, spaces_of
from taskatlas.advice.stand_ins import StandIn, stand_ins
from taskatlas.advice.texts import OwnTexts
from taskatlas.embed.basis import Array
from taskatlas.embed.student import scaled
from taskatlas.predict.encode import encoder_for
from taskatlas.predict.features import features_for
from taskatlas.predict.holdout import fitted_on
from taskatlas.project.settings import Layout
from taskatlas.registry.load import load
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.models import ProbeModel

if TYPE_CHECKING:
    from taskatlas.store.reader import Reader

LENDERS = 3
BORROWED = 5
SHOWN = 5

_SEEN = """
SELECT origin_kind, origin, split, list(text_id) AS ids
FROM "examples@" WHERE text_id IN (SELECT unnest($1::VARCHAR[])) GROUP BY ALL
"""
_TRAIN = """
SELECT text_id, label FROM "examples@" WHERE origin_kind = 'dataset' AND origin = $1 AND split = 'train'
"""
_METHODS = 'SELECT DISTINCT method FROM "spaces@" ORDER BY method'
_LENDERS = """
SELECT dataset FROM "datasets@" WHERE NOT pair AND dataset IN (SELECT dataset FROM "forecasts@" WHERE isfinite(value))
"""
_BORROWED = """
SELECT
    f.subject, s.model, s.prompt, f.metric, f.value AS forecast, f.low, f.high, f.n, f.fidelity,
    'borrowed' AS basis, f.dataset AS borrowed_from, m.value AS measured
FROM "forecasts@" AS f
JOIN "subjects@" AS s ON s.subject = f.subject
LEFT JOIN "scores@" AS m ON m.subject = f.subject AND m.dataset = f.dataset AND m.metric = f.metric
WHERE f.dataset = $dataset AND f.metric IN ('accuracy', 'spearman') AND isfinite(f.value)
ORDER BY f.value DESC, f.subject
LIMIT $k
"""


@dataclass(frozen=True)
class Adviser:
    """What advice on any texts shares, for one release; threads may share it.

    Attributes:
        released: the release.
        folder: the project's.
        weights: of the release's surrogate.
        device: where texts are encoded.
        spaces: of the release, by method: text, crosscov and student, as far as they are there.
        stand_ins: of the subjects, by name.
        left_out: subjects without a stand-in, with the reason.
        lenders: datasets whose forecasts can be borrowed.
        probes: cards of the models that are fitted on a dataset's train split, by dataset.
        factor: how much wider intervals must be to have held what was measured.
        usual: similarity by text that nearly all of the project's datasets have to their nearest, or None where they
            are too few to tell.
    """

    released: Released
    folder: Path
    weights: Weights
    device: str
    spaces: Mapping[str, OwnSpace]
    stand_ins: Mapping[str, StandIn]
    left_out: Mapping[str, str]
    lenders: frozenset[str]
    probes: Mapping[str, Sequence[ProbeModel]]
    factor: float
    usual: float | None

    @classmethod
    def of(cls, folder: Path, reader: Reader, device: str = "auto") -> Adviser:
        """Read the reader's release, the newest if it names none, and fit its stand-ins.

        Args:
            folder: of the project.
            reader: of its catalog.
            device: as in `predict.device.choose_device`.

        Raises:
            StoreError: there is no release, it cannot be read, or its surrogate is not the card's any more.
            CardError: the project's cards do not hold together.
            ModelError: the surrogate cannot be loaded, where the corpus has to be encoded anew.
        """
        released, registry = Released.of(reader), load(folder)
        weights, spaces = spaces_of(released, folder)
        found: dict[str, StandIn] = {}
        left_out: dict[str, str] = {}
        if "student" in spaces:
            corpus = released.corpus()
            features = features_for(weights, corpus, Layout(folder).parts, folder, device, keep=False)
            ids, ways = [text.text_id for text in corpus], cards.mappings(registry)
            found, left_out = stand_ins(released, spaces["student"], ids, features, ways)
        lenders = frozenset(released.sql(_LENDERS)["dataset"].to_pylist())
        return cls(
            released=released,
            folder=folder,
            weights=weights,
            device=device,
            spaces=spaces,
            stand_ins=found,
            left_out=left_out,
            lenders=lenders,
            probes=cards.probes(registry),
            factor=forecast.factor(released),
            usual=near.usual(spaces),
        )

    def advise(self, own: OwnTexts) -> Advice:
        """What to try on texts of one's own.

        Raises:
            StoreError: the release is there no more.
            ModelError: the surrogate cannot be loaded.
        """
        n = len(own.texts)
        features = self._encoded([*own.texts, *own.classes])
        similar = near.similarities(own, self.spaces, features[:n], features[n:])
        seen = self._seen(own)
        nearest = near.nearest(similar)
        notes = say.of_texts(own, seen) + say.of_nearest(nearest, self.usual)
        inputs = scaled(features[:n])
        if own.labels is None:
            subjects = self._borrowed(similar.get(near.BLIND, {}))
            notes += say.of_borrowed(subjects)
        else:
            kept = self._kept(own, seen)
            subjects = forecast.subjects(own, inputs, kept, self.stand_ins.values(), self.factor)
            if "student" in self.spaces:
                notes += say.of_forecasts(own, subjects, self.stand_ins.values())
            else:
                notes += say.of_no_students()
            notes += say.of_left_out(self.left_out)
        best = [
            self.stand_ins[name] for name in dict.fromkeys(subjects["subject"].to_pylist()) if name in self.stand_ins
        ]
        answers = forecast.answers(own, inputs, best[:SHOWN])
        return Advice(
            self.released.name, n, own.labels is not None, nearest, subjects, answers, (*notes, *self._missing())
        )

    def _encoded(self, texts: Sequence[str]) -> Array:
        """Texts in the surrogate, float32 [n, L, d]; not by way of parts, which would keep them."""
        return encoder_for(self.weights, self.folder, self.device).encode([(text, None) for text in texts])

    def _seen(self, own: OwnTexts) -> Seen:
        rows = self.released.sql(_SEEN, (list(own.ids),)).to_pylist()
        corpus = frozenset(each for row in rows if row["origin_kind"] == "corpus" for each in row["ids"])
        return Seen(
            corpus, {(row["origin"], row["split"]): len(row["ids"]) for row in rows if row["origin_kind"] == "dataset"}
        )

    def _kept(self, own: OwnTexts, seen: Seen) -> Callable[[str], Bools]:
        """Model's name → the texts that its forecasts may use, bool [n]: not those of the corpus, unless all are, nor
        those that a probe was fitted on, as a stand-in knows them as well as the probe does."""
        unseen = np.array([each not in seen.corpus for each in own.ids])
        kept = unseen if unseen.any() else ~unseen
        of_model: dict[str, Bools] = {}
        for dataset in {dataset for dataset, split in seen.splits if split == "train"} & self.probes.keys():
            train = self.released.sql(_TRAIN, (dataset,))
            ids = np.asarray(train["text_id"].to_pylist())
            for probe in self.probes[dataset]:
                known = set(ids[fitted_on(probe, train)])
                of_model[probe.name] = kept & np.array([each not in known for each in own.ids])
        return lambda model: of_model.get(model, kept)

    def _borrowed(self, similar: Mapping[str, float]) -> pa.Table:
        lenders = [name for name in near.ordered(similar) if name in self.lenders][:LENDERS]
        rows: list[dict[str, Any]] = []
        for name in lenders:
            found = self.released.sql(_BORROWED, {"dataset": name, "k": BORROWED}).to_pylist()
            rows += [{**row, "similarity": similar[name]} for row in found]
        return pa.Table.from_pylist(rows, schema=SUBJECTS.schema)

    def _missing(self) -> list[str]:
        lacking = [method for method in ("text", "crosscov", "student") if method not in self.spaces]
        if not lacking:
            return []
        # all that the release has, or the next one would lack the others
        held = self.released.sql(_METHODS)["method"].to_pylist()
        todo = f"`taskatlas run --methods {','.join([*lacking, *held])}` makes what is missing"
        return [f"The release has no vectors of {' and '.join(lacking)}, so less can be said; {todo}."]
