"""What fits nowhere of languages, as far as cards say them: texts that the surrogate, or a model, was not trained to
read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskatlas.cards.labels import in_brief
from taskatlas.registry.registry import Registry, Subject
from taskatlas.registry.rowwise import Line
from taskatlas.schemas.cards import CorpusCard, DatasetCard

SEVERAL = "mul"


def languages(registry: Registry, subjects: Iterable[Subject]) -> Iterator[Line]:
    """Yield a line for each text set that the surrogate does not read, and for each model that is meant for such."""
    surrogate = registry.surrogate
    text_sets: list[tuple[str, DatasetCard | CorpusCard]] = [("corpora", registry.corpus)]
    text_sets += [("datasets", card) for card in registry.datasets.values()]
    for folder, card in text_sets:
        if not _reads(surrogate.language, card.language):
            reads = f"the surrogate {surrogate.name} reads {surrogate.language}"
            what = f"its texts are in {_named(card.language)}, and {reads}"
            todo = f"name a surrogate in atlas.yaml that reads both, with `language: {SEVERAL}` on its card"
            yield registry.file(folder, card.name), what, todo
    for model in dict.fromkeys(each.model.name for each in subjects):
        yield from _unread(registry, model)


def _unread(registry: Registry, model: str) -> Iterator[Line]:
    language = registry.models[model].language
    meant = {card.name: card for subject in registry.subjects(model) for card in registry.meant(subject)}
    unread = [card for card in meant.values() if not _reads(language, card.language)]
    if unread:
        named = in_brief([f"{card.name} ({_named(card.language)})" for card in unread])
        todo = f"take them from what it is meant for, or write `language: {SEVERAL}` there if it reads them"
        yield registry.file("models", model), f"it reads {language}, and is meant for texts of {named}", todo


def _named(language: str | None) -> str:
    return "several languages" if language == SEVERAL else str(language)


def _reads(reader: str | None, texts: str | None) -> bool:
    """Return whether who reads one language reads another: by the language alone, whatever its script and country."""
    if reader is None or texts is None or reader == SEVERAL:
        return True
    return reader.partition("-")[0] == texts.partition("-")[0]
