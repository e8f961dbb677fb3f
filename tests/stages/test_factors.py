"""A merge whose factors are found, in a run: they are found once, by labels of the train split, and not by all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from taskatlas.hashing import text_id
from taskatlas.plan.plan import Plan
from taskatlas.predict.holdout import fitted_on
from taskatlas.stages import predict
from taskatlas.stages.raw_forecasts import unseen
from taskatlas.stages.taught import taught_by
from tests.support.merging import tuned
from tests.support.projects import write_card
from tests.support.stage_runs import answered

LABELS = ("negative", "positive")
NAMED = {"id2label": dict(enumerate(LABELS)), "label2id": {label: at for at, label in enumerate(LABELS)}}


@pytest.fixture(scope="module")
def merging(finished: Plan, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Copies of a project with a merge of two."""
    made = Path(shutil.copytree(finished.project.folder, tmp_path_factory.mktemp("merging") / "project"))
    weights = [tuned(made, name, seed, made / "weights", **NAMED) for name, seed in (("one", 1), ("two", 2))]
    pinned = finished.project.registry.surrogate.weights
    fields = {
        "base": pinned.model_dump(mode="json", exclude_none=True),
        "models": [{"weights": each.model_dump(mode="json", exclude_none=True)} for each in weights],
        "factors": {"by": "labels", "dataset": "mood"},
    }
    write_card(made, "models", "both", kind="merge", labels=[*LABELS], **fields)
    answered(made)

    def copy(name: str) -> Path:
        return Path(shutil.copytree(made, made.parent / name))

    return copy


def factors_of(folder: Path) -> dict[str, list[list[float]]]:
    return {path.name: np.load(path)["factors"].tolist() for path in (folder / "warehouse/parts/factors").glob("*.npz")}


def flip(folder: Path, wanted: str) -> None:
    """Give another label to the row whose text has this id."""
    path = folder / "data/mood.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    (row,) = [row for row in rows if text_id(row["text"]) == wanted]
    row["label"] = {"negative": "positive", "positive": "negative"}[row["label"]]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))


@pytest.mark.parametrize("which", ["test", "held out", "fitted on"])
def test_only_labels_that_it_is_fitted_on_are_read(merging: Callable[[str], Path], which: str):
    folder = merging(which.replace(" ", "-"))
    before = factors_of(folder)
    plan = answered(folder)
    assert factors_of(folder) == before
    assert len(before) == 1, "one for all text sets"
    fit = plan.project.registry.models["both"].fit
    assert fit is not None
    train = predict.split_of(plan.project, plan.datasets["mood"].examples, "train")
    test = predict.split_of(plan.project, plan.datasets["mood"].examples, "test")
    fitted = fitted_on(fit, train)
    of_which = {"test": test, "held out": train.filter(pa.array(~fitted)), "fitted on": train.filter(pa.array(fitted))}
    # the last of its kind, as the first of a label is fitted on whatever the hash says
    flip(folder, of_which[which]["text_id"][-1].as_py())
    answered(folder)
    assert (set(factors_of(folder)) == set(before)) is (which != "fitted on")


def test_what_it_has_seen_is_known(merging: Callable[[str], Path]):
    plan = answered(merging("seen"))
    assert "both" in taught_by(plan.project)["mood"]
    assert "both" not in taught_by(plan.project).get("feel", set())
    assert {card.name for card in plan.project.registry.targets(plan.project.subjects["both"])} == {"mood", "feel"}
    fit, subject = plan.project.registry.models["both"].fit, plan.project.subjects["both"]
    assert fit is not None
    mood, feel = (predict.split_of(plan.project, plan.datasets[name].examples, "train") for name in ("mood", "feel"))
    kept = unseen(subject, plan.project.registry.datasets["mood"], mood)
    assert (kept == ~fitted_on(fit, mood)).all(), "its forecast there uses the others alone"
    assert 0 < kept.sum() < len(kept)
    assert unseen(subject, plan.project.registry.datasets["feel"], feel).all()
