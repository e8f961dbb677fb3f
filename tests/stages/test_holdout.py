"""A probe is fitted on a share of its dataset, and its forecast there uses the rest only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from taskatlas.hashing import text_id
from taskatlas.plan.plan import Plan
from taskatlas.predict.holdout import fitted_on
from taskatlas.schemas.models import ProbeModel
from taskatlas.stages import predict
from tests.support.asking import examples
from tests.support.cards import change_card
from tests.support.stage_runs import answered, benchmarked


def probe(holdout: float = 0.25) -> ProbeModel:
    return ProbeModel(kind="probe", name="p", description="d", encoder="enc", dataset="mood", holdout=holdout)


def labelled(n: int, labels: list[str | float | None]) -> pa.Table:
    return examples([f"text {place}" for place in range(n)], labels, origin_kind="dataset")


def test_the_share_is_about_what_the_card_says_and_content_decides_who():
    train = labelled(2_000, ["a", "b"] * 1_000)
    fitted = fitted_on(probe().fit, train)
    assert 0.72 < fitted.mean() < 0.78
    upside_down = train.take(list(range(1_999, -1, -1)))
    unlike = fitted_on(probe().fit, upside_down)[::-1] != fitted
    assert unlike.sum() <= 4, "only which example is the first of its label may depend on the order"
    stricter = fitted_on(probe(0.5).fit, train)
    assert not (stricter & ~fitted).any(), "a larger holdout takes more from it and gives nothing back"


def test_no_holdout_fits_on_all_and_a_number_has_no_first_of_its_label():
    assert fitted_on(probe(0.0).fit, labelled(50, ["a", "b"] * 25)).all()
    fitted = fitted_on(probe(0.99).fit, labelled(200, [float(place) for place in range(200)]))
    assert fitted.sum() < 10


@pytest.mark.parametrize("holdout", [0.5, 0.99])
def test_every_label_is_fitted_on(holdout: float):
    labels = [f"label {place % 150}" for place in range(300)]
    fitted = fitted_on(probe(holdout).fit, labelled(300, list(labels)))
    assert {label for label, used in zip(labels, fitted, strict=True) if used} == set(labels)


def train_of(plan: Plan, name: str) -> pa.Table:
    return predict.split_of(plan.project, plan.datasets[name].examples, "train")


def forecast_sizes(plan: Plan) -> dict[tuple[str, str], int]:
    rows = plan.project.parts.read("forecasts", plan.benchmark_work.forecasts).to_pylist()
    return {(row["subject"], row["dataset"]): row["n"] for row in rows}


def test_its_forecast_on_its_own_dataset_uses_the_held_out_texts_only(finished: Plan):
    card = finished.project.registry.models["probe"]
    assert isinstance(card, ProbeModel)
    mood, feel = train_of(finished, "mood"), train_of(finished, "feel")
    held_out = int((~fitted_on(card.fit, mood)).sum())
    assert 0 < held_out < len(mood) / 2
    sizes = forecast_sizes(finished)
    assert sizes["probe", "mood"] == held_out
    assert sizes["probe", "feel"] == sizes["enc/plain", "feel"] == len(feel)
    assert sizes["enc/plain", "mood"] == len(mood)


def test_a_probe_that_was_fitted_on_all_has_no_forecast_there(copied: Callable[..., Path]):
    folder = copied()
    change_card(folder / "models/probe.yaml", holdout=0.0)
    sizes = forecast_sizes(benchmarked(folder))
    assert ("probe", "mood") not in sizes
    assert ("probe", "feel") in sizes


def _flip(folder: Path, wanted: str) -> None:
    """Give another label to the row whose text has this id."""
    path = folder / "data/mood.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    (row,) = [row for row in rows if text_id(row["text"]) == wanted]
    row["label"] = {"negative": "positive", "positive": "negative"}[row["label"]]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))


@pytest.mark.parametrize(("part", "same"), [("held out", True), ("fitted on", False)])
def test_the_labels_of_held_out_texts_are_not_seen(finished: Plan, copied: Callable[..., Path], part: str, same: bool):
    card = finished.project.registry.models["probe"]
    assert isinstance(card, ProbeModel)
    mood = train_of(finished, "mood")
    fitted = fitted_on(card.fit, mood)
    # the last of its kind, as the first of a label is fitted on whatever the hash says
    chosen = np.flatnonzero(~fitted if part == "held out" else fitted)[-1]
    folder = copied()
    _flip(folder, mood["text_id"][int(chosen)].as_py())
    before, after = (
        plan.project.parts.read("predictions", plan.answer_sets["probe"][0].key)
        for plan in (finished, answered(folder))
    )
    assert before["text_id"] == after["text_id"]
    assert (before["probabilities"] == after["probabilities"]) is same
