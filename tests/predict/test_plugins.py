"""Kinds that other packages bring: the example package is built, installed and asked."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from taskatlas.errors import CardError, ModelError
from taskatlas.predict import plugins
from taskatlas.registry.load import load
from taskatlas.store.parts import Parts
from tests.conftest import ROOT
from tests.predict.ask import predict
from tests.predict.conftest import examples
from tests.registry.project import write_cards

CARD = "name: loud\ndescription: d\nkind: shouting\n"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package in it, as pip installs it."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    subprocess.run([*command, str(ROOT / "examples" / "shouting")], check=True)
    return target


@pytest.fixture
def shouting(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)


@pytest.mark.usefixtures("shouting")
def test_a_card_of_an_installed_kind_is_read_and_answers(tmp_path: Path) -> None:
    write_cards(tmp_path)
    (tmp_path / "models/loud.yaml").write_text(CARD + "share: 0.25\nfamilies: [sentiment]\n")
    found = load(tmp_path)
    card = found.models["loud"]
    assert card.kind == "shouting"
    (subject,) = found.subjects("loud")
    assert (found.output_kind(subject), found.labels(subject)) == ("classes", ("calm", "shouted"))
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
    points = [metadata.EntryPoint("odd", value, plugins.GROUP) for value in values]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: points)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["no_such_module:KIND"], "cannot be imported .ModuleNotFoundError"),
        (["json:dumps"], r"json:dumps is no taskatlas\.predict\.plugins\.Kind"),
        (["json:dumps", "json:loads"], "two packages bring it"),
    ],
)
def test_packages_that_bring_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: list[str],
                                  told: str) -> None:  # fmt: skip
    brings(monkeypatch, *values)
    with pytest.raises(ModelError, match=told):
        plugins.kind_of("odd")
    write_cards(tmp_path)
    (tmp_path / "models/odd.yaml").write_text(CARD.replace("shouting", "odd"))
    with pytest.raises(ModelError, match=r"^models/odd.yaml: "):
        load(tmp_path)
