"""New files of a project, beside those that are there: whole or not at all, and over another only where a person says
so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from taskatlas.cards.files import faults_of, read_yaml
from taskatlas.errors import CardError
from taskatlas.hashing import file_sha256
from taskatlas.importers.report import State
from taskatlas.predict.render import check_prompt
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import DatasetCard, KnownScoresCard, KnownTransfersCard
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import ROW, PromptCard
from taskatlas.store.atomic import replacing

Addition = PromptCard | DatasetCard | KnownScoresCard | KnownTransfersCard | ModelCard
_Card = TypeVar("_Card", PromptCard, DatasetCard, KnownScoresCard, KnownTransfersCard, EndpointModel)
_FOLDERS: Mapping[type[Addition], str] = {
    PromptCard: "prompts", DatasetCard: "datasets", KnownScoresCard: "known_scores",
    KnownTransfersCard: "known_transfers", ModelCard: "models",
}  # fmt: skip


class Additions:
    """A project to which cards are added.

    Args:
        registry: the project as it is.
        replace: whether a card or a file gives way to a new one of its name.
    """

    def __init__(self, registry: Registry, *, replace: bool = False) -> None:
        self._folder, self._replace = registry.folder, replace
        self._written: set[str] = set()
        cards: list[Addition] = [
            *registry.prompts.values(), *registry.datasets.values(), *registry.known_scores.values(),
            *registry.known_transfers.values(), *registry.models.values(),
        ]  # fmt: skip
        self._known = {card_path(card): card for card in cards}
        self._corpus_sources = {
            each.source: f"the corpus {card.name}" for card in registry.corpora.values() for each in card.sources
        }
        self._equal = {prompt_content(card): card_path(card) for card in registry.prompts.values()}

    def equal_prompt(self, card: PromptCard) -> str | None:
        """Return the file of a card of the project that shows and asks the same; that of its own name before others.

        None where its own name has a card that is to give way: another one of the same content does not replace it.

        """
        known = self._known.get(card_path(card))
        if isinstance(known, PromptCard) and prompt_content(known) == prompt_content(card):
            return card_path(card)
        if known is not None and self._replace and card_path(card) not in self._written:
            return None
        return self._equal.get(prompt_content(card))

    def replaced_content(self, card: Addition) -> str:
        """Return, for a person, what a card says that will give way and the new one does not; '' where there is
        none."""
        known = self._known.get(card_path(card))
        if known is None or not self._replace:
            return ""  # what is not replaced is told by its state
        before, after = known.model_dump(mode="json"), card.model_dump(mode="json")
        changed = [
            f"{name}: {before[name]!r}" for name in before if before[name] != after.get(name) and name != "description"
        ]
        return f"it was {'; '.join(changed)}" if changed else ""

    def require_own_source(self, card: DatasetCard) -> None:
        """Check that no other card names the data that are written for one, as they may give way to it.

        Raises:
            CardError: one does.

        """
        others = [each for each in self._known.values() if isinstance(each, DatasetCard) and each.name != card.name]
        named = {each.source: card_path(each) for each in others} | self._corpus_sources
        if self._replace and card.source in named:
            raise CardError(f"{named[card.source]} names this file, too", where=card.source)

    def families(self) -> set[str]:
        """Return the families of the project's datasets, with those that were added."""
        return {card.family for card in self._known.values() if isinstance(card, DatasetCard)}

    def has(self, path: str) -> bool:
        """Return whether the project has a card in a file."""
        return path in self._known

    def dataset_in(self, path: str) -> DatasetCard | None:
        """Return the dataset whose card is in a file of the project; None where it is none."""
        card = self._known.get(path)
        return card if isinstance(card, DatasetCard) else None

    def state(self, card: Addition) -> State:
        """Return 'imported' for a card that can be written, 'there already' for one that equals the project's, and
        'replaced' for one that another gives way to.

        Raises:
            CardError: another card has its name, or another file its path.

        """
        known = self._known.get(card_path(card))
        if known is None:
            return self.file_state(card_path(card), None)
        # as JSON: equal dictionaries may differ in their order, and the order of choices belongs to a prompt
        if known.model_dump_json() == card.model_dump_json():
            return "there already"
        if not self._replace or card_path(card) in self._written:
            raise CardError(f"another card is called {card.name!r}", where=card_path(card))
        if self._name_in(card_path(card)) != card.name:
            what = f"the card that is called {card.name!r} stands in another file"
            raise CardError(what, where=card_path(card), todo="rename that file like the card, and import again")
        return "replaced"

    def _name_in(self, path: str) -> object:
        """Return the name of the card in a file; None where there is no such file."""
        return read_yaml(self._folder / path, path).get("name") if (self._folder / path).is_file() else None

    def file_state(self, path: str, content: bytes | Path | None) -> State:
        """Return the same for a file of the project.

        Args:
            path: relative to the project.
            content: what it is to hold, or a file with that; None: any file that is there is another one.

        Raises:
            CardError: another file is there.

        """
        file = self._folder / path
        if not os.path.lexists(file):
            return "imported"
        try:
            if content is not None and file.is_file() and _holds(file, content):
                return "there already"
        except OSError as error:
            raise CardError(f"cannot be read ({error.strerror})", where=path) from error
        if self._replace and content is not None and file.is_file() and path not in self._written:
            return "replaced"
        raise CardError("another file is in its place", where=path)

    def write(self, card: Addition) -> State:
        """Write a card, unless it is there already.

        Raises:
            CardError: as `state`.
            StoreError: the folder cannot be written, or the disk is full.

        """
        state = self.state(card)
        if state != "there already":
            self.write_file(card_path(card), as_yaml(card).encode())
            self._remember(card)
        return state

    def _remember(self, card: Addition) -> None:
        former = self._known.get(card_path(card))
        self._known[card_path(card)] = card
        if isinstance(former, PromptCard):
            self._equal.pop(prompt_content(former), None)
        if isinstance(card, PromptCard):
            self._equal.setdefault(prompt_content(card), card_path(card))

    def write_file(self, path: str, content: bytes | Path) -> State:
        """Write a file, or copy one, unless it is there already.

        Raises:
            CardError: as `file_state`.
            StoreError: as `write`.

        """
        state = self.file_state(path, content)
        if state != "there already":
            with replacing(self._folder / path) as temporary:
                if isinstance(content, Path):
                    shutil.copyfile(content, temporary)
                else:
                    temporary.write_bytes(content)
                if state == "imported":
                    self.file_state(path, None)  # somebody else may have written it meanwhile
            self._written.add(path)
        return state


def _holds(file: Path, content: bytes | Path) -> bool:
    if isinstance(content, Path):
        return file_sha256(file) == file_sha256(content)
    return file.read_bytes() == content


def checked_card(kind: type[_Card], content: Mapping[str, Any]) -> _Card:
    """Return a card of these fields, checked as if it had been read.

    Raises:
        CardError: a field does not hold.
        PromptError: a prompt does not hold.

    """
    try:
        card = kind.model_validate(content)
    except ValidationError as error:
        raise faults_of(error, "", content, sorted(kind.model_fields))[0] from None
    if isinstance(card, PromptCard):
        check_prompt(card)
    return card


def prompt_content(card: PromptCard) -> str:
    """Return what makes two cards ask the same: all but the name, and what is said about it."""
    return card.model_dump_json(exclude={"name", "description", "license"})


def card_path(card: Addition) -> str:
    """Return the path of a card relative to its project."""
    folder = next(folder for kind, folder in _FOLDERS.items() if isinstance(card, kind))
    return f"{folder}/{card.name}.yaml"


def as_yaml(card: Addition) -> str:
    """Return a card as a person would write it: without the fields that have their default, and with lines as lines."""
    fields = card.model_dump(mode="json", exclude_defaults=True)
    if isinstance(card, PromptCard) and card.takes_all_choices:
        fields["choices"] = ROW
    return yaml.dump(fields, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that writes texts of several lines as such, and rare white space so that it is read as it was."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if not all(line.isprintable() for line in text.split("\n")):
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
