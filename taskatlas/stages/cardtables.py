"""The registry as tables: datasets, models, prompts, subjects and corpora as they are in a release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from taskatlas.plan.plan import Plan
from taskatlas.predict.render import prompt_version
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import Demonstrations
from taskatlas.schemas.tables import TABLES


def rows_of(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows as a table with the columns and types of the published table `name`."""
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].schema)


def card_tables(plan: Plan) -> dict[str, pa.Table]:
    """Return the five tables of the registry, by name."""
    rows_by_table = {
        "datasets": _datasets(plan),
        "models": [_model(plan, card) for card in plan.project.registry.models.values()],
        "prompts": _prompts(plan),
        "subjects": _subjects(plan),
        "corpora": _corpora(plan),
    }
    return {name: rows_of(name, rows) for name, rows in rows_by_table.items()}


def _datasets(plan: Plan) -> list[dict[str, Any]]:
    rows = []
    for name, text_set in plan.datasets.items():
        card = plan.project.registry.datasets[name]
        rows.append(
            {
                "dataset": name,
                "dataset_id": text_set.content_id,
                "family": card.family,
                "domain": card.domain,
                "description": card.description,
                "license": card.license,
                "source": card.source,
                "label_kind": "number" if card.labels == "number" else "classes",
                "labels": list(card.class_labels),
                "pair": card.columns.text_pair is not None,
                **{
                    column: text_set.counts[column] for column in ("n_train", "n_test", "n_duplicates", "n_quarantined")
                },
            }
        )
    return rows


def _model(plan: Plan, card: ModelCard) -> dict[str, Any]:
    revision, sha256 = card.pinned
    return {
        "model": card.name,
        "model_id": plan.identities.model_id(card.name),
        "kind": card.kind,
        "description": card.description,
        "license": card.license,
        "revision": revision,
        "sha256": sha256,
    }


def _prompts(plan: Plan) -> list[dict[str, Any]]:
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
        for card in plan.project.registry.prompts.values()
    ]


def _demonstrations(shown: Demonstrations | None) -> dict[str, Any]:
    if shown is None:
        return {"demonstrations": None, "demonstrations_of": None, "n_demonstrations": 0}
    count = len(shown.examples) or shown.count
    return {"demonstrations": shown.choose, "demonstrations_of": shown.dataset, "n_demonstrations": count}


def _subjects(plan: Plan) -> list[dict[str, Any]]:
    registry = plan.project.registry
    return [
        {
            "subject": subject.name,
            "subject_id": plan.identities.subject_id(subject.name),
            "model": subject.model.name,
            "prompt": subject.prompt.name if subject.prompt else None,
            "output_kind": registry.output_kind(subject),
            "labels": list(registry.labels(subject)),
            "families": sorted({card.family for card in registry.targets(subject)}),
        }
        for subject in plan.project.subjects.values()
    ]


def _corpora(plan: Plan) -> list[dict[str, Any]]:
    card, text_set = plan.project.registry.corpus, plan.corpus
    counts = {column: text_set.counts[column] for column in ("n_texts", "n_duplicates", "n_leaked", "n_quarantined")}
    fields = {"corpus": card.name, "corpus_id": text_set.content_id, "description": card.description}
    return [{**fields, "license": card.license, **counts}]
