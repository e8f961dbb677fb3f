"""The registry as tables: datasets, models, prompts, subjects and corpora as they are in a release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from taskatlas.predict.render import prompt_version
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import Demonstrations
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.context import Context
from taskatlas.stages.predict import model_id_of, subject_id


def rows_of(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as a table with the columns and types of the published table `name`."""
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].schema)


def card_tables(context: Context) -> dict[str, pa.Table]:
    """The five tables of the registry, by name."""
    found = {
        "datasets": _datasets(context),
        "models": [_model(context, card) for card in context.registry.models.values()],
        "prompts": _prompts(context),
        "subjects": _subjects(context),
        "corpora": _corpora(context),
    }
    return {name: rows_of(name, rows) for name, rows in found.items()}


def _datasets(context: Context) -> list[dict[str, Any]]:
    rows = []
    for name, origin in context.datasets().items():
        card = context.registry.datasets[name]
        rows.append(
            {
                "dataset": name,
                "dataset_id": origin.origin_id,
                "family": card.family,
                "domain": card.domain,
                "description": card.description,
                "license": card.license,
                "source": card.source,
                "label_kind": "number" if card.labels == "number" else "classes",
                "labels": list(card.class_labels),
                "pair": card.columns.text_pair is not None,
                **{column: origin.counts[column] for column in ("n_train", "n_test", "n_duplicates", "n_quarantined")},
            }
        )
    return rows


def _model(context: Context, card: ModelCard) -> dict[str, Any]:
    revision, sha256 = card.pinned
    return {
        "model": card.name,
        "model_id": model_id_of(context, card),
        "kind": card.kind,
        "description": card.description,
        "license": card.license,
        "revision": revision,
        "sha256": sha256,
    }


def _prompts(context: Context) -> list[dict[str, Any]]:
    return [
        {
            "prompt": card.name,
            "prompt_version": prompt_version(card),
            "description": card.description,
            "template": card.template,
            "answer": card.answer,
            "labels": list(card.choices),
            "choices": list(card.choices.values()),
            "families": list(card.families),
            "datasets": list(card.datasets),
            **_demonstrations(card.demonstrations),
        }
        for card in context.registry.prompts.values()
    ]


def _demonstrations(shown: Demonstrations | None) -> dict[str, Any]:
    if shown is None:
        return {"demonstrations": None, "demonstrations_of": None, "n_demonstrations": 0}
    count = len(shown.examples) or shown.count
    return {"demonstrations": shown.choose, "demonstrations_of": shown.dataset, "n_demonstrations": count}


def _subjects(context: Context) -> list[dict[str, Any]]:
    registry = context.registry
    return [
        {
            "subject": subject.name,
            "subject_id": subject_id(context, subject),
            "model": subject.model.name,
            "prompt": subject.prompt.name if subject.prompt else None,
            "output_kind": registry.output_kind(subject),
            "labels": list(registry.labels(subject)),
            "families": sorted({card.family for card in registry.targets(subject)}),
        }
        for subject in registry.subjects()
    ]


def _corpora(context: Context) -> list[dict[str, Any]]:
    card, origin = context.registry.corpus, context.corpus()
    counts = {column: origin.counts[column] for column in ("n_texts", "n_duplicates", "n_leaked", "n_quarantined")}
    fields = {"corpus": card.name, "corpus_id": origin.origin_id, "description": card.description}
    return [{**fields, "license": card.license, **counts}]
