"""Reading the registry: the cards of one project, checked and held together.

A project is a folder with atlas.yaml and the folders surrogates/, models/, prompts/, datasets/, corpora/ and
known_scores/, each with one YAML card per entry. `load` either returns a registry in which every name leads somewhere,
or raises a CardError.
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
from taskatlas.schemas.cards import Card, CorpusCard, DatasetCard, KnownScoresCard, SurrogateCard
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
    """Return the card files of a kind; not those that editors hide beside them."""
    return sorted(file for file in folder.glob(f"{kind}/*.y*ml") if not file.name.startswith("."))


def _stamp(file: Path) -> tuple[str, int, int]:
    """Return what changes with a file; a file that cannot be looked at is reported when it is read."""
    try:
        status = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _load(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> Registry:  # noqa: ARG001 - the cache's key
    card_files: references.CardFiles = {}
    registry = Registry(
        folder=folder,
        project=_card(folder, folder / PROJECT_FILE, TypeAdapter(ProjectCard)),
        surrogates=_cards(folder, "surrogates", TypeAdapter(SurrogateCard), card_files),
        models=_cards(folder, "models", _MODELS, card_files),
        prompts=_cards(folder, "prompts", TypeAdapter(PromptCard), card_files),
        datasets=_cards(folder, "datasets", TypeAdapter(DatasetCard), card_files),
        corpora=_cards(folder, "corpora", TypeAdapter(CorpusCard), card_files),
        known_scores=_cards(folder, "known_scores", TypeAdapter(KnownScoresCard), card_files),
    )
    references.check(registry, card_files)
    return registry


def _cards(folder: Path, kind: str, adapter: TypeAdapter[_Any], card_files: references.CardFiles) -> dict[str, _Any]:
    cards: dict[str, _Any] = {}
    for file in _files(folder, kind):
        card, path = _card(folder, file, adapter), f"{kind}/{file.name}"
        if card.name in cards:
            raise CardError(
                f"the name {card.name!r} is taken by {card_files[kind, card.name]}",
                where=f"{path}: name",
                todo="rename one of them",
            )
        cards[card.name], card_files[kind, card.name] = card, path
    return dict(sorted(cards.items()))


def _card(folder: Path, file: Path, adapter: TypeAdapter[_Any]) -> _Any:
    path = file.relative_to(folder).as_posix()
    content: Any = read_yaml(file, path)
    if adapter is _MODELS and (kind := _plugin_card(content.get("kind"), path)):
        adapter = TypeAdapter[Any](kind)
    try:
        card = adapter.validate_python(content)
    except ValidationError as error:
        raise describe(
            error, path, content, _fields(adapter, content), [*MODEL_KINDS, *plugins.BROUGHT.names()]
        ) from None
    if isinstance(card, PromptCard):
        with within(path):
            check_prompt(card)
    return card


def _plugin_card(kind: Any, path: str) -> type[ModelCard] | None:
    """Return the card of a kind that another package brings."""
    if not isinstance(kind, str) or kind in MODEL_KINDS:
        return None
    with within(path):
        plugin = plugins.kind_of(kind)
    return plugin.card if plugin else None


def _fields(adapter: TypeAdapter[Any], content: Any) -> list[str]:
    """Return the fields that a card of this kind can have, to offer the nearest one for a misspelt field."""
    kind = content.get("kind")
    if isinstance(kind, str) and kind in MODEL_KINDS:
        return sorted(MODEL_KINDS[kind].model_fields)
    return sorted(adapter.json_schema().get("properties", {}))
