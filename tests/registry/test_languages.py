"""Languages that cards say are held against each other, and what the line advises mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.registry.load import load
from taskatlas.registry.mismatches import mismatches
from tests.support.cards import change_card
from tests.support.projects import write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def told(project: Path) -> list[str]:
    return [str(each) for each in mismatches(load(project))]


@pytest.mark.parametrize(
    ("surrogate", "texts"),
    [(None, "hi"), ("en", None), ("en", "en"), ("en", "en-GB"), ("hi", "hi-Latn"), ("mul", "mr")],
)
def test_languages_that_fit_are_told_nothing(project: Path, surrogate: str | None, texts: str | None) -> None:
    change_card(project / "surrogates/tiny.yaml", language=surrogate)
    change_card(project / "datasets/mood.yaml", language=texts)
    change_card(project / "corpora/web.yaml", language=texts)
    assert told(project) == []


@pytest.mark.parametrize(
    ("path", "texts", "named"),
    [
        ("datasets/mood.yaml", "hi", "hi"),
        ("datasets/mood.yaml", "mul", "several languages"),
        ("corpora/web.yaml", "mr-Deva", "mr-Deva"),
    ],
)
def test_texts_that_the_surrogate_does_not_read(project: Path, path: str, texts: str, named: str) -> None:
    change_card(project / "surrogates/tiny.yaml", language="en")
    change_card(project / path, language=texts)
    assert told(project) == [
        f"{path}: its texts are in {named}, and the surrogate tiny reads en. Name a surrogate in atlas.yaml that reads "
        "both, with `language: mul` on its card"
    ]
    change_card(project / "surrogates/tiny.yaml", language="mul")
    assert told(project) == []


def test_a_model_that_is_meant_for_texts_that_it_does_not_read(project: Path) -> None:
    change_card(project / "models/enc.yaml", language="en")
    change_card(project / "datasets/mood.yaml", language="hi")
    assert told(project) == [
        "models/enc.yaml: it reads en, and is meant for texts of mood (hi). Take them from what it is meant for, or "
        "write `language: mul` there if it reads them"
    ]
    change_card(project / "models/enc.yaml", language="mul")
    assert told(project) == []
