"""Reading the registry: the cards of one project, checked and held together.

A project is a folder with atlas.yaml and the folders surrogates/, models/, prompts/, datasets/ and corpora/, each with
one YAML card per entry. `load` either returns a registry in which every name leads somewhere, or raises a CardError.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from taskatlas.cards.files import PROJECT_FILE, describe, read_yaml, within
from taskatlas.errors import CardError
from taskatlas.predict import plugins
from taskatlas.predict.render import check_prompt
from taskatlas.registry import references
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import Card, CorpusCard, DatasetCard, SurrogateCard
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import MODEL_KINDS, AnyModel
from taskatlas.schemas.project import ProjectCard
from taskatlas.schemas.prompts import PromptCard

_MODELS: TypeAdapter[Any] = TypeAdapter(AnyModel)
_Any = TypeVar("_Any", bound=Card)


def load(folder: Path) -> Registry:
    """Read and check all cards of the project in `folder`; unchanged files are not read twice.

    Raises:
        CardError: no project there, or a card or name that does not hold; says file, field and what was expected.

    """
    if not (folder / PROJECT_FILE).is_file():
        raise CardError(
            f"there is no project here ({PROJECT_FILE} is missing)",
            where=str(folder),
            todo="name a project with --project, or write one with `taskatlas init DIR`",
        )
    files = _files(folder, "*")
    return _load(folder, tuple(_stamp(file) for file in [folder / PROJECT_FILE, *files]))


def _files(folder: Path, kind: str) -> list[Path]:
    """The card files of a kind; not those that editors hide beside them."""
    return sorted(file for file in folder.glob(f"{kind}/*.y*ml") if not file.name.startswith("."))


def _stamp(file: Path) -> tuple[str, int, int]:
    """What changes with a file; a file that cannot be looked at is reported when it is read."""
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _load(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> Registry:  # noqa: ARG001 - the cache's key
    places: references.Places = {}
    registry = Registry(
        folder=folder,
        project=_card(folder, folder / PROJECT_FILE, TypeAdapter(ProjectCard)),
        surrogates=_cards(folder, "surrogates", TypeAdapter(SurrogateCard), places),
        models=_cards(folder, "models", _MODELS, places),
        prompts=_cards(folder, "prompts", TypeAdapter(PromptCard), places),
        datasets=_cards(folder, "datasets", TypeAdapter(DatasetCard), places),
        corpora=_cards(folder, "corpora", TypeAdapter(CorpusCard), places),
    )
    references.check(registry, places)
    return registry


def _cards(folder: Path, kind: str, adapter: TypeAdapter[_Any], places: references.Places) -> dict[str, _Any]:
    found: dict[str, _Any] = {}
    for file in _files(folder, kind):
        card, place = _card(folder, file, adapter), f"{kind}/{file.name}"
        if card.name in found:
            raise CardError(
                f"the name {card.name!r} is taken by {places[kind, card.name]}",
                where=f"{place}: name",
                todo="rename one of them",
            )
        found[card.name], places[kind, card.name] = card, place
    return dict(sorted(found.items()))


def _card(folder: Path, file: Path, adapter: TypeAdapter[_Any]) -> _Any:
    place = file.relative_to(folder).as_posix()
    content: Any = read_yaml(file, place)
    if adapter is _MODELS and (kind := _brought(content.get("kind"), place)):
        adapter = TypeAdapter[Any](kind)
    try:
        card = adapter.validate_python(content)
    except ValidationError as error:
        raise describe(error, place, content, _fields(adapter, content)) from None
    if isinstance(card, PromptCard):
        with within(place):
            check_prompt(card)
    return card


def _brought(kind: Any, place: str) -> type[ModelCard] | None:
    """The card of a kind that another package brings."""
    if not isinstance(kind, str) or kind in MODEL_KINDS:
        return None
    with within(place):
        found = plugins.kind_of(kind)
    return found.card if found else None


def _fields(adapter: TypeAdapter[Any], content: Any) -> list[str]:
    """The fields that a card of this kind can have, to offer the nearest one for a misspelt field."""
    kind = content.get("kind")
    if isinstance(kind, str) and kind in MODEL_KINDS:
        return sorted(MODEL_KINDS[kind].model_fields)
    return sorted(adapter.json_schema().get("properties", {}))
