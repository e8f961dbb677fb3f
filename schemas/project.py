"""The project's card: what a run does."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from taskatlas import progress
from taskatlas.schemas.cards import Card, Name


class TuningCard(BaseModel):
    """How the methods that train the surrogate do it. What changes a method's vectors is part of its space's id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Literal["fast", "balanced", "fute"] = "fast"
    """How long and how fast: one epoch, three, or all as in FUTE's released code."""
    reading: Literal["label_text", "class_head", "text_to_text", "sequence_classifier"] | None = None
    """An output counts by its text, or by its class index as in TaskEmb and TuPaTE, or as the surrogate's family
    classifies; without it by its text, and in the preset fute of prefix and fisher as FUTE does."""
    max_dim: int = Field(default=16_384, ge=1, le=100_000)
    """Longer vectors are projected; raise it to publish them in full."""
    projected_dim: int = Field(default=4_096, ge=64)
    fisher_of: Literal["weights", "outputs"] = "weights"
    """The Fisher information of all layers' weights, or of the output of each layer."""
    fisher_squares: Literal["per_text", "of_mean"] | None = None
    """Squares of each text's gradient, or of their mean; without it of each text's, and in the preset fute of their
    mean."""
    vector_of: Literal["change", "parameters"] | None = None
    """A vector is what changed, or what is tuned itself; without it what changed, and in the preset fute itself."""
    seed_check: int = Field(default=4, ge=0)
    """Subjects that are trained with two more seeds, to see whether a space tells subjects from seeds; 0 or 2 and
    more."""

    @property
    def of_vectors(self) -> dict[str, Any]:
        """The settings that change a method's vectors."""
        return self.model_dump(exclude={"seed_check"})

    @model_validator(mode="before")
    @classmethod
    def _read_former_names(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and "spread" in fields:
            if "seed_check" in fields:
                raise ValueError("spread is the former name of seed_check: give seed_check alone")
            progress.note("atlas.yaml: tuning.spread is called seed_check now; the former name is still read")
            fields = {"seed_check" if name == "spread" else name: value for name, value in fields.items()}
        return fields

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        if self.projected_dim > self.max_dim:
            raise ValueError("projected_dim is more than max_dim")
        if self.seed_check == 1:
            raise ValueError("seed_check compares subjects: give 0, or 2 and more")
        return self


class TransferCard(BaseModel):
    """How `taskatlas transfer` measures what a dataset is worth as a source for another one, the target. What changes a
    score is part of the setup's id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learner: Name = "bitfit"
    """A method that trains the surrogate: what it tunes on the source is where it begins on the target."""
    labels: int = Field(default=64, ge=4, le=100_000)
    """Labelled texts of the target that are learnt; each class is among them."""
    seeds: int = Field(default=2, ge=1, le=20)
    """Draws of these texts; a score is the mean over them."""
    source_epochs: int = Field(default=8, ge=1, le=1_000)
    target_epochs: int = Field(default=20, ge=1, le=1_000)


class ProjectCard(Card):
    """atlas.yaml: what a run of this project does."""

    corpus: Name
    surrogate: Name
    methods: tuple[Name, ...] = Field(default=("text", "crosscov", "student"), min_length=1)
    tuning: TuningCard = TuningCard()
    transfers: TransferCard = TransferCard()
    seed: int = Field(default=0, ge=0)
    train_limit: int = Field(default=400, ge=2)
    """At most so many labelled examples per dataset, chosen by content hash."""
    test_limit: int = Field(default=300, ge=2)
    input_axes: int = Field(default=128, ge=2)
    output_axes: int = Field(default=64, ge=2)
    """Principal axes that the basis of a new space keeps: of inputs and of output text."""
    neighbors: int = Field(default=10, ge=1)
    """Precomputed nearest entities per entity and kind."""
    layout: Literal["pca", "umap"] = "umap"
    """How the picture of a space is made; a space with fewer than 15 entities gets one by PCA."""
    keep_releases: int = Field(default=30, ge=1)
    """Older releases are dropped, and their files removed."""
    quarantine_limit: float = Field(default=0.01, ge=0, lt=1)
    """A run stops when more than this share of a source's rows is bad."""
