"""The id of a model: everything that changes what it answers, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from taskatlas.hashing import digest
from taskatlas.schemas.cards import DatasetCard, Weights
from taskatlas.schemas.encoding import EncodingCard, SurrogateCard
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.models import CallableModel, EncoderModel, MergeModel, ProbeModel, RecordedModel


def model_id(
    card: ModelCard,
    *,
    encoder: EncoderModel | None = None,
    dataset: DatasetCard | None = None,
    train_id: str | None = None,
    label_maps: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Hash everything on the card that changes the model's outputs.

    Names, descriptions, licenses, families, mappings and paths are left out: weights and files count by their SHA-256.

    Args:
        card: the model's card.
        encoder: for a probe, the card of its encoder.
        dataset: for a model that a run fits, the card of its dataset.
        train_id: for a model that a run fits, the content hash of the examples that it is fitted on.
        label_maps: for recorded outputs that name choices, the label_map of each dataset that they answer and that has
            one.

    Raises:
        ValueError: a probe without its encoder, or a model that a run fits without its dataset or train_id.

    """
    read_by = [dict(label_maps)] if label_maps else []
    return digest("model", card.kind, *_content(card, encoder, dataset, train_id), *read_by)


def weights_content(weights: Weights) -> list[object]:
    """Return what of an encoder's weights changes its features; JSON-serialisable."""
    return [weights.sha256 or weights.revision, weights.max_length, weights.pooling]


def surrogate_content(card: SurrogateCard) -> list[object]:
    """Return what of a surrogate changes its features; JSON-serialisable."""
    return [*weights_content(card.weights), *_phi_content(card, "prefix", "answer_prefix")]


def probe_content(card: ProbeModel, encoder: EncoderModel, dataset: DatasetCard) -> list[object]:
    """Return what a fitted probe depends on besides the examples; JSON-serialisable."""
    own = [card.strength, card.holdout, dataset.labels, dataset.value_range]
    return [*weights_content(encoder.weights), *own, *_phi_content(encoder, "prefix")]


def merge_content(card: MergeModel, dataset: DatasetCard) -> list[object]:
    """Return what found factors depend on besides the examples; JSON-serialisable. What the dataset is called is no
    matter."""
    own = card.content
    own["factors"] = {name: value for name, value in own["factors"].items() if name != "dataset"}
    return [own, dataset.labels, card.mapping.get(dataset.name)]


def _content(
    card: ModelCard, encoder: EncoderModel | None, dataset: DatasetCard | None, train_id: str | None
) -> list[object]:
    match card:
        case EncoderModel():
            return [*weights_content(card.weights), card.scale, *_phi_content(card, "prefix", "answer_prefix")]
        case ProbeModel():
            if encoder is None or dataset is None or train_id is None:
                raise ValueError("a probe's id needs its encoder, its dataset and the id of its train data")
            return [*probe_content(card, encoder, dataset), train_id]
        case MergeModel() if card.factors:
            if dataset is None or train_id is None:
                raise ValueError("the id of a merge whose factors are found needs its dataset and its train data's id")
            return [*merge_content(card, dataset), train_id]
        case CallableModel():
            return [card.entry_point, card.package, card.revision, card.labels, card.options]
        case RecordedModel():
            columns = card.columns.model_dump()
            return [card.sha256, columns, card.labels, list(card.probabilities.items()), card.min_coverage]
        case _:
            return [card.content]


def _phi_content(card: EncodingCard, *prefixes: str) -> list[object]:
    """Return what of an encoder's φ does not lie in its weights; nothing where its card says nothing, as older cards
    do.

    `precision: auto` counts as float32: it is the same model on every machine, and rounds where that is faster.
    """
    layer_and_dim: list[object] = [card.layer, card.dim] if (card.layer, card.dim) != (-1, None) else []
    settings = card.model_dump(include={"precision", "attention", "prepending", *prefixes}, exclude_defaults=True)
    settings = {name: value for name, value in settings.items() if (name, value) != ("precision", "float32")}
    if card.adapter is not None:
        settings["adapter"] = card.adapter.sha256 or card.adapter.revision
    return [*layer_and_dim, settings] if settings else layer_and_dim
