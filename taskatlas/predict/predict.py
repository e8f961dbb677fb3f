"""The predict stage: a loaded model, its prompts, and the texts to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from taskatlas.predict import stopwatch
from taskatlas.predict.model import Example, Model
from taskatlas.predict.needs import Needs, with_needs
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import PromptCard


class SubjectAnswers(NamedTuple):
    """The answers of one subject.

    Attributes:
        rows: in the schema of TABLES['predictions'], in the order in which the texts first occur. Only a recorded
            model may leave texts out.
        counts: how many texts something happened to that is no fault; see `outputs.Answers`.
        seconds: seconds per answer → how many took them; empty where nobody knows, as of recorded outputs.

    """

    rows: pa.Table
    counts: Mapping[str, int]
    seconds: Mapping[float, int]


def answer_subjects(
    loaded: Model,
    model: ModelCard,
    prompts: Sequence[PromptCard | None],
    examples: pa.Table,
    *,
    needs: Needs | None = None,
) -> dict[str, SubjectAnswers]:
    """Answer all texts with one model, once per prompt.

    Args:
        loaded: the model.
        model: its card.
        prompts: its prompts; `[None]` for a model that takes none.
        examples: the texts to answer, in the schema of TABLES['examples']; equal text_ids are answered once.
        needs: what all prompts show of a text; texts that lack some of it are split, and counted as `halved`.

    Returns:
        By subject, `model/prompt` or `model`.

    Raises:
        ModelError: the model does not answer as its card says.
        PromptError: a prompt cannot be rendered.

    """
    texts = distinct(examples)
    names = [f"{model.name}/{prompt.name}" if prompt else model.name for prompt in prompts]
    text_ids = [example.text_id for example in texts]
    halved = {"halved": sum(bool(needs.lacking(example)) for example in texts)} if needs else {}
    with stopwatch.running() as seconds:
        answers_by_prompt = loaded.answer(prompts, with_needs(texts, needs) if needs else texts)
    return {
        name: SubjectAnswers(
            answers.to_table(name, text_ids),
            {**answers.counts, **halved},
            seconds if answers.seconds is None else answers.seconds,
        )
        for name, answers in zip(names, answers_by_prompt, strict=True)
    }


def distinct(examples: pa.Table) -> list[Example]:
    """Return the different texts of a table in the schema of TABLES['examples'], in the order in which they first
    occur.

    A text that is in the corpus and in a dataset counts as a text of the corpus.
    """
    examples_by_id: dict[str, Example] = {}
    names = ("text_id", "text", "text_pair", "origin_kind", "fields", "choices")
    columns = (examples[name].to_pylist() for name in names)
    for text_id, text, pair, origin_kind, fields, choices in zip(*columns, strict=True):
        earlier = examples_by_id.get(text_id)
        in_corpus = origin_kind == "corpus" or (earlier is not None and earlier.in_corpus)
        examples_by_id[text_id] = Example(text_id, text, pair, in_corpus, tuple(fields or ()), tuple(choices or ()))
    return list(examples_by_id.values())
