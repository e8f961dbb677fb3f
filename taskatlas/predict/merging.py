"""Merge fine-tuned models of one base into one: task arithmetic (Ilharco et al. 2023, arXiv 2212.04089, section 2).

What a model has learnt is its task vector, its weights less the base's; a merge is the base with a weighted sum of
these. Heads have no base. They are averaged by the same factors, which takes models of one label set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from taskatlas.errors import ModelError
from taskatlas.predict.load import HEADS

if TYPE_CHECKING:
    import torch

Tensors = Mapping[str, "torch.Tensor"]
HEAD = "head"
"""The block of all that lies above a model's layers."""
_BELOW = "below"
_NUMBERED = re.compile(r"(.*?\.\d+)\.")
_SMALLEST_SUM = 1e-6


class Merged(NamedTuple):
    """A model that is merged with others.

    Attributes:
        model: of transformers, in float32.
        factors: of its task vector, for each block.
        where: what the message of an error names.
    """

    model: Any
    factors: Callable[[str], float]
    where: str


class Change(NamedTuple):
    """What a model has learnt.

    Attributes:
        below: its task vector, by the names of tensors.
        head: its head, whose outputs are in the order of the first model's.
        labels: the first model's.
        config: of the model.
    """

    below: dict[str, torch.Tensor]
    head: dict[str, torch.Tensor]
    labels: Sequence[str]
    config: Any


def block_of(name: str) -> str:
    """Return the block of a tensor: a layer, the head, or all that has no number.

    >>> block_of("bert.encoder.layer.3.output.dense.weight"), block_of("classifier.bias"), block_of("bert.x.weight")
    ('bert.encoder.layer.3', 'head', 'below')
    """
    numbered = _NUMBERED.match(name)
    return HEAD if _is_head(name) else numbered.group(1) if numbered else _BELOW


def tensors_below(model: Any) -> dict[str, torch.Tensor]:
    """Return what models learn below their heads, by name."""
    own = model.state_dict().items()
    return {name: value.detach().clone() for name, value in own if _is_learnt(value) and not _is_head(name)}


def change_of(begin: Tensors, model: Any, labels: Sequence[str], where: str) -> Change:
    """Return what a sequence classifier has learnt.

    Args:
        begin: the base's `tensors_below`.
        model: of transformers, in float32.
        labels: the first model's, none where this is the first.
        where: what the message of an error names.

    Raises:
        ModelError: it has tensors of another shape, or other labels than the first.
    """
    own, own_labels = model.state_dict(), _labels(model)
    labels = labels or own_labels
    order = _order(own_labels, labels, where)
    below = {name: _fitting(own, name, value, where) - value for name, value in begin.items()}
    of_head = {name: value.detach().float() for name, value in own.items() if _is_head(name)}
    head = {name: value[order] if len(value) == len(order) else value for name, value in of_head.items()}
    return Change(below, head, labels, model.config)


def merge(base: Any, models: Iterable[Merged], where: str) -> Any:
    """Merge sequence classifiers into the base, whose own head does not count, and return it with their labels.

    The models are taken one after another, so that one alone is in memory beside the base and the sum.

    Args:
        base: the model of transformers that they were tuned from, in float32.
        models: one or more.
        where: what the message of an error names.

    Raises:
        ModelError: a model has tensors of another shape, or other labels than the first; or factors that sum to zero
            leave no head.
    """
    import torch

    begin = tensors_below(base)
    total = {name: torch.zeros_like(value) for name, value in begin.items()}
    head: dict[str, torch.Tensor] = {}
    labels: Sequence[str] = []
    config, of_head = base.config, 0.0
    for each in models:
        change = change_of(begin, each.model, labels, each.where)
        labels, config = change.labels, change.config
        of_head += each.factors(HEAD)
        for name, value in change.below.items():
            total[name] += each.factors(block_of(name)) * value
        for name, value in change.head.items():
            head[name] = head.get(name, 0.0) + each.factors(HEAD) * value
    if abs(of_head) < _SMALLEST_SUM:
        todo = "choose factors that do not cancel out"
        raise ModelError("its factors sum to zero, which leaves no head", where=where, todo=todo)
    merged = type(base)(config)
    own = {name: value for name, value in base.state_dict().items() if not _is_head(name)}
    summed = {name: begin[name] + total[name] for name in begin}
    merged.load_state_dict({**own, **summed, **{name: value / of_head for name, value in head.items()}})
    merged.config.id2label = dict(enumerate(labels))
    return merged.eval()


def _is_learnt(value: torch.Tensor) -> bool:
    """Buffers such as the numbers of positions are the same in all."""
    return value.is_floating_point()


def _is_head(name: str) -> bool:
    return name.startswith(HEADS)


def _labels(model: Any) -> list[str]:
    """Names of the outputs, in their order."""
    named = model.config.id2label
    return [str(named[index]) for index in sorted(named)]


def _order(own: Sequence[str], labels: Sequence[str], where: str) -> list[int]:
    """Which output of a model stands for each label of the first."""
    places = {name.casefold(): place for place, name in enumerate(own)}
    if places.keys() != {name.casefold() for name in labels}:
        what = f"its labels are {', '.join(own)}, and those of the first model {', '.join(labels)}"
        raise ModelError(what, where=where, todo="merge models of one label set")
    return [places[name.casefold()] for name in labels]


def _fitting(own: Tensors, name: str, like: torch.Tensor, where: str) -> torch.Tensor:
    """A tensor of a model, which is of the base's shape."""
    if name in own and own[name].shape == like.shape:
        return own[name].detach().float()
    has = f"has the shape {list(own[name].shape)}, the base's {list(like.shape)}" if name in own else "is missing"
    raise ModelError(f"{name} {has}", where=where, todo="merge models that were tuned from the base")
