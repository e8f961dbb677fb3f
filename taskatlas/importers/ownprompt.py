"""A prompt card of another project → a card of this one, without the names that lead nowhere here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.importers.retarget import retargeted
from taskatlas.importers.targets import Targets
from taskatlas.importers.write import checked_card
from taskatlas.registry.registry import Registry
from taskatlas.schemas.prompts import PromptCard


def is_own_prompt(content: Mapping[str, Any]) -> bool:
    """Return whether the fields of a file are those of a prompt card."""
    return {"name", "description"} <= set(content) and bool({"template", "choices", "system"} & set(content))


def own_prompt(
    content: Mapping[str, Any], registry: Registry, families: set[str], targets: Targets
) -> tuple[PromptCard, str]:
    """Return the card, and what a person should know of it.

    Args:
        content: the fields of the file.
        registry: the project that the card comes to.
        families: those of the project.
        targets: what a person says that it is for.

    Raises:
        InputError: the labels that a person names do not go with the card's.
        CardError: a field does not hold.
        PromptError: its template is no prompt.

    """
    card = checked_card(PromptCard, content)
    known = {"families": families, "datasets": set(registry.datasets), "models": set(registry.models)}
    left = {field: [name for name in getattr(card, field) if name not in names] for field, names in known.items()}
    left["mapping"] = [name for name in card.mapping if name not in registry.datasets]
    shown = card.demonstrations
    if shown is not None and shown.dataset is not None and shown.dataset not in registry.datasets:
        left["demonstrations"] = [shown.dataset]
    fields = {name: value for name, value in content.items() if not left.get(name)}
    for field in ("families", "datasets", "models"):
        if left[field] and (kept := [name for name in getattr(card, field) if name in known[field]]):
            fields[field] = kept
    if left["mapping"]:
        fields["mapping"] = {name: labels for name, labels in card.mapping.items() if name in registry.datasets}
    told = [f"{field} {', '.join(names)}" for field, names in left.items() if names]
    note = f"without what this project does not have: {'; '.join(told)}" if told else ""
    changed, how = retargeted(checked_card(PromptCard, fields), targets)
    return checked_card(PromptCard, {**fields, **changed}), "; ".join(filter(None, [note, how]))
