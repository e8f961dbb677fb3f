"""Predict: every subject answers the corpus, and the test splits of the datasets that it is meant for.

The unit of work is one subject's answers to one origin: part predictions/`key`, and what they are
worth where the origin is labelled: part scores/`scores`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas import progress
from taskatlas.hashing import digest, digest_set
from taskatlas.predict.holdout import fitted_on
from taskatlas.predict.identity import model_id
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import Context as ModelContext
from taskatlas.predict.model import Model
from taskatlas.predict.predict import answered
from taskatlas.predict.render import prompt_version
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import EncoderModel, ProbeModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.stages import demonstrations
from taskatlas.stages.context import Context, Origin
from taskatlas.stages.scoring import can_score, score, scores_key

PREDICT_VERSION = 1


@dataclass(frozen=True)
class Unit:
    """One subject's answers to one origin.

    Attributes:
        key: content hash of all that the answers depend on.
        scores: key of what they are worth, where they answer a dataset whose labels they can be mapped to.
    """

    subject: Subject
    subject_id: str
    origin: Origin
    key: str
    scores: str | None = None


def model_id_of(context: Context, card: ModelCard) -> str:
    """Content hash of all that a model's answers depend on; of a probe also the examples that it is fitted on."""
    if not isinstance(card, ProbeModel):
        return model_id(card)
    encoder, dataset = _probe_cards(context, card)
    return model_id(card, encoder=encoder, dataset=dataset, train_id=context.datasets()[card.dataset].origin_id)


def _probe_cards(context: Context, card: ProbeModel) -> tuple[EncoderModel, DatasetCard]:
    encoder = context.registry.models[card.encoder]
    assert isinstance(encoder, EncoderModel), "the registry holds a probe's encoder to be one"
    return encoder, context.registry.datasets[card.dataset]


def subject_id(context: Context, subject: Subject) -> str:
    """Content hash of a (model@revision, prompt@version), and of what its demonstrations are taken from."""
    prompt = subject.prompt
    shown = demonstrations.content(context, prompt) if prompt else []
    return digest("subject", model_id_of(context, subject.model), prompt and prompt_version(prompt), *shown)


def units(context: Context, model: str | None = None) -> list[Unit]:
    """All answers that a model's subjects, or all subjects, owe: the corpus first, then their datasets by name."""
    datasets, corpus = context.datasets(), context.corpus()
    owed: list[Unit] = []
    for subject in context.registry.subjects(model):
        found = subject_id(context, subject)
        for origin in [corpus, *(datasets[card.name] for card in context.registry.targets(subject))]:
            key = digest("predictions", PREDICT_VERSION, subject.name, found, origin.kind, origin.origin_id)
            owed.append(Unit(subject, found, origin, key, _scores(context, subject, origin, key)))
    return owed


def missing(context: Context, owed: Iterable[Unit]) -> list[Unit]:
    """The answers that are not there yet."""
    return [unit for unit in owed if not _done(context, unit)]


def _done(context: Context, unit: Unit) -> bool:
    scored = unit.scores is None or context.parts.has("scores", unit.scores)
    return scored and context.parts.has("predictions", unit.key)


def _scores(context: Context, subject: Subject, origin: Origin, key: str) -> str | None:
    if origin.kind == "corpus":
        return None
    card, registry = context.registry.datasets[origin.name], context.registry
    if not can_score(card, subject, registry.labels(subject), registry.output_kind(subject)):
        return None
    return scores_key(key, card, subject)


def key_of(owed: Iterable[Unit]) -> str:
    """Key of a model's whole work: the keys of its units."""
    return digest_set(key for unit in owed for key in (unit.key, unit.scores) if key)


def answer(context: Context, model: str, device: str) -> dict[str, Any]:
    """Let one model's subjects answer what they still owe, one origin after another.

    The texts of an origin are encoded once for all prompts. What is finished is kept, so an interrupted run resumes at
    the first origin that is missing.
    """
    owed, card = units(context, model), context.registry.models[model]
    todo = sorted(missing(context, owed), key=lambda unit: (unit.origin.kind, unit.origin.name))
    progress.expect("predict", len(todo), "answer sets")
    done = {"model": model, "answer_sets": len(owed), "computed": len(todo)}
    if not todo:
        return done
    loaded = _loaded(context, card, device, [unit.subject.prompt for unit in todo])
    for _, group in groupby(todo, key=lambda unit: (unit.origin.kind, unit.origin.name)):
        batch = list(group)
        prompts = [unit.subject.prompt for unit in batch]
        answers = answered(loaded, card, prompts, texts_of(context, batch[0].origin))
        for unit in batch:
            rows, counts = answers[unit.subject.name]
            context.parts.write("predictions", unit.key, rows, {"counts": dict(counts)})
            _write_scores(context, unit, rows)
            progress.advance("predict")
    return done


def _loaded(context: Context, card: ModelCard, device: str, prompts: Iterable[PromptCard | None]) -> Model:
    """The model, once for all origins: its weights may be large."""
    where = (context.folder, context.parts, device)
    if not isinstance(card, ProbeModel):
        pools, surrogate = demonstrations.demonstrations_of(context, prompts), context.registry.surrogate.weights
        return load_model(card, ModelContext(*where, demonstrations=pools, surrogate=surrogate))
    encoder, dataset = _probe_cards(context, card)
    train = split_of(context, context.datasets()[card.dataset], "train")
    return load_model(card, ModelContext(*where, train.filter(pa.array(fitted_on(card, train))), encoder, dataset))


def _write_scores(context: Context, unit: Unit, answers: pa.Table) -> None:
    if unit.scores is not None:
        card, labels = context.registry.datasets[unit.origin.name], context.registry.labels(unit.subject)
        test = texts_of(context, unit.origin)
        context.parts.write("scores", unit.scores, score(card, unit.subject, labels, test, answers))


def texts_of(context: Context, origin: Origin) -> pa.Table:
    """The texts of an origin that subjects answer: a corpus whole, a dataset's test split."""
    return split_of(context, origin, "corpus" if origin.kind == "corpus" else "test")


def split_of(context: Context, origin: Origin, split: str) -> pa.Table:
    """One split of an origin's examples, in the schema of the table examples."""
    examples = context.parts.read("examples", origin.examples)
    return examples.filter(pc.equal(examples["split"], split))
