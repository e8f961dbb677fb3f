"""What fits nowhere and stops nobody: prompts that are never scored, and cards that nobody asks by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from taskatlas.cards.labels import folded, in_brief, other_spellings, to_paste
from taskatlas.errors import printable
from taskatlas.registry.languages import languages
from taskatlas.registry.registry import Registry, Subject
from taskatlas.registry.rowwise import is_about_choices, rowwise, shows_row_choices
from taskatlas.registry.scorable import Obstacle, obstacle
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.prompts import PromptCard


@dataclass(frozen=True)
class Mismatch:
    """One thing that a run leaves out without an error.

    Attributes:
        where: the card's file.
        what: what does not fit.
        todo: what would mend it.
    """

    where: str
    what: str
    todo: str

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.what}. {self.todo[:1].upper()}{self.todo[1:]}")


def mismatches(registry: Registry) -> list[Mismatch]:
    """Return all that does not fit in a project whose cards hold, each once."""
    subjects = registry.subjects()
    found = [*_unasked(registry, subjects), *(each for subject in subjects for each in _unscored(registry, subject))]
    found += [Mismatch(*line) for line in (*rowwise(registry, subjects), *languages(registry, subjects))]
    found += [*_unshown(registry, subjects), *_alike(registry, subjects)]
    return list(dict.fromkeys(found))


def _unasked(registry: Registry, subjects: Iterable[Subject]) -> Iterator[Mismatch]:
    """Yield prompts that no model is asked by; of a project without models `lacking` says what to add."""
    if not registry.models:
        return
    asked = {subject.prompt.name for subject in subjects if subject.prompt}
    for prompt in registry.prompts.values():
        if prompt.name not in asked:
            yield Mismatch(registry.file("prompts", prompt.name), *_why_unasked(registry, prompt))


def _why_unasked(registry: Registry, prompt: PromptCard) -> tuple[str, str]:
    takers = [card for card in registry.models.values() if card.takes_prompts]
    if not takers:
        return "no model is asked by it, as none takes prompts", "add a model of kind encoder, causal or endpoint"
    if prompt.demonstrations and not any(card.shows_demonstrations for card in takers):
        what = "its demonstrations are never shown, as no model here shows any"
        return what, "add a language model or an endpoint, or take demonstrations from the card"
    if prompt.followup and not any(card.asks_twice for card in takers):
        what = "its followup is never asked, as no model here writes a first answer"
        return what, "add a language model or an endpoint, or take the followup from the card"
    refusals = dict.fromkeys(filter(None, (card.refusal(prompt) for card in takers)))
    what = f"no model is asked by it: {'; '.join(refusals)}"
    may_write = [card.name for card in takers if hasattr(card, "mode") and not prompt.choices]
    if may_write:
        return what, f"write `mode: generate` on the card of {in_brief(may_write)}, or choices on the prompt's"
    return what, "change the prompt, or add a model that takes it"


def _unscored(registry: Registry, subject: Subject) -> Iterator[Mismatch]:
    """Yield datasets that a subject answers and that its labels do not reach: those that a mapping leads to in one, so
    that it can be pasted."""
    labels, kind = registry.labels(subject), registry.output_kind(subject)
    folder, holder = ("prompts", subject.prompt) if subject.prompt else ("models", subject.model)
    where = registry.file(folder, holder.name)
    unreached: list[DatasetCard] = []
    for card in registry.meant(subject):
        if subject.prompt and is_about_choices(subject.prompt, card):
            continue  # `rowwise` says so
        found = obstacle(card, subject, labels, kind)
        if found is Obstacle.DATASET_HOLDS_TEXTS:
            why = f"chooses among {in_brief(labels)}" if labels else f"answers {kind}"
            what = f"it is never scored on {card.name}, whose answers are texts, as it {why}"
            yield Mismatch(where, what, f"ask by a prompt without choices, or {_elsewhere(card)}")
        elif found is Obstacle.DATASET_HOLDS_NUMBERS:
            yield Mismatch(where, f"it is never scored on {card.name}, which holds numbers", _elsewhere(card))
        elif found is Obstacle.NO_LABELS:
            yield Mismatch(where, f"it is never scored on {card.name}, as it answers {kind}", _elsewhere(card))
        elif found is Obstacle.LABELS_UNREACHED and len(labels) < len(card.class_labels):
            todo = f"write choices for each of its labels, or {_elsewhere(card)}"
            yield Mismatch(where, _unreached([card], labels), todo)
        elif found is Obstacle.LABELS_UNREACHED:
            unreached.append(card)
    if unreached:
        yield Mismatch(where, _unreached(unreached, labels), _to_paste(unreached, labels, subject.mapping))


def _unreached(cards: Sequence[DatasetCard], labels: Sequence[str]) -> str:
    names = in_brief([card.name for card in cards])
    there = in_brief(list(dict.fromkeys(label for card in cards for label in card.class_labels)))
    return f"it is never scored on {names}: its labels ({in_brief(labels)}) do not reach all that there are ({there})"


def _unshown(registry: Registry, subjects: Iterable[Subject]) -> Iterator[Mismatch]:
    """Yield models that write and that prompts do not show their choices."""
    unshown: dict[str, list[str]] = {}
    for prompt, model in ((each.prompt, each.model) for each in subjects if each.prompt):
        if model.writes and prompt.choices and prompt.shows_choices and not _shows_choices(prompt):
            unshown.setdefault(model.name, []).append(prompt.name)
    for name, prompts in unshown.items():
        what = f"it writes, and is not shown the choices of {len(prompts)} prompts ({in_brief(prompts)})"
        todo = "write them into the templates, or `shows_choices: false` on the cards where that is meant"
        yield Mismatch(registry.file("models", name), what, todo)


def _shows_choices(prompt: PromptCard) -> bool:
    """Return whether a model may know the answers: by the template, the system text, or demonstrations."""
    if prompt.asks_rows:
        return prompt.demonstrations is not None or shows_row_choices(prompt)
    shown = " ".join((*prompt.templates, prompt.system or "")).casefold()
    of_label = ([label, choice] for label, choice in prompt.choices.items())
    return prompt.demonstrations is not None or all(
        any(word.casefold() in shown for word in words) for words in of_label
    )


def _alike(registry: Registry, subjects: Iterable[Subject]) -> Iterator[Mismatch]:
    """Yield models that write and are asked the same by several prompts."""
    worded: dict[tuple[str, str], list[str]] = {}
    for prompt, model in ((each.prompt, each.model) for each in subjects if each.prompt):
        if model.writes:
            wording = prompt.model_dump_json(include={"template", "system", "demonstrations", "followup"})
            worded.setdefault((model.name, wording), []).append(prompt.name)
    for (model_name, _), names in worded.items():
        if len(names) > 1:
            what = (
                f"{len(names)} prompts are worded alike for it ({in_brief(names)}), so it is asked once for all of them"
            )
            yield Mismatch(registry.file("models", model_name), what, "show each prompt's choices in its template")


def _elsewhere(card: DatasetCard) -> str:
    return f"take the family {card.family} or the dataset {card.name} from its card"


def _to_paste(cards: Sequence[DatasetCard], labels: Sequence[str], there: Mapping[str, Mapping[str, str]]) -> str:
    """Return the mapping that leads the labels to the datasets', with what is mapped already: by their names where
    these tell, else by order, which whoever pastes it must look at."""
    mapping = {name: dict(led) for name, led in there.items()}
    by_order = False
    for card in cards:
        same = {label: each for label in labels for each in card.class_labels if folded(label) == folded(each)}
        led = other_spellings(labels, card.class_labels) | same
        left = [each for each in card.class_labels if each not in led.values()]
        by_order = by_order or bool(left)
        mapping[card.name] = led | dict(zip((each for each in labels if each not in led), left, strict=False))
    if by_order:
        return f"write a mapping there, such as `mapping: {to_paste(mapping)}`, which is by order: check it"
    return f"write `mapping: {to_paste(mapping)}` there"
