"""The tables that a release publishes: columns, their meaning, and the primary key that is checked before publishing.

`docs/data_dictionary.md` is generated from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """One published table: its name, what a row is, its primary key and its columns."""

    name: str
    row: str
    key: tuple[str, ...]
    schema: pa.Schema

    def columns(self) -> Iterator[tuple[str, str, bool, str]]:
        """(name, type, nullable, meaning) of every column, in order."""
        for field in self.schema:
            yield field.name, str(field.type), field.nullable, (field.metadata or {}).get(b"doc", b"").decode()


STRINGS = pa.list_(pa.string())
FLOATS = pa.list_(pa.float32())


def _table(name: str, row: str, key: str, *columns: pa.Field) -> Table:
    return Table(name, row, tuple(key.split()), pa.schema(columns))


def _column(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


def _text(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    return _column(name, pa.string(), doc, nullable=nullable)


def _number(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    return _column(name, pa.float64(), doc, nullable=nullable)


def _count(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    return _column(name, pa.int64(), doc, nullable=nullable)


def _names(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    return _column(name, STRINGS, doc, nullable=nullable)


_DATASET = _text("dataset", "Name of the dataset's card.")
_SUBJECT = _text("subject", "Name of the subject: model/prompt, or the model alone where it takes no prompt.")
_SPACE = _text("space", "Name of the space; only vectors of one space may be compared.")
_METHOD = _text("method", "How the vector is made from inputs and outputs: text, crosscov, student, ...")
_KIND = _text("entity_kind", "'dataset' or 'subject'.")
_ENTITY = _text("entity", "Name of the dataset or subject.")
_ORIGIN_KIND = _text("origin_kind", "'dataset' or 'corpus'.")
_ORIGIN = _text("origin", "Name of the dataset or corpus.")
_SPLIT = _text("split", "'train' or 'test' of a dataset; 'corpus' of a corpus.")
_TEXT_ID = _text("text_id", "Content hash of the cleaned text and text_pair.")
_METRIC = _text("metric", "accuracy and macro_f1 for classes; spearman for numbers.")
_LOW = _number("low", "Lower end of the 90% interval.")
_HIGH = _number("high", "Upper end of the 90% interval.")

DATASETS = _table(
    "datasets",
    "a dataset of the registry",
    "dataset",
    _DATASET,
    _text("dataset_id", "Content hash of its cleaned examples."),
    _text("family", "The kind of task, as the card says."),
    _text("domain", "What the texts are about, as the card says."),
    _text("description", "As the card says."),
    _text("license", "As the card says."),
    _text("source", "As the card says; no path of a machine."),
    _text("label_kind", "'classes' or 'number'."),
    _names("labels", "The class names; empty for numbers."),
    _column("pair", pa.bool_(), "Whether examples have a second text."),
    _count("n_train", "Labelled examples in the train split, after cleaning and sampling."),
    _count("n_test", "Labelled examples in the test split, after cleaning and sampling."),
    _count("n_duplicates", "Exact and near duplicates removed."),
    _count("n_quarantined", "Bad rows kept apart in quarantine."),
)
MODELS = _table(
    "models",
    "a model of the registry",
    "model",
    _text("model", "Name of the model's card."),
    _text("model_id", "Content hash of everything on the card that changes its outputs."),
    _text("kind", "encoder, probe, callable or recorded."),
    _text("description", "As the card says."),
    _text("license", "As the card says."),
    _text("revision", "Pinned revision of the weights, package or file.", nullable=True),
    _text("sha256", "Of the weights or the file, where there is one; verified at load.", nullable=True),
)
PROMPTS = _table(
    "prompts",
    "a prompt of the registry",
    "prompt",
    _text("prompt", "Name of the prompt's card."),
    _text("prompt_version", "Content hash of template, answer and choices."),
    _text("description", "As the card says."),
    _text("template", "How the input is shown (Jinja2)."),
    _text("answer", "How an answer choice is shown (Jinja2)."),
    _names("labels", "The labels that can be answered."),
    _names("choices", "Their answer texts, in the order of labels."),
    _names("families", "Families that the prompt is meant for."),
    _names("datasets", "Datasets that the prompt is meant for, besides those of its families."),
)
SUBJECTS = _table(
    "subjects",
    "a subject: one (model@revision, prompt@version)",
    "subject",
    _SUBJECT,
    _text("subject_id", "Content hash of model_id and prompt_version."),
    _text("model", "Name of the model's card."),
    _text("prompt", "Name of the prompt's card; null for a model without prompts.", nullable=True),
    _text("output_kind", "'classes', 'number' or 'text'."),
    _names("labels", "The labels that it can answer; predictions.probabilities are in this order."),
    _names("families", "Families whose test splits it answers."),
)
CORPORA = _table(
    "corpora",
    "a corpus of the registry",
    "corpus",
    _text("corpus", "Name of the corpus' card."),
    _text("corpus_id", "Content hash of its cleaned texts."),
    _text("description", "As the card says."),
    _text("license", "As the card says."),
    _count("n_texts", "Texts after cleaning and sampling."),
    _count("n_duplicates", "Exact and near duplicates removed."),
    _count("n_leaked", "Texts removed because they equal or nearly equal a labelled test text."),
    _count("n_quarantined", "Bad rows kept apart in quarantine."),
)
SPACES = _table(
    "spaces",
    "a space: surrogate@revision, method and its settings, with the basis pinned when it was made",
    "space",
    _SPACE,
    _text("space_id", "Content hash of the surrogate's weights, the method and its settings."),
    _text("surrogate", "Name of the surrogate's card."),
    _text("revision", "Pinned revision of the surrogate's weights."),
    _METHOD,
    _text("settings", "The method's settings, as JSON."),
    _text("basis_id", "Content hash of the pinned basis."),
    _text("basis_corpus_id", "corpus_id of the corpus that the basis was made from."),
    _count("dim", "Length of the space's vectors."),
)
EXAMPLES = _table(
    "examples",
    "a cleaned text: a labelled example of a dataset or an unlabelled text of a corpus",
    "origin_kind origin split text_id",
    _ORIGIN_KIND,
    _ORIGIN,
    _SPLIT,
    _TEXT_ID,
    _text("text", "Cleaned text: Unicode NFC, control characters stripped."),
    _text("text_pair", "Second text of a pair.", nullable=True),
    _text("label", "Class name; null for numbers and corpora.", nullable=True),
    _number("value", "Score; null for classes and corpora.", nullable=True),
)
PREDICTIONS = _table(
    "predictions",
    "a subject's answer to a text",
    "subject text_id",
    _SUBJECT,
    _TEXT_ID,
    _text("output", "The answer as text."),
    _text("label", "The answer's label; null for numbers and free text.", nullable=True),
    _number("value", "The answer as a number; null for classes and free text.", nullable=True),
    _column("probabilities", FLOATS, "Probability of each of the subject's labels, in their order.", nullable=True),
)
FORECASTS = _table(
    "forecasts",
    "the score that a subject is expected to reach on a dataset, without a call of the subject on it",
    "subject dataset metric",
    _SUBJECT,
    _DATASET,
    _METRIC,
    _number("value", "Forecast score: the subject's student, run on the dataset's labelled train texts."),
    _LOW,
    _HIGH,
    _count("n", "Labelled texts that the forecast used."),
    _number("fidelity", "Agreement of the student with its subject on corpus texts it was not fitted on."),
)
EMBEDDINGS = _table(
    "embeddings",
    "the vector of a dataset or a subject in a space",
    "space entity_kind entity",
    _KIND,
    _ENTITY,
    _text("entity_id", "Content hash of the dataset or subject."),
    _METHOD,
    _SPACE,
    _count("dim", "Length of the vector."),
    _column("vector", FLOATS, "The vector, of unit length."),
    _number("norm", "Length of the vector before it was scaled to unit length."),
    _count("n", "Texts that the vector was made from."),
    _column("seeds", pa.list_(pa.int64()), "Seeds of trained methods; empty for closed forms."),
    _text("config_hash", "Content hash of everything that the vector depends on."),
    _number("seconds", "Wall seconds that this vector took, without the work shared by all vectors."),
    _text("device", "cpu, cuda or mps."),
)
NEIGHBORS = _table(
    "neighbors",
    "one of an entity's nearest entities in a space",
    "space entity_kind entity neighbor_kind neighbor",
    _METHOD,
    _SPACE,
    _KIND,
    _ENTITY,
    _text("neighbor_kind", "'dataset' or 'subject'."),
    _text("neighbor", "Name of the nearby dataset or subject."),
    _number("similarity", "Cosine of the two vectors."),
    _count("rank", "1 is the nearest of its kind."),
)
SCORES = _table(
    "scores",
    "the measured score of a subject on a dataset's test split",
    "subject dataset metric",
    _SUBJECT,
    _DATASET,
    _METRIC,
    _number("value", "Measured score."),
    _LOW,
    _HIGH,
    _count("n", "Test examples."),
)
BENCHMARKS = _table(
    "benchmarks",
    "how well one way of answering a question did in this release",
    "benchmark method metric",
    _text("benchmark", "The question: siblings, choice, forecast."),
    _text("method", "The way of answering it; 'random' is the floor."),
    _METRIC,
    _number("value", "Result."),
    _LOW,
    _HIGH,
    _count("n", "Datasets, or pairs of subject and dataset, averaged over."),
    _text("labels_used", "Labels of the target that the method saw."),
    _text("calls_used", "Calls of the subject on the target that the method used."),
    _text("definition", "What the metric means."),
)
QUALITY = _table(
    "quality",
    "the result of one expectation on one origin",
    "table_name origin_kind origin expectation column",
    _text("table_name", "The table that was validated; 'rows' for the rows of a source."),
    _text("origin_kind", "'dataset' or 'corpus' for rows of a source; 'subject' or 'table'."),
    _text("origin", "Name of the dataset, corpus, subject or table."),
    _text("expectation", "Great Expectations' name of the expectation."),
    _text("column", "The columns it is about, with its condition if any; empty for the whole table."),
    _column("success", pa.bool_(), "Whether it held."),
    _count("n", "Rows looked at."),
    _count("n_unexpected", "Rows that broke it."),
    _text("detail", "Settings and what was observed, as JSON."),
)
QUARANTINE = _table(
    "quarantine",
    "a bad row of a source, kept apart",
    "origin_kind origin split row",
    _ORIGIN_KIND,
    _ORIGIN,
    _text("split", "train, test or all of a dataset; corpus, or corpus:2 for a corpus' second source."),
    _count("row", "Row of the source, counted from 1 without the header."),
    _text("reason", "What is wrong with it."),
    _text("text", "The row's text, cut to 500 characters.", nullable=True),
    _text("label", "The row's raw label.", nullable=True),
)
RELEASES = _table(
    "releases",
    "a published release",
    "release",
    _text("release", "Tag of the release: v1, v2, ..."),
    _column("published_at", pa.timestamp("us", tz="UTC"), "When it was published."),
    _text("release_id", "Content hash of everything in it."),
    _text("project", "Name of the project."),
    _text("taskatlas_version", "Version of taskatlas that published it."),
    _column("snapshots", pa.map_(pa.string(), pa.int64()), "Table → Iceberg snapshot id."),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        DATASETS, MODELS, PROMPTS, SUBJECTS, CORPORA, SPACES, EXAMPLES, PREDICTIONS, FORECASTS, EMBEDDINGS, NEIGHBORS,
        SCORES, BENCHMARKS, QUALITY, QUARANTINE, RELEASES,
    )
}  # fmt: skip
"""Every published table by name, in the order of the data flow; `releases` comes last, as it is written last."""
