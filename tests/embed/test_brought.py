"""Methods that other packages bring: found by name, imported when asked for, faults told with the package's name."""

from __future__ import annotations

from importlib import metadata

import pytest

from taskatlas.embed import BROUGHT, METHODS, OURS, Options
from taskatlas.embed.text import Text
from taskatlas.errors import TaskatlasError
from taskatlas.installed import groups


def brings(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    points = [metadata.EntryPoint("odd", value, BROUGHT.name) for value in values]
    monkeypatch.setattr(groups, "entry_points", lambda **_: points)


def odd(options: Options) -> Text:
    return Text(options.axes, name="odd")


def other(options: Options) -> Text:
    return Text(options.axes)


def nothing(options: Options) -> None:
    return None


def test_a_method_of_a_package_is_one_of_all(monkeypatch: pytest.MonkeyPatch):
    before = list(METHODS)
    assert "odd" not in METHODS
    brings(monkeypatch, f"{__name__}:odd")
    assert list(METHODS) == [*before, "odd"]
    assert len(METHODS) == len(before) + 1
    assert METHODS["odd"](Options()).name == "odd"


def test_ours_are_not_replaced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(groups, "entry_points", lambda **_: [metadata.EntryPoint("text", "gone:gone", BROUGHT.name)])
    assert METHODS["text"] is OURS["text"]
    assert len(METHODS) == len(set(METHODS)) == len(OURS)


def test_there_is_no_such_method():
    with pytest.raises(KeyError):
        METHODS["no-such-method"]


@pytest.mark.parametrize(("values", "told"), [
    (["no_such_module:norms"], r"^method odd of .*: cannot be loaded .ModuleNotFoundError"),
    ([f"{__name__}:gone"], r"cannot be loaded .AttributeError"),
    (["json:dumps"], r"cannot be loaded .TypeError: Object of type Options"),
    ([f"{__name__}:nothing"], r"nothing is no function from taskatlas\.Options to a taskatlas\.Method of that name"),
    ([f"{__name__}:other"], "other is no function from"),
    (["json:dumps", "json:loads"], "two packages bring it"),
])  # fmt: skip
def test_packages_that_bring_none(monkeypatch: pytest.MonkeyPatch, values: list[str], told: str):
    brings(monkeypatch, *values)
    with pytest.raises(TaskatlasError, match=told):
        METHODS["odd"]
