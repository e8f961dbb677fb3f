"""A project of cards only: enough to load a registry, with nothing to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.schemas.samples import CARDS

KINDS = {
    "datasets/reviews.yaml": CARDS["dataset"],
    "datasets/urgency.yaml": CARDS["numbers"],
    "corpora/web.yaml": CARDS["corpus"],
    "surrogates/minilm.yaml": CARDS["surrogate"],
    "models/minilm.yaml": CARDS["encoder"],
    "models/probe.yaml": CARDS["probe"],
    "models/vader.yaml": CARDS["callable"],
    "models/recorded.yaml": CARDS["recorded"],
    "prompts/plain.yaml": CARDS["prompt"],
    "atlas.yaml": CARDS["project"],
}


def write_cards(folder: Path, **changes: dict[str, Any]) -> Path:
    """The cards above; `changes` are fields by the file's name without folder and ending."""
    for path, card in KINDS.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {**card, **changes.get(file.stem if file.parent != folder else "atlas", {})}
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder
