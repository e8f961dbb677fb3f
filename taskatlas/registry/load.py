"""Reading the registry: the cards of one project, checked and held together.

A project is a folder with atlas.yaml and the folders surrogates/, models/, prompts/, datasets/, described/,
corpora/, known_scores/ and known_transfers/, each with one YAML card per entry. `load` either returns a registry in
which every name leads somewhere, or raises what is wrong with it, all at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from taskatlas.cards.files import PROJECT_FILE, faults_of, read_yaml, within
from taskatlas.errors import CardError, TaskatlasError, raise_all
from taskatlas.predict import plugins
from taskatlas.predict.render import check_prompt
from taskatlas.registry import grids, references
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import CorpusCard, DatasetCard, DescribedCard, KnownScoresCard, KnownTransfersCard
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import MODEL_KINDS, AnyModel
from taskatlas.schemas.project import ProjectCard
from taskatlas.schemas.prompts import PromptCard

_MODELS: TypeAdapter[Any] = TypeAdapter(AnyModel)
_KINDS: Mapping[str, TypeAdapter[Any]] = {
    "surrogates": TypeAdapter(SurrogateCard),
    "models": _MODELS,
    "prompts": TypeAdapter(PromptCard),
    "datasets": TypeAdapter(DatasetCard),
    "described": TypeAdapter(DescribedCard),
    "corpora": TypeAdapter(CorpusCard),
    "known_scores": TypeAdapter(KnownScoresCard),
    "known_transfers": TypeAdapter(KnownTransfersCard),
}
"""Folder of cards → what one of them holds."""


def load(folder: Path) -> Registry:
    """Read and check all cards of the project in `folder`; unchanged files are not read twice.

    Raises:
        CardError: no project there, or a card or name that does not hold; says file, field and what was expected.
        FaultsError: several of these, all that there are.

    """
    _require_project(folder)
    files = _files(folder, "*")
    return _load(folder, tuple(_stamp(file) for file in [folder / PROJECT_FILE, *files]))


def read_registry(folder: Path) -> tuple[Registry | None, list[TaskatlasError]]:
    """Read all cards of the project in `folder`.

    Returns:
        The cards that hold, None where atlas.yaml does not; and all that is wrong with the others and with names.

    Raises:
        CardError: there is no project.

    """
    _require_project(folder)
    reading = _Reading(folder)
    settings = reading.card(folder / PROJECT_FILE, TypeAdapter(ProjectCard))
    cards: dict[str, Any] = {kind: reading.cards(kind, adapter) for kind, adapter in _KINDS.items()}
    reading.lay_out_grids(cards)
    if settings is None:
        return None, reading.faults
    registry = Registry(folder, settings, **cards, files=reading.files)
    return registry, [*reading.faults, *references.faults(registry, reading.broken)]


def _require_project(folder: Path) -> None:
    if not (folder / PROJECT_FILE).is_file():
        raise CardError(
            f"there is no project here ({PROJECT_FILE} is missing)",
            where=str(folder),
            todo="name a project with --project, or write one with `taskatlas init DIR`",
        )


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
    registry, faults = read_registry(folder)
    raise_all(faults)
    assert registry is not None, "a project whose atlas.yaml does not hold has a fault"
    return registry


class _Reading:
    """Reads all cards of a project, and gathers what is wrong with them.

    Args:
        folder: of the project.

    Attributes:
        files: folder and name of a card → its file.
        faults: of the cards that do not hold.
        broken: names that those cards may have; other cards may rightly name them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: dict[tuple[str, str], str] = {}
        self.faults: list[TaskatlasError] = []
        self.broken: set[str] = set()

    def cards(self, kind: str, adapter: TypeAdapter[Any]) -> dict[str, Any]:
        """Return the cards of a folder by name, sorted; of two of one name the first."""
        cards: dict[str, Any] = {}
        for file in _files(self._folder, kind):
            card, path = self.card(file, adapter), f"{kind}/{file.name}"
            if card is None:
                continue
            if card.name in cards:
                what = f"the name {card.name!r} is taken by {self.files[kind, card.name]}"
                self.faults.append(CardError(what, where=f"{path}: name", todo="rename one of them"))
            else:
                cards[card.name], self.files[kind, card.name] = card, path
        return dict(sorted(cards.items()))

    def lay_out_grids(self, cards: dict[str, Any]) -> None:
        """Put the models of cards that stand for several in their place."""
        cards["models"], members, faults = grids.models_of(cards["models"])
        cards["prompts"] = grids.prompts_for(cards["prompts"], members)
        for name, names in members.items():
            self.files |= dict.fromkeys((("models", each) for each in names), self.files["models", name])
        for name, fault in faults:
            fault.where = f"{self.files['models', name]}: name"
            self.faults.append(fault)

    def card(self, file: Path, adapter: TypeAdapter[Any]) -> Any:
        """Return a card, or None where it does not hold."""
        path = file.relative_to(self._folder).as_posix()
        content: Any = {}
        try:
            content = read_yaml(file, path)
            if adapter is _MODELS and (kind := _plugin_card(content.get("kind"), path)):
                adapter = TypeAdapter[Any](kind)
            card = adapter.validate_python(content)
            if isinstance(card, PromptCard):
                with within(path):
                    check_prompt(card)
        except ValidationError as error:
            kinds = [*MODEL_KINDS, *plugins.BROUGHT.names()]
            self.faults += faults_of(error, path, content, _fields(adapter, content), kinds)
        except TaskatlasError as error:
            self.faults.append(error)
        else:
            return card
        self.broken |= {file.stem, str(content.get("name", file.stem))}
        return None


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
