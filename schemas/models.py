"""The cards of models: what every one has, and one class per kind.

A package can bring kinds of its own (see `taskatlas.predict.plugins`); their cards derive from `ModelCard`, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from schemas.cards import Columns, Label, Line, Name, Sha256, Source, Weights, check_labels
from schemas.endpoint import EndpointModel
from schemas.modelcard import ModelCard as ModelCard  # noqa: PLC0414 - others take it from here


class EncoderModel(ModelCard):
    """A text encoder that chooses the answer whose text is nearest to the input's. Needs prompts."""

    takes_prompts: ClassVar[bool] = True
    kind: Literal["encoder"]
    weights: Weights
    scale: float = Field(default=20.0, gt=0)
    """Cosines are multiplied by this before the softmax."""
    layer: int = Field(default=-1, ge=-200, le=200)
    """Whose output is pooled: 0 the embeddings', 1 the first layer's, -1 the last one's."""
    dim: int | None = Field(default=None, ge=1)
    """So many of its first numbers count; of encoders made for it (2D Matryoshka, Li et al. 2024, arXiv 2402.14776)."""


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
    """Share of the corpus that the file must answer."""

    _labels_are_classes = field_validator("labels")(check_labels)


class ClassifierModel(ModelCard):
    """A fine-tuned sequence classifier, or regressor, of transformers."""

    kind: Literal["classifier"]
    weights: Weights
    labels: tuple[Label, ...] | Literal["number"]
    label_map: dict[Label, Label] = Field(default_factory=dict)
    """Label of the weights' config → label; of labels named alike none is needed, and weights that name theirs
    LABEL_0, LABEL_1 and so on have them in the card's order."""

    _labels_are_classes = field_validator("labels")(check_labels)


class SpanModel(ModelCard):
    """An extractive question answerer of transformers: its answer is the span of the text that it points to."""

    kind: Literal["span"]
    weights: Weights
    question: Line | None = None
    """What every text is asked; None: its second text is the question."""
    max_tokens: int = Field(default=30, ge=1, le=512)
    """Of an answer."""
    labels: Literal["text"] = "text"


class LanguageModel(ModelCard):
    """A language model of transformers. Needs prompts; one without choices is answered freely, in mode generate."""

    takes_prompts: ClassVar[bool] = True

    weights: Weights
    """Their max_length holds what is shown and what is answered."""
    adapter: Weights | None = None
    """A PEFT adapter on the weights."""
    mode: Literal["choices", "generate"] = "choices"
    """choices: the likelihood of each answer of the prompt; generate: what it writes, read as a label where it can."""
    length: Literal["sum", "token", "character"] = "sum"
    """Log-likelihoods of answers: as they are, per token, or per character."""
    baseline: Line | None = None
    """A text that says nothing, such as N/A: log-likelihoods of answers after it are subtracted (PMI)."""
    delimiter: Annotated[str, StringConstraints(max_length=20)] = " "
    """Between what is shown and the answer; not used in chats."""
    chat: bool = False
    """Show prompts through the tokenizer's chat template."""
    truncate: Literal["left", "right"] = "left"
    """The side on which a text is cut that is longer than the room there is."""
    max_tokens: int = Field(default=32, ge=1, le=8_192)
    """Of what is written."""
    stop: tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] = ("\n",)
    """Texts at which writing ends."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 on accelerators that have it, else float32."""

    @property
    def writes(self) -> bool:
        """In mode generate."""
        return self.mode == "generate"


class CausalModel(LanguageModel):
    """A decoder-only language model."""

    kind: Literal["causal"]


class Seq2SeqModel(LanguageModel):
    """An encoder-decoder language model."""

    kind: Literal["seq2seq"]


MODEL_KINDS: Mapping[str, type[ModelCard]] = {
    "encoder": EncoderModel,
    "probe": ProbeModel,
    "callable": CallableModel,
    "recorded": RecordedModel,
    "classifier": ClassifierModel,
    "span": SpanModel,
    "causal": CausalModel,
    "seq2seq": Seq2SeqModel,
    "endpoint": EndpointModel,
}
"""Those of taskatlas itself."""
AnyModel = Annotated[
    EncoderModel
    | ProbeModel
    | CallableModel
    | RecordedModel
    | ClassifierModel
    | SpanModel
    | CausalModel
    | Seq2SeqModel
    | EndpointModel,
    Field(discriminator="kind"),
]
