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
    for place, card in KINDS.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**card, **changes.get(path.stem if path.parent != folder else "atlas", {})}
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder
