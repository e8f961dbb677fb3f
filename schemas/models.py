"""The cards of models: what every one has, and one class per kind.

A package can bring kinds of its own (see `taskatlas.predict.plugins`); their cards derive from `ModelCard`, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from taskatlas.schemas.cards import Columns, Label, Line, Name, Sha256, Source, Weights, check_labels
from taskatlas.schemas.encoding import EncodingCard
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.language import CausalModel, Seq2SeqModel, VllmModel
from taskatlas.schemas.modelcard import Fit, ModelCard


class EncoderModel(EncodingCard, ModelCard):
    """A text encoder that chooses the answer whose text is nearest to the input's. Needs prompts."""

    takes_prompts: ClassVar[bool] = True
    kind: Literal["encoder"]
    scale: float = Field(default=20.0, gt=0)
    """Cosines are multiplied by this before the softmax."""
    layers: tuple[Annotated[int, Field(ge=0, le=200)], ...] = Field(default=(), max_length=32)
    """In place of `layer`: one model of each of these, called NAME-l4; all are encoded in one pass (2D Matryoshka, Li
    et al. 2024, arXiv 2402.14776)."""
    dims: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(), max_length=32)
    """In place of `dim`: one model of each of these, called NAME-d128, or of each layer NAME-l4-d128."""

    @property
    def is_grid(self) -> bool:
        """Whether the card stands for several models."""
        return bool(self.dims) or (bool(self.layers) and self.layer == -1)

    @model_validator(mode="after")
    def _grid_fits(self) -> Self:
        for several, one in (("layers", "layer"), ("dims", "dim")):
            named = getattr(self, several)
            if len(set(named)) < len(named):
                raise ValueError(f"{several} names one twice")
            if named and one in self.model_fields_set:
                raise ValueError(f"{one} and {several} are both there; leave one of them out")
        if self.is_grid and len(self.name) > 48:
            raise ValueError("a name of at most 48 characters leaves room for those of its models")
        return self


class ProbeModel(ModelCard):
    """A linear classifier, or ridge regression, over an encoder's frozen features; the run itself fits it."""

    kind: Literal["probe"]
    encoder: Name
    """The model card of kind encoder whose features are used."""
    dataset: Name
    """The dataset whose train split it is fitted on."""
    strength: float = Field(default=1.0, gt=0)
    """Inverse regularisation strength (C in scikit-learn)."""
    holdout: float = Field(default=0.25, ge=0, lt=1)
    """Share of the train split that it is not fitted on, so that its score on the dataset can be forecast."""

    @property
    def fit(self) -> Fit:
        """Its dataset."""
        return Fit(self.dataset, self.holdout)


class CallableModel(ModelCard):
    """A Python function. The entry point is a factory: called with `options`, it returns the function."""

    kind: Literal["callable"]
    entry_point: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    package: Line
    """The distribution whose installed version is the revision."""
    revision: Line
    labels: tuple[Label, ...] | Literal["number"]
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)

    _labels_are_classes = field_validator("labels")(check_labels)


class RecordedModel(ModelCard):
    """Outputs that a team already has, as a file with one row per text."""

    kind: Literal["recorded"]
    source: Source
    revision: Line
    sha256: Sha256
    """Of the file; verified whenever it is read."""
    columns: Columns = Columns(label="output")
    labels: tuple[Label, ...] | Literal["number", "text"]
    probabilities: dict[Label, Line] = Field(default_factory=dict)
    """Label → the column that holds its probability."""
    min_coverage: float = Field(default=1.0, gt=0, le=1)
    """Share of the corpus that the file must answer for a vector; below it the model gets scores alone."""
    looks_up: ClassVar[bool] = True

    _labels_are_classes = field_validator("labels")(check_labels)


class ClassifierModel(ModelCard):
    """A fine-tuned sequence classifier, or regressor, of transformers."""

    kind: Literal["classifier"]
    weights: Weights
    adapter: Weights | None = None
    """A PEFT adapter on the weights, with its own head."""
    labels: tuple[Label, ...] | Literal["number"]
    label_map: dict[Label, Label] = Field(default_factory=dict)
    """Label of the weights' config → label; of labels named alike none is needed, and weights that name theirs
    LABEL_0, LABEL_1 and so on have them in the card's order."""

    _labels_are_classes = field_validator("labels")(check_labels)


class MergedWeights(BaseModel):
    """A fine-tuned classifier that is merged with others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: Weights
    factor: float | None = Field(default=None, ge=-10.0, le=10.0)
    """What its change from the base is multiplied by; None where the run finds it."""


class FittedFactors(BaseModel):
    """How the run finds the factors of a merge, by the train split of a dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["similarity", "labels", "blocks"]
    """similarity: each model's share by how alike its vector and the dataset's are. labels: a search in the span of
    the task vectors (Self Positioning, Li et al. 2024, arXiv 2410.15035). blocks: the same, with one factor for each
    layer of a model (aTLAS, Zhang et al. 2024, arXiv 2407.02880)."""
    dataset: Name
    """The dataset by whose train split they are found."""
    holdout: float = Field(default=0.25, ge=0, lt=1)
    """Share of the train split that they are not found by, so that its score on the dataset can be forecast."""
    seed: int = Field(default=0, ge=0)
    """Of a search."""


class MergeModel(ModelCard):
    """Sequence classifiers of one label set that were fine-tuned from one base, merged into one: the base with a
    weighted sum of their changes (task arithmetic, Ilharco et al. 2023, arXiv 2212.04089)."""

    kind: Literal["merge"]
    base: Weights
    """What they were tuned from; its head, if it has one, does not count."""
    models: tuple[MergedWeights, ...] = Field(min_length=1, max_length=100)
    labels: tuple[Label, ...] | Literal["number"]
    label_map: dict[Label, Label] = Field(default_factory=dict)
    """As of a classifier, from the labels of the first model's config."""
    factors: FittedFactors | None = None
    """How the run finds them, in the place of a factor on each model."""

    _labels_are_classes = field_validator("labels")(check_labels)

    @model_validator(mode="after")
    def _factors_are_given_or_found(self) -> Self:
        given = [each.factor is not None for each in self.models]
        if self.factors and any(given):
            raise ValueError("its factors are given and found: leave out either factors, or the factor of each model")
        if not (self.factors or all(given)):
            raise ValueError("a factor is missing: give each model one, or say in factors how they are found")
        return self

    @property
    def fit(self) -> Fit | None:
        """The dataset that its factors are found by."""
        return Fit(self.factors.dataset, self.factors.holdout) if self.factors else None

    @property
    def weights(self) -> Weights:
        """The first model's, whose tokenizer and length of texts it has."""
        return self.models[0].weights

    @property
    def pinned(self) -> tuple[str | None, str | None]:
        """Neither: it is of several weights, each of which is pinned."""
        return None, None


class SpanModel(ModelCard):
    """An extractive question answerer of transformers: its answer is the span of the text that it points to."""

    kind: Literal["span"]
    weights: Weights
    question: Line | None = None
    """What every text is asked; None: its second text is the question."""
    max_tokens: int = Field(default=30, ge=1, le=512)
    """Of an answer."""
    labels: Literal["text"] = "text"


MODEL_KINDS: Mapping[str, type[ModelCard]] = {
    "encoder": EncoderModel,
    "probe": ProbeModel,
    "callable": CallableModel,
    "recorded": RecordedModel,
    "classifier": ClassifierModel,
    "merge": MergeModel,
    "span": SpanModel,
    "causal": CausalModel,
    "seq2seq": Seq2SeqModel,
    "vllm": VllmModel,
    "endpoint": EndpointModel,
}
"""Those of taskatlas itself."""
AnyModel = Annotated[
    EncoderModel
    | ProbeModel
    | CallableModel
    | RecordedModel
    | ClassifierModel
    | MergeModel
    | SpanModel
    | CausalModel
    | Seq2SeqModel
    | VllmModel
    | EndpointModel,
    Field(discriminator="kind"),
]
