"""The registry as tables: datasets, models, prompts, subjects and corpora as they are in a release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from taskatlas.plan.answers import Identities
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.render import prompt_version
from taskatlas.registry.registry import Registry, Subject
from taskatlas.schemas.cards import CorpusCard, DatasetCard
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import Demonstrations, PromptCard
from taskatlas.schemas.tables import TABLES

_DATASET_COUNTS = (
    "n_train", "n_test", "n_duplicates", "n_near_duplicates", "n_near_kept", "n_conflicting", "n_near_conflicting",
    "n_quarantined",
)  # fmt: skip
_CORPUS_COUNTS = ("n_texts", "n_duplicates", "n_near_duplicates", "n_leaked", "n_quarantined")


def rows_of(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows as a table with the columns and types of the published table `name`."""
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].schema)


def card_tables(project: Project, identities: Identities, text_sets: Sequence[TextSet]) -> dict[str, pa.Table]:
    """Return the five tables of the registry, by name.

    Args:
        project: the project.
        identities: the content hashes of its models and subjects.
        text_sets: everything that was ingested, the corpus last.
    """
    *datasets, corpus = text_sets
    rows_by_table = {
        "datasets": [_dataset(project.registry.datasets[each.name], each) for each in datasets],
        "models": [_model(identities, card) for card in project.registry.models.values()],
        "prompts": [_prompt(card) for card in project.registry.prompts.values()],
        "subjects": [_subject(project.registry, identities, subject) for subject in project.subjects.values()],
        "corpora": [_corpus(project.registry.corpus, corpus)],
    }
    return {name: rows_of(name, rows) for name, rows in rows_by_table.items()}


def _dataset(card: DatasetCard, text_set: TextSet) -> dict[str, Any]:
    return {
        "dataset": card.name,
        "dataset_id": text_set.content_id,
        "family": card.family,
        "domain": card.domain,
        "language": card.language,
        "description": card.description,
        "license": card.license,
        "source": card.source,
        "label_kind": card.labels if isinstance(card.labels, str) else "classes",
        "labels": list(card.class_labels),
        "pair": card.columns.text_pair is not None,
        **{column: text_set.counts.get(column) for column in _DATASET_COUNTS},
    }


def _model(identities: Identities, card: ModelCard) -> dict[str, Any]:
    revision, sha256 = card.pinned
    return {
        "model": card.name,
        "model_id": identities.model_id(card.name),
        "kind": card.kind,
        "description": card.description,
        "license": card.license,
        "revision": revision,
        "sha256": sha256,
    }


def _prompt(card: PromptCard) -> dict[str, Any]:
    return {
        "prompt": card.name,
        "prompt_version": prompt_version(card),
        "description": card.description,
        "template": card.template,
        "answer": card.answer,
        "followup": card.followup.template if card.followup else None,
        "labels": list(card.choices),
        "choices": list(card.choices.values()),
        "families": list(card.families),
        "datasets": list(card.datasets),
        **_demonstrations(card.demonstrations),
    }


def _demonstrations(shown: Demonstrations | None) -> dict[str, Any]:
    if shown is None:
        return {"demonstrations": None, "demonstrations_of": None, "n_demonstrations": 0}
    count = len(shown.examples) or shown.count
    return {"demonstrations": shown.choose, "demonstrations_of": shown.dataset, "n_demonstrations": count}


def _subject(registry: Registry, identities: Identities, subject: Subject) -> dict[str, Any]:
    return {
        "subject": subject.name,
        "subject_id": identities.subject_id(subject.name),
        "model": subject.model.name,
        "prompt": subject.prompt.name if subject.prompt else None,
        "output_kind": registry.output_kind(subject),
        "labels": list(registry.labels(subject)),
        "families": sorted({card.family for card in registry.meant(subject)}),
    }


def _corpus(card: CorpusCard, text_set: TextSet) -> dict[str, Any]:
    counts = {column: text_set.counts.get(column) for column in _CORPUS_COUNTS}
    fields = {"corpus": card.name, "corpus_id": text_set.content_id, "description": card.description}
    return {**fields, "license": card.license, "language": card.language, **counts}
