"""Merge fine-tuned models of one base into one: task arithmetic (Ilharco et al. 2023, arXiv 2212.04089, section 2).

What a model has learnt is its task vector, its weights less the base's; a merge is the base with a weighted sum of
these. Heads have no base. They are averaged by the same factors, which takes models of one label set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from taskatlas.errors import ModelError
from taskatlas.predict.load import HEADS

if TYPE_CHECKING:
    import torch

Tensors = Mapping[str, "torch.Tensor"]
_SMALLEST_SUM = 1e-6


class Merged(NamedTuple):
    """A model that is merged with others.

    Attributes:
        model: of transformers, in float32.
        factor: of its task vector.
        where: what the message of an error names.
    """

    model: Any
    factor: float
    where: str


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

    begin = {name: value.detach().clone() for name, value in base.state_dict().items()}
    below = [name for name, value in begin.items() if _is_learnt(value) and not _is_head(name)]
    total: dict[str, torch.Tensor] = {name: torch.zeros_like(begin[name]) for name in below}
    head: dict[str, torch.Tensor] = {}
    labels: list[str] = []
    config, factors = base.config, 0.0
    for each in models:
        own, own_labels = each.model.state_dict(), _labels(each.model)
        labels = labels or own_labels
        order = _order(own_labels, labels, each.where)
        config, factors = each.model.config, factors + each.factor
        for name in below:
            total[name] += each.factor * (_fitting(own, name, begin[name], each.where) - begin[name])
        for name, value in own.items():
            if _is_head(name):
                ordered = value[order] if len(value) == len(order) else value
                head[name] = head.get(name, 0.0) + each.factor * ordered.detach().float()
    if abs(factors) < _SMALLEST_SUM:
        todo = "choose factors that do not cancel out"
        raise ModelError("its factors sum to zero, which leaves no head", where=where, todo=todo)
    merged = type(base)(config)
    of_head = {name: value / factors for name, value in head.items()}
    of_all = {name: value for name, value in begin.items() if not _is_head(name)}
    merged.load_state_dict({**of_all, **{name: begin[name] + total[name] for name in below}, **of_head})
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
