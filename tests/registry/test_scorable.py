"""What keeps a subject from being scored on a dataset is decided once."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.plan.answers import can_score
from taskatlas.registry.load import load
from taskatlas.registry.scorable import Obstacle, obstacle
from tests.support.projects import write_project

CLASSES = ("negative", "positive")
CASES = [
    ("classes", CLASSES, "classes", None),
    ("classes", CLASSES, "text", None),
    ("classes", ("Positive", "NEGATIVE", "none"), "classes", None),
    ("classes", ("positive",), "classes", Obstacle.LABELS_UNREACHED),
    ("classes", (), "text", Obstacle.NO_LABELS),
    ("classes", (), "number", Obstacle.NO_LABELS),
    ("number", (), "number", None),
    ("number", CLASSES, "classes", Obstacle.DATASET_HOLDS_NUMBERS),
    ("number", (), "text", Obstacle.DATASET_HOLDS_NUMBERS),
]


@pytest.mark.parametrize(("held", "labels", "kind", "found"), CASES)
def test_what_is_in_the_way(tmp_path: Path, held: str, labels: tuple[str, ...], kind: str, found: Obstacle | None):
    registry = load(write_project(tmp_path))
    card = registry.datasets["mood"].model_copy(update={"labels": "number"} if held == "number" else {})
    subject = registry.subjects("enc")[0]
    assert obstacle(card, subject, labels, kind) is found
    assert can_score(card, subject, labels, kind) is (found is None)
