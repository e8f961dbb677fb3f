"""Which prompt of a model for a dataset where nobody tried any? Every way of choosing, held against what was measured.

FUTE's second experiment (Wang et al. 2024, arXiv 2402.14522) on a project's own models: the similarity of vectors of
(model, prompt) and dataset beside the baselines. The dataset that is chosen for is left out of what others were
measured on, and on demand all of its family is, as it is where a task is of a new kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from taskatlas.analyze.metrics import bootstrap, choice, ndcg
from taskatlas.analyze.selection import at_random
from taskatlas.errors import InputError
from taskatlas.plan.plan import Plan
from taskatlas.stages.benchmark import cases_of, known_of
from taskatlas.stages.questions.choice import FEWEST_SUBJECTS
from taskatlas.stages.questions.row import RANDOM, Way
from taskatlas.stages.questions.target import Target
from taskatlas.stages.questions.ways import Background, Guess, guesses
from taskatlas.stages.trying import require_forecasts

ALL = "all"
"""In the place of a model: the mean over those that were asked on a dataset."""
_ORDERS = 20
"""Orders of the prompts, over which what equal guesses reach is averaged."""


class _Reached(NamedTuple):
    """What a way reached on one dataset; the names are columns.

    Attributes:
        accuracy: of the prompt with the highest guess; the mean over all that share it.
        ndcg: of the order of guesses.
        regret: the best accuracy less that of the choice, as a share of the best.
        share: of the best accuracy that the choice reached.
    """

    accuracy: float
    ndcg: float
    regret: float
    share: float


_Results = dict[Way, dict[str, _Reached]]
"""Way → dataset → what it reached there."""


def prompt_choices(plan: Plan, *, without_family: bool = False) -> list[dict[str, Any]]:
    """Return a row for each model of three prompts or more, and each way of choosing one of them; then for all models.

    Columns with _low and _high are 90% bootstrap intervals over the `n` datasets.

    Args:
        plan: the project's; its benchmark stage has run.
        without_family: leave out datasets of the family of the one that is chosen for; the corrected forecast learns
            from them and is left out, too.

    Raises:
        StoreError: the benchmark stage has not run.
        InputError: no model was measured with three prompts on any dataset.
    """
    require_forecasts(plan)
    forecasts = plan.project.parts.read("forecasts", plan.benchmark_work.forecasts).to_pylist()
    project, work = plan.project, plan.benchmark_work
    cases = cases_of(project, work, forecasts, known_of(project, work), metrics=("accuracy",))
    if without_family:
        families = {name: card.family for name, card in plan.project.registry.datasets.items()}
        cases = [(target, _without_family(background, target.dataset, families)) for target, background in cases]
    by_model = {model: results for model in _asked(plan) if (results := _results(plan, model, cases))}
    if not by_model:
        what = f"no model was measured with {FEWEST_SUBJECTS} prompts on a dataset of classes"
        raise InputError(what, todo="write prompts for one, with choices and a family, and `taskatlas run`")
    if len(by_model) > 1:
        by_model[ALL] = _over_all([*by_model.values()])
    return [_row(model, way, reached) for model, ways in by_model.items() for way, reached in ways.items()]


def _asked(plan: Plan) -> list[str]:
    """Return the models that are asked by prompts."""
    return sorted({each.model.name for each in plan.project.subjects.values() if each.prompt})


def _without_family(background: Background, dataset: str, families: Mapping[str, str]) -> Background:
    others = {
        name: scores
        for name, scores in background.measured.items()
        if name == dataset or families[name] != families[dataset]
    }
    return replace(background, measured=others, forecasts={})


def _results(plan: Plan, model: str, cases: Sequence[tuple[Target, Background]]) -> _Results:
    """Return what every way reached on the datasets on which enough prompts of a model were measured."""
    results: _Results = {}
    subjects = plan.project.subjects
    for target, background in cases:
        asked = target.only([n for n in target.subjects if subjects[n].prompt and subjects[n].model.name == model])
        if len(asked.subjects) < FEWEST_SUBJECTS:
            continue
        for way, reached in _by_way(guesses(asked, background)).items():
            results.setdefault(way, {})[target.dataset] = reached
    return results


def _by_way(guessed: Iterable[Guess]) -> dict[Way, _Reached]:
    """Return the mean of what each way reached over its draws."""
    draws: dict[Way, list[_Reached]] = {}
    for each in guessed:
        if np.isfinite(each.guess).all() and np.isfinite(each.truth).all() and each.truth.max() > 0:
            draws.setdefault(each.way, []).extend(_reached(each))
    return {way: _mean(of_way) for way, of_way in draws.items()}


def _reached(guessed: Guess) -> Iterator[_Reached]:
    """Yield what a guess reaches in each of some orders of the prompts, as equal guesses stay in the order in which
    they stand; a guess at random is another one in each."""
    n = len(guessed.truth)
    picked = choice(guessed.guess, guessed.truth)
    is_decided = guessed.way != RANDOM and len(np.unique(guessed.guess)) == n
    for seed in range(1 if is_decided else _ORDERS):
        order = np.arange(n) if is_decided else np.argsort(at_random(n, seed=seed))
        gained = ndcg(guessed.guess[order], guessed.truth[order])
        yield _Reached(picked.pick, gained, picked.loss / picked.best, picked.pick / picked.best)


def _over_all(by_model: Sequence[_Results]) -> _Results:
    """Return the means over models, dataset by dataset, of the ways that answer for every model there."""
    results: _Results = {}
    for way in dict.fromkeys(way for ways in by_model for way in ways):
        for dataset in dict.fromkeys(name for ways in by_model for reached in ways.values() for name in reached):
            asked = [ways for ways in by_model if any(dataset in reached for reached in ways.values())]
            known = [ways[way][dataset] for ways in asked if dataset in ways.get(way, {})]
            if len(known) == len(asked):
                results.setdefault(way, {})[dataset] = _mean(known)
    return results


def _mean(reached: Sequence[_Reached]) -> _Reached:
    return _Reached(*map(fmean, zip(*reached, strict=True)))


def _row(model: str, way: Way, reached: Mapping[str, _Reached]) -> dict[str, Any]:
    row: dict[str, Any] = {"model": model, "method": way.name, "n": len(reached)}
    for column, values in zip(_Reached._fields, zip(*reached.values(), strict=True), strict=True):
        mean, low, high = bootstrap(values)
        row |= {column: mean, f"{column}_low": min(low, mean), f"{column}_high": max(high, mean)}
    return {**row, "labels_used": way.labels, "calls_used": way.calls}
