"""The cards: one YAML file per dataset, corpus, model, prompt and surrogate, and one for the project.

A card is the only place where an entry is added or changed. Cards forbid unknown fields and are frozen. What is held
here is a card's own form; whether the names in it exist is held by `taskatlas.references`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from taskatlas.schemas.inputs import CHOICE_LABELS, FieldName

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
"""Names are used in SQL, in paths and on the command line: a-z, 0-9, _ and -, at most 60 characters."""

MAX_LINE = 500
Line = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LINE, strip_whitespace=True)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
"""A language by its tag of BCP 47: en, hi, zh-Hant, hi-Latn; mul for several."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Source = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
"""Where rows come from: a file relative to the project, in one of the formats of docs/formats.md, or several by a
pattern (`data/*.csv`), `hf:owner/name@revision` or `hf:owner/name@revision:config` on the hub, or `hf:./folder`;
`{split}` stands for train and test, `${VARIABLE}` for an environment variable."""
Delimiter = Annotated[str, StringConstraints(min_length=1, max_length=1, pattern=r'^[^"\r\n]$')]
"""What separates the cells of a CSV or TSV file; where none is given, it is found out by the names of the columns."""


_COMMIT = re.compile(r"[0-9a-f]{40}")


class Card(BaseModel):
    """What every card has. Unknown fields are errors, and a card does not change once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    name: Name
    description: Line
    license: Line = "unknown"

    later: ClassVar[frozenset[str]] = frozenset({"language"})
    """Fields that came after cards were compared and hashed: a dump leaves them out where they are not set."""

    @model_serializer(mode="wrap")
    def _without_later(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = serialise(self)
        fields = type(self).model_fields
        unset = {name for name in self.later & fields.keys() if getattr(self, name) == fields[name].default}
        return {name: value for name, value in dumped.items() if name not in unset}


class Columns(BaseModel):
    """Which columns of a source hold what; an unlabelled source has no label."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Line = "text"
    text_pair: Line | None = None
    label: Line = "label"
    fields: dict[FieldName, Line] = Field(default_factory=dict, max_length=20)
    """Further texts of a row that prompts show by name: name → column."""
    choices: Line | Annotated[tuple[Line, ...], Field(min_length=2, max_length=len(CHOICE_LABELS))] | None = None
    """Each row's own answers, for multiple choice: the column that holds them as a list, or a column for each. A column
    within another is named with a dot: choices.text."""

    @field_validator("choices", mode="before")
    @classmethod
    def _are_several_columns(cls, choices: object) -> object:
        """Say what is wrong with a list of columns before it is tried as a name, too."""
        named = [str(each) for each in choices] if isinstance(choices, list | tuple) else []
        if isinstance(choices, list | tuple) and len(set(named)) < max(2, len(named)):
            raise ValueError("choices names a column that holds a list, or two columns and more, each once")
        return choices

    @property
    def choice_columns(self) -> tuple[str, ...]:
        """The columns of the choices; none where rows have none of their own."""
        return (self.choices,) if isinstance(self.choices, str) else self.choices or ()

    @property
    def further(self) -> bool:
        """Whether rows have fields, or choices of their own."""
        return bool(self.fields or self.choices)

    @model_serializer(mode="wrap")
    def _without_unset(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out fields that came after projects had keys, where they are not set: so they count in no key."""
        dumped: dict[str, Any] = serialise(self)
        return {name: value for name, value in dumped.items() if value or name not in ("fields", "choices")}


TextMetric = Literal["exact_match", "f1", "rouge_l", "chrf", "similarity"]
"""Metrics of free answers: those that `taskatlas.analyze.freetext` measures, or similarity by the surrogate."""
OF_PROJECT = ("similarity",)
"""Metrics that hang on the project's own surrogate: what somebody else calls so is something else."""
MOST_ANSWERS = 100
"""Right answers of one row of a "text" dataset."""


def check_labels(labels: tuple[str, ...] | str) -> tuple[str, ...] | str:
    """Class names are two or more, and differ by more than case: they are compared without it."""
    if isinstance(labels, str):
        return labels
    if len({label.casefold() for label in labels}) != len(labels):
        raise ValueError("holds a label twice")
    if len(labels) < 2:
        raise ValueError("needs two labels or more, or the word number or text")
    return labels


class DatasetCard(Card):
    """Labelled examples of one NLP task: (text, optional text_pair, label)."""

    family: Line
    domain: Line
    source: Source
    columns: Columns = Columns()
    labels: tuple[Label, ...] | Literal["number", "text"]
    """The class names; "number" where the label is a score; "text" where it is a right answer that is written freely,
    or a list of several."""
    metric: TextMetric | None = None
    """Of a "text" dataset: what subjects are ranked by; f1 where the card says nothing. All that need the two texts
    alone are measured, and this one."""
    label_map: dict[str, Label] = Field(default_factory=dict)
    """Raw label → class name, for sources that hold codes."""
    value_range: tuple[float, float] | None = None
    """Smallest and largest score of a "number" dataset."""
    test_fraction: float = Field(default=0.4, gt=0, lt=1)
    """Share of examples that become the test split, by content hash, where the source has no {split}."""
    encoding: Line = "utf-8"
    delimiter: Delimiter | None = None
    max_chars: int = Field(default=8_000, ge=1, le=1_000_000)
    near_duplicates: Literal["remove", "keep"] | None = None
    """Whether texts that differ by little more than a comma and have one label stay. Where the card says nothing, they
    are removed, unless they are so many that the texts are alike by nature, as form letters are."""
    measure: bool = True
    """Whether runs measure the subjects that are meant for it on its whole test split. Where not, they are forecast,
    and `taskatlas try` spends calls on those that may be the best."""
    language: LanguageTag | None = None
    """What its texts are written in; nothing is read otherwise for it."""

    _labels_are_classes = field_validator("labels")(check_labels)

    @model_validator(mode="after")
    def _labels_make_a_task(self) -> Self:
        for code, label in self.label_map.items():
            if self.labels == "text":
                raise ValueError("label_map is for classes, and labels are texts")
            if self.labels != "number" and label not in self.labels:
                raise ValueError(f"label_map leads {code!r} to {label!r}, which is none of labels")
        if self.metric and self.labels != "text":
            raise ValueError("metric is for labels: text; those of classes and numbers are fixed")
        if self.value_range and self.labels != "number":
            raise ValueError("value_range is for labels: number")
        if self.value_range and not self.value_range[0] < self.value_range[1]:
            raise ValueError("value_range needs the smaller number first")
        if self.columns.choices and self.labels != CHOICE_LABELS[: len(self.labels)]:
            raise ValueError(
                "labels of rows with their own choices are A, B, C and so on, as many as a row has at most"
            )
        return self

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The class names; empty where the label is a number or a text."""
        return () if isinstance(self.labels, str) else self.labels

    @property
    def ranked_by(self) -> str:
        """The metric that subjects are ranked by."""
        if self.labels == "text":
            return self.metric or "f1"
        return "spearman" if self.labels == "number" else "accuracy"


class DescribedCard(Card):
    """A dataset of which there is a description and no text yet. When it has data, its card goes into datasets/."""

    labels: tuple[Label, ...] = Field(max_length=1000)
    """The class names."""
    instructions: Annotated[str, StringConstraints(min_length=1, max_length=4_000, strip_whitespace=True)] | None = None
    """What somebody is told who labels it, where there is such a text."""
    language: LanguageTag | None = None
    """What its texts are to be written in."""

    _labels_are_classes = field_validator("labels")(check_labels)

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The class names."""
        return self.labels


class CorpusSource(BaseModel):
    """One file or hub dataset of a corpus."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source
    columns: Columns = Columns()
    limit: int | None = Field(default=None, ge=1)
    """At most so many texts of this source, chosen by content hash."""
    encoding: Line = "utf-8"
    delimiter: Delimiter | None = None


class CorpusCard(Card):
    """Unlabelled texts that every subject answers."""

    sources: tuple[CorpusSource, ...] = Field(min_length=1)
    max_chars: int = Field(default=8_000, ge=1, le=1_000_000)
    language: LanguageTag | None = None
    """What its texts are written in."""


class KnownScoresCard(Card):
    """Scores that somebody else measured, such as those of a leaderboard or of an earlier evaluation."""

    source: Source
    """A file with the columns subject, dataset, metric, value, n and date, as `taskatlas import scores` writes it."""
    sha256: Sha256
    """Of the file; verified whenever it is read."""


class KnownTransfersCard(Card):
    """Transfers that somebody else measured: how much better a model does at a dataset after it has learnt another."""

    source: Source
    """A file with the columns target, source, setup and gain, as `taskatlas import transfers` writes it."""
    sha256: Sha256
    """Of the file; verified whenever it is read."""


class Weights(BaseModel):
    """Pinned weights of a model of transformers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source
    """`package:NAME` (weights inside an installed package), `hf:owner/name` on the hub, or a folder in the project."""
    revision: Line
    """Package version, hub commit, or a folder's own version name."""
    sha256: Sha256 | None = None
    """Of model.safetensors or the GGUF file, verified whenever the weights are loaded; of weights in several files that
    of what `sha256sum model-*.safetensors` prints. Not needed where the revision is a whole hub commit, which names
    content."""
    file: Annotated[str, StringConstraints(pattern=r"^[^/\\]+\.gguf$", max_length=200)] | None = None
    """The GGUF file to read, by its name; needed of the hub, and where there are several."""
    max_length: int = Field(default=128, ge=8, le=1_048_576)
    """Tokens; a longer text is cut at its end."""
    pooling: Literal["mean", "cls", "last", "max", "weighted_mean"] = "mean"
    """Of a text encoder: how the states of a text's tokens become its vector; see `taskatlas.predict.pooling`."""
    trust_pickle: bool = False
    """Read pytorch_model.bin where there are no safetensors. A pickle can run code when it is read."""

    @model_validator(mode="after")
    def _are_pinned(self) -> Self:
        if self.sha256 is None and not (self.source.startswith("hf:") and _COMMIT.fullmatch(self.revision)):
            raise ValueError("sha256 is missing, and revision is no whole commit of the hub")
        return self


LabelMapping = dict[Name, dict[Label, Label]]
"""Per dataset: output label → the dataset's label, where the two are named differently."""
