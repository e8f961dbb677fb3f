"""What a model wants before a text (`query: `, an instruction), as its card says, held to what its folder says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taskatlas.errors import ModelError
from taskatlas.hashing import text_id
from taskatlas.predict.hub import PROMPTS
from taskatlas.predict.model import Example
from taskatlas.schemas.encoding import EncodingCard
from taskatlas.schemas.inputs import second_text


def add_prefix(prefix: str, texts: Sequence[Example]) -> list[Example]:
    """Put a prefix before texts, and give them ids of their own; of a pair it stands before the first text."""
    if not prefix:
        return list(texts)
    prefixed_texts = [(prefix + example.text, second_text(example)) for example in texts]
    return [Example(text_id(*pair), *pair) for pair in prefixed_texts]


def check_prefix(folder: Path, card: EncodingCard) -> None:
    """Hold a card to what a folder of sentence-transformers says: its default prompt, and that a prefix counts when
    tokens are pooled. Other folders say nothing.

    Args:
        folder: of the card's weights.
        card: the card.

    Raises:
        ModelError: it says otherwise, or cannot be read.

    """
    where = f"{card.entry} {card.name}"
    settings = _read(folder / PROMPTS, where)
    default = settings.get("prompts", {}).get(settings.get("default_prompt_name")) or ""
    if default and default != card.prefix:
        raise ModelError(
            f"its weights are made for texts that begin with {default!r}, and the card says {card.prefix!r}",
            where=where,
            todo=f"say prefix: {json.dumps(default, ensure_ascii=False)} on the card",
        )
    if not (card.prefix or card.answer_prefix):
        return
    for config in sorted(folder.glob("*_Pooling/config.json")):
        if _read(config, where).get("include_prompt") is False:
            raise ModelError(
                "its weights are pooled without the tokens of a prefix (include_prompt), which is not done here",
                where=where,
                todo="use another model",
            )


def _read(file: Path, where: str) -> dict[str, Any]:
    """Return what a JSON file says; nothing where there is no file."""
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        return {**settings, "prompts": dict(settings.get("prompts") or {})}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        message = f"{file.name} cannot be read ({type(error).__name__}: {error})"
        raise ModelError(message, where=where, todo="get the folder again") from error
