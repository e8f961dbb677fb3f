"""Benchmark: do the vectors and forecasts of this project predict what was measured in it?

Siblings: is a dataset's nearest dataset of its own family, also where the names of labels are hidden? Choice: ranking
the subjects of a dataset, or its models, in every way that is known, how near does one come to their measured order,
and what does the pick cost? Sources: and of the datasets that a model was fitted on? Forecast: how far off are the
forecasts, and how often do their intervals hold the measured score? Stability: what remains of it where a part of the
corpus is answered? Transfer: which dataset should be learnt first, where that was measured?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

import pyarrow as pa

from taskatlas import progress
from taskatlas.plan.items import AnswerSet, BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.draws import draws
from taskatlas.stages.forecasts import forecasts as make_forecasts
from taskatlas.stages.forecasts import measured_scores, scores_by_dataset
from taskatlas.stages.indications import Case
from taskatlas.stages.knowntransfers import known_gains
from taskatlas.stages.likeness import ComparedSources, Promises, compared_sources
from taskatlas.stages.nameless import nameless
from taskatlas.stages.questions.choice import FEWEST_SUBJECTS, choice_rows
from taskatlas.stages.questions.forecast import forecast_rows
from taskatlas.stages.questions.row import Row
from taskatlas.stages.questions.siblings import hidden_rows, sibling_rows
from taskatlas.stages.questions.sources import source_rows
from taskatlas.stages.questions.stability import stability_rows
from taskatlas.stages.questions.target import Target, target_of
from taskatlas.stages.questions.transfer import TransferCase, known_transfer_rows, transfer_rows
from taskatlas.stages.questions.vectors import Pair, Vectors, nearness, vectors_of
from taskatlas.stages.questions.ways import Background
from taskatlas.stages.taught import taught_by
from taskatlas.stages.transfers import transfers
from taskatlas.transfer.measured import Transfer


def measure(project: Project, work: BenchmarkWork) -> list[Row]:
    """Calibrate the forecasts and hold them and the vectors against what was measured.

    Leaves the parts forecasts/`work.forecasts`, forecast_flags/`work.forecasts` and benchmarks/`work.key`.

    Returns:
        The rows of the table benchmarks.
    """
    parts = project.parts
    progress.expect("benchmark", 1, "tables")
    if not (parts.has("forecasts", work.forecasts) and parts.has("forecast_flags", work.forecasts)):
        found = make_forecasts(project, work)
        parts.write("forecast_flags", work.forecasts, found.flags)
        parts.write("forecasts", work.forecasts, found.rows)
    if not parts.has("benchmarks", work.key):
        rows = [*_answers(project, work, parts.read("forecasts", work.forecasts).to_pylist())]
        parts.write("benchmarks", work.key, pa.Table.from_pylist(rows, schema=TABLES["benchmarks"].schema))
    progress.advance("benchmark")
    written: list[Row] = parts.read("benchmarks", work.key).to_pylist()
    return written


def _answers(project: Project, work: BenchmarkWork, forecasts: Sequence[Row]) -> Iterator[Row]:
    known = known_of(project, work)
    families = {name: card.family for name, card in project.registry.datasets.items()}
    yield from sibling_rows(known.datasets, families)
    yield from hidden_rows([*nameless(project, work)], families)
    cases = cases_of(project, work, forecasts, known)
    yield from choice_rows(cases, {name: subject.model.name for name, subject in project.subjects.items()})
    compared = cache(partial(compared_sources, project, {each.name: each for each in work.text_sets[:-1]}))
    yield from _sources(project, known, compared)
    yield from transfer_rows(_transfers(project, work, known, compared))
    yield from known_transfer_rows([*_known_transfers(project, work, known, compared)])
    yield from forecast_rows(forecasts, known.measured)
    students = _column(forecasts, "accuracy", "student")
    yield from stability_rows(draws(project, work, students), students)


class KnownVectors(NamedTuple):
    """What was measured, and how near vectors are.

    Attributes:
        measured: every score.
        datasets: their vectors in each space.
        cosines: method → (subject, dataset) → cosine.
        near: method → (dataset, dataset) → cosine.
    """

    measured: Mapping[Case, float]
    datasets: list[Vectors]
    cosines: Mapping[str, Mapping[Pair, float]]
    near: Mapping[str, Mapping[Pair, float]]


def known_of(project: Project, work: BenchmarkWork) -> KnownVectors:
    """Read what was measured, and all vectors; the embed stage has run."""
    datasets, subjects = [*vectors_of(project, work, "dataset")], [*vectors_of(project, work, "subject")]
    cosines, near = nearness(subjects, datasets), nearness(datasets, datasets)
    return KnownVectors(measured_scores(project, work), datasets, cosines, near)


def cases_of(
    project: Project,
    work: BenchmarkWork,
    forecasts: Sequence[Row],
    known: KnownVectors,
    metrics: Sequence[str] = ("accuracy", "spearman"),
) -> list[tuple[Target, Background]]:
    """Return every dataset on which enough subjects were measured for a choice, and what is known beside.

    Args:
        project: the project; its embed stage has run.
        work: what forecasts are calibrated by and held against.
        forecasts: the rows of the table forecasts.
        known: of the project.
        metrics: of the scores.
    """
    cases: list[tuple[Target, Background]] = []
    for metric in metrics:
        scores = scores_by_dataset(known.measured, metric)
        expected, students = (_column(forecasts, metric, name) for name in ("value", "student"))
        background = Background(expected, students, known.cosines, known.near, scores)
        cases += [(target, background) for target in _targets(project, work, scores)]
    return cases


def _sources(project: Project, known: KnownVectors, compared: Callable[[], ComparedSources]) -> Iterator[Row]:
    of_numbers, of_classes = (scores_by_dataset(known.measured, metric) for metric in ("spearman", "accuracy"))
    yield from source_rows(of_numbers | of_classes, taught_by(project), lambda: compared().likeness(), known.near)


def _transfers(
    project: Project, work: BenchmarkWork, known: KnownVectors, compared: Callable[[], ComparedSources]
) -> TransferCase:
    scores: dict[str, dict[str, float]] = {}
    gains: dict[str, dict[str, float]] = {}
    for row in transfers(project, {"measured_transfers": work.transfers}).to_pylist():
        scores.setdefault(row["target"], {})[row["source"]] = row["value"]
        gains.setdefault(row["target"], {})[row["source"]] = row["gain"]
    return TransferCase(
        scores, gains, _kinds(project), lambda: compared().likeness(), lambda: compared().forecast(gains), known.near
    )


def _known_transfers(
    project: Project, work: BenchmarkWork, known: KnownVectors, compared: Callable[[], ComparedSources]
) -> Iterator[TransferCase]:
    """Yield those between the project's datasets, by setup."""
    by_setup = known_gains(project, work.known_transfers, project.registry.datasets)
    rows = [
        Transfer(target, source, setup, gain)
        for setup, gains in by_setup.items()
        for target, of in gains.items()
        for source, gain in of.items()
    ]
    forecasts = compared().forecast_by_setup(rows) if rows else {}
    kinds, likeness = _kinds(project), compared().likeness() if rows else {}
    for setup, gains in by_setup.items():
        yield TransferCase(gains, gains, kinds, lambda: likeness, partial(_promised, forecasts, setup), known.near)


def _promised(forecasts: Mapping[str, Promises], setup: str) -> Promises:
    return forecasts.get(setup, {})


def _kinds(project: Project) -> dict[str, tuple[bool, bool]]:
    """What kind of task each dataset is: whether of numbers, and whether of pairs."""
    cards = project.registry.datasets
    return {name: (card.labels == "number", card.columns.text_pair is not None) for name, card in cards.items()}


def _targets(project: Project, work: BenchmarkWork, scores: Mapping[str, Mapping[str, float]]) -> Iterator[Target]:
    """Yield the datasets on which enough subjects were measured for a choice."""
    answer_sets: dict[str, list[AnswerSet]] = {}
    for each in work.answer_sets:
        answer_sets.setdefault(each.text_set[1], []).append(each)
    for dataset, of_dataset in scores.items():
        if len(of_dataset) >= FEWEST_SUBJECTS:
            yield target_of(project, dataset, of_dataset, answer_sets[dataset])


def _column(forecasts: Sequence[Row], metric: str, name: str) -> dict[tuple[str, str], float]:
    return {(row["subject"], row["dataset"]): row[name] for row in forecasts if row["metric"] == metric}
