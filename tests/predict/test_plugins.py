"""Kinds that other packages bring: the example package is built, installed and asked."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from taskatlas.errors import CardError, ModelError
from taskatlas.installed import groups
from taskatlas.predict.plugins import BROUGHT, kind_of
from taskatlas.registry.load import load
from taskatlas.store.parts import Parts
from tests.support.asking import examples, predict
from tests.support.cards import write_cards
from tests.support.environments import installed_example

CARD = "name: loud\ndescription: d\nkind: shouting\n"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package in it."""
    return installed_example("shouting", tmp_path_factory.mktemp("installed"))


@pytest.fixture
def shouting(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)


@pytest.mark.usefixtures("shouting")
def test_a_card_of_an_installed_kind_is_read_and_answers(tmp_path: Path) -> None:
    write_cards(tmp_path)
    (tmp_path / "models/loud.yaml").write_text(CARD + "share: 0.25\nfamilies: [sentiment]\n")
    project = load(tmp_path)
    card = project.models["loud"]
    assert card.kind == "shouting"
    (subject,) = project.subjects("loud")
    assert (project.output_kind(subject), project.labels(subject)) == ("classes", ("calm", "shouted"))
    table = predict(card, [None], examples(["all calm", "SO LOUD", "A bit"]), tmp_path, Parts(tmp_path / "parts"))
    rows = table["loud"].to_pylist()
    assert [row["label"] for row in rows] == ["calm", "shouted", "calm"]
    assert rows[2]["probabilities"] == pytest.approx([0.5, 0.5])
    assert card.content == {"labels": ["calm", "shouted"], "share": 0.25}


@pytest.mark.usefixtures("shouting")
def test_its_fields_are_checked(tmp_path: Path) -> None:
    write_cards(tmp_path)
    (tmp_path / "models/loud.yaml").write_text(CARD + "shar: 0.25\n")
    with pytest.raises(CardError, match=r"^models/loud.yaml: shar: there is no such field\. Did you mean 'share'"):
        load(tmp_path)


def test_without_the_package_there_is_no_such_kind(tmp_path: Path) -> None:
    write_cards(tmp_path)
    (tmp_path / "models/loud.yaml").write_text(CARD)
    with pytest.raises(CardError, match=r"^models/loud.yaml: kind: there is no kind 'shouting'"):
        load(tmp_path)


def brings(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    points = [metadata.EntryPoint("odd", value, BROUGHT.name) for value in values]
    monkeypatch.setattr(groups, "entry_points", lambda **_: points)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["no_such_module:KIND"], "cannot be loaded .ModuleNotFoundError"),
        (["json:dumps"], r"json:dumps is no taskatlas\.Kind"),
        (["json:dumps", "json:loads"], "two packages bring it"),
    ],
)
def test_packages_that_bring_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: list[str],
                                  message: str) -> None:  # fmt: skip
    brings(monkeypatch, *values)
    with pytest.raises(ModelError, match=message):
        kind_of("odd")
    write_cards(tmp_path)
    (tmp_path / "models/odd.yaml").write_text(CARD.replace("shouting", "odd"))
    with pytest.raises(ModelError, match=r"^models/odd.yaml: "):
        load(tmp_path)
