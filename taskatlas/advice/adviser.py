"""Advise which prompt, model and source dataset to use for texts of one's own, computed on the spot from a release.

The texts go through the release's surrogate once. With labels they are embedded as a dataset is, and the student of
every subject that answers with these labels forecasts its accuracy on them. Without labels no accuracy can be forecast,
so the best published forecasts on the three nearest datasets of single texts are borrowed. Three, as the method that
needs no labels is blind to what a task asks: a person has to choose among the tasks.

Nothing is written: texts of visitors leave no trace on disk, and a project that is read-only is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from taskatlas.advice import cards, forecast, nearest, notes
from taskatlas.advice.advice import SUBJECTS, Advice
from taskatlas.advice.forecast import Mask
from taskatlas.advice.notes import KnownTexts
from taskatlas.advice.released import OwnSpace, Released, spaces_of
from taskatlas.advice.students import SubjectStudent, fit_students
from taskatlas.advice.texts import OwnTexts
from taskatlas.embed import CLOSED_FORMS
from taskatlas.embed.basis import Array
from taskatlas.embed.student import scaled
from taskatlas.predict.holdout import fitted_on
from taskatlas.predict.surrogate import Surrogate
from taskatlas.project.folders import ProjectFolders
from taskatlas.registry.load import load
from taskatlas.schemas.modelcard import Fit

if TYPE_CHECKING:
    from taskatlas.store.reader import Reader

LENDERS = 3
"""Datasets whose forecasts are borrowed for texts without labels."""
BORROWED = 5
"""Forecasts that are borrowed from each."""
ANSWERING = 5
"""Subjects whose students answer the texts."""

_KNOWN = """
SELECT origin_kind, origin, split, list(text_id) AS ids
FROM "examples@" WHERE text_id IN (SELECT unnest($1::VARCHAR[])) GROUP BY ALL
"""
_TRAIN = """
SELECT text_id, label FROM "examples@" WHERE origin_kind = 'dataset' AND origin = $1 AND split = 'train'
"""
_LENDERS = """
SELECT dataset FROM "datasets@" WHERE NOT pair AND dataset IN (SELECT dataset FROM "forecasts@" WHERE isfinite(value))
AND dataset NOT IN (SELECT origin FROM "examples@" WHERE fields IS NOT NULL OR choices IS NOT NULL)
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
    """What advice on any texts of one's own shares, for one release. Threads may share it.

    Attributes:
        released: the release.
        folder: of the project.
        surrogate: of the release.
        spaces: of the release and methods in closed form, by method.
        students: of subjects, by subject.
        left_out: subjects without a student → the reason.
        lenders: datasets whose forecasts can be borrowed.
        fits: how models are fitted on a dataset's train split, by dataset and by model.
        interval_factor: how much wider intervals must be to have held what was measured.
        usual_similarity: what nearly all of the project's datasets have to their nearest, by the method that needs no
            labels; None where they are too few to tell.
    """

    released: Released
    folder: Path
    surrogate: Surrogate
    spaces: Mapping[str, OwnSpace]
    students: Mapping[str, SubjectStudent]
    left_out: Mapping[str, str]
    lenders: frozenset[str]
    fits: Mapping[str, Mapping[str, Fit]]
    interval_factor: float
    usual_similarity: float | None

    @classmethod
    def of(cls, folder: Path, reader: Reader, device: str = "auto") -> Adviser:
        """Read the reader's release, the newest if it names none, and fit its students.

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
        card, spaces = spaces_of(released, folder)
        surrogate = Surrogate(card, folder, ProjectFolders(folder).parts, device)
        students: dict[str, SubjectStudent] = {}
        left_out: dict[str, str] = {}
        if space := _forecasting(spaces):
            corpus = released.corpus()
            features = surrogate.features(corpus, keep=False)
            ids = [text.text_id for text in corpus]
            students, left_out = fit_students(released, space, ids, features, cards.mappings(registry))
        lenders = frozenset(released.sql(_LENDERS)["dataset"].to_pylist())
        return cls(
            released=released,
            folder=folder,
            surrogate=surrogate,
            spaces=spaces,
            students=students,
            left_out=left_out,
            lenders=lenders,
            fits=cards.fits(registry),
            interval_factor=forecast.interval_factor(released),
            usual_similarity=nearest.usual_similarity(spaces),
        )

    def advise(self, own: OwnTexts) -> Advice:
        """Advise what to try on texts of one's own.

        Raises:
            StoreError: the release is there no more.
            ModelError: the surrogate cannot be loaded.
        """
        n = len(own.texts)
        features = self._encoded([*own.texts, *own.classes])
        similar = nearest.similarities(own, self.spaces, features[:n], features[n:])
        label_free = nearest.label_free(self.spaces)
        known = self._known(own)
        datasets = nearest.nearest_datasets(similar)
        sentences = notes.of_texts(own, known) + notes.of_nearest(datasets, label_free, self.usual_similarity)
        inputs = scaled(features[:n])
        if own.labels is None:
            subjects = self._borrowed(similar.get(label_free, {}) if label_free else {})
            sentences += notes.of_borrowed(subjects)
        else:
            subjects, more = self._forecast(own, inputs, known)
            sentences += more + notes.of_left_out(self.left_out)
        names = [name for name in dict.fromkeys(subjects["subject"].to_pylist()) if name in self.students]
        return Advice(
            release=self.released.name,
            n=n,
            labelled=own.labels is not None,
            nearest=datasets,
            subjects=subjects,
            answers=forecast.answer_texts(own, inputs, [self.students[name] for name in names[:ANSWERING]]),
            notes=(*sentences, *self._missing()),
        )

    def _forecast(self, own: OwnTexts, inputs: Array, known: KnownTexts) -> tuple[pa.Table, list[str]]:
        """Return forecasts on labelled texts, rows as SUBJECTS says, and what to know of them."""
        if not _forecasting(self.spaces):
            return SUBJECTS.schema.empty_table(), notes.of_no_students()
        students = self.students.values()
        usable = self._usable(own, known)
        subjects = forecast.forecast_subjects(own, inputs, usable, students, self.interval_factor)
        if subjects.num_rows and not forecast.labels_are_seen(own, inputs, _new(own, known)):
            return subjects.slice(0, 0), notes.of_unseen_labels()
        return subjects, notes.of_forecasts(own, subjects, students)

    def _encoded(self, texts: Sequence[str]) -> Array:
        """Encode texts with the surrogate, float32 [n, L, d]; not through parts, which would store them."""
        return self.surrogate.fresh([(text, None) for text in texts])

    def _known(self, own: OwnTexts) -> KnownTexts:
        rows = self.released.sql(_KNOWN, (list(own.ids),)).to_pylist()
        corpus = frozenset(text_id for row in rows if row["origin_kind"] == "corpus" for text_id in row["ids"])
        return KnownTexts(
            corpus, {(row["origin"], row["split"]): len(row["ids"]) for row in rows if row["origin_kind"] == "dataset"}
        )

    def _usable(self, own: OwnTexts, known: KnownTexts) -> Callable[[str], Mask]:
        """Return a function from a model's name to the texts that its forecasts may use, bool [n]: not those of the
        corpus, unless all are, nor those that a model was fitted on, as its student knows them as well as it does."""
        usable = _new(own, known)
        of_model: dict[str, Mask] = {}
        for dataset in {dataset for dataset, split in known.splits if split == "train"} & self.fits.keys():
            train = self.released.sql(_TRAIN, (dataset,))
            ids = np.asarray(train["text_id"].to_pylist())
            for model, fit in self.fits[dataset].items():
                fitted = set(ids[fitted_on(fit, train)])
                of_model[model] = usable & np.array([text_id not in fitted for text_id in own.ids])
        return lambda model: of_model.get(model, usable)

    def _borrowed(self, similar: Mapping[str, float]) -> pa.Table:
        lenders = [name for name in nearest.by_similarity(similar) if name in self.lenders][:LENDERS]
        rows: list[dict[str, Any]] = []
        for name in lenders:
            forecasts = self.released.sql(_BORROWED, {"dataset": name, "k": BORROWED}).to_pylist()
            rows += [{**row, "similarity": similar[name]} for row in forecasts]
        return pa.Table.from_pylist(rows, schema=SUBJECTS.schema)

    def _missing(self) -> list[str]:
        lacking = [method for method in CLOSED_FORMS if method not in self.spaces]
        if not lacking:
            return []
        todo = f"`taskatlas run --methods {','.join([*lacking, *self.released.methods()])}` makes what is missing"
        return [f"The release has no vectors of {' and '.join(lacking)}, so less can be said; {todo}."]


def _new(own: OwnTexts, known: KnownTexts) -> Mask:
    """Return which texts the corpus does not hold, bool [n]; all of them where it holds all."""
    new = np.array([text_id not in known.corpus for text_id in own.ids])
    return new if new.any() else ~new


def _forecasting(spaces: Mapping[str, OwnSpace]) -> OwnSpace | None:
    """Return the space of students, which forecast; None where there is none."""
    return next((space for space in spaces.values() if space.method.forecasts), None)
