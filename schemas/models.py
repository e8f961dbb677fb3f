"""The cards of models: what every one has, and one class per kind.

A package can bring kinds of its own (see `taskatlas.predict.plugins`); their cards derive from `ModelCard`, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from schemas.cards import Card, Columns, Label, LabelMapping, Line, Name, Sha256, Source, Weights, check_labels


class ModelCard(Card):
    """What every model card has.

    `families` and `datasets` say what a model without prompts is meant for: it answers their test splits, too.
    """

    kind: str
    families: tuple[Line, ...] = ()
    datasets: tuple[Name, ...] = ()
    mapping: LabelMapping = Field(default_factory=dict)

    takes_prompts: ClassVar[bool] = False

    @property
    def pinned(self) -> tuple[str | None, str | None]:
        """Revision and SHA-256 of what answers, as far as it has them."""
        held = getattr(self, "weights", self)
        return getattr(held, "revision", None), getattr(held, "sha256", None)

    @property
    def content(self) -> dict[str, Any]:
        """The fields of the kind, JSON-serialisable: what changes the answers. Where a SHA-256 says which file it is,
        its source and revision do not count."""
        own = self.model_dump(mode="json", exclude=set(ModelCard.model_fields))
        return {name: _without_place(value) for name, value in own.items()}


def _without_place(value: Any) -> Any:
    if isinstance(value, dict) and value.get("sha256"):
        return {name: each for name, each in value.items() if name not in {"source", "revision"}}
    return value


class EncoderModel(ModelCard):
    """A text encoder that chooses the answer whose text is nearest to the input's. Needs prompts."""

    takes_prompts: ClassVar[bool] = True
    kind: Literal["encoder"]
    weights: Weights
    scale: float = Field(default=20.0, gt=0)
    """Cosines are multiplied by this before the softmax."""


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


MODEL_KINDS: Mapping[str, type[ModelCard]] = {
    "encoder": EncoderModel,
    "probe": ProbeModel,
    "callable": CallableModel,
    "recorded": RecordedModel,
}
"""Those of taskatlas itself."""
AnyModel = Annotated[EncoderModel | ProbeModel | CallableModel | RecordedModel, Field(discriminator="kind")]
