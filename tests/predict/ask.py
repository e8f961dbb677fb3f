"""Asking a model of any kind, by its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import answer_subjects
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts


def predict(
    model: ModelCard,
    prompts: Sequence[PromptCard | None],
    examples: pa.Table,
    project: Path,
    parts: Parts,
    device: str = "auto",
    **context: Any,
) -> dict[str, pa.Table]:
    """What the subjects of a model answer, by subject; `context` is what it needs besides its card."""
    loaded = load_model(model, ModelContext(project, parts, device, **context))
    return {name: answers.rows for name, answers in answer_subjects(loaded, model, prompts, examples).items()}
