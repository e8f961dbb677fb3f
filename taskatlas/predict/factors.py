"""Find the factors of a merge by labelled texts: by similarity, or by a search in the span of the task vectors.

A search goes down the loss on labels (Self Positioning, Li et al. 2024, arXiv 2410.15035), with one factor for each
model or one for each of its blocks (aTLAS, Zhang et al. 2024, arXiv 2407.02880). Half of the texts lead it and the
other half judge where it came, so that what is found is on texts that led nowhere no worse than each model alone and
than all in equal shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taskatlas import progress
from taskatlas.predict.merging import HEAD, Change, block_of

if TYPE_CHECKING:
    import torch

    Tensors = Mapping[str, torch.Tensor]

Factors = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
TEXTS = 256
"""Of the train split, that factors are found by."""
STEPS, JUDGED, BATCH, RATE = 30, 10, 16, 0.05
"""Of a search: its steps, after how many of them it is judged, texts of a step, and Adam's rate."""
MOST = 10.0
"""A factor goes no further, as on a card."""


@dataclass(frozen=True)
class RightTexts:
    """Texts with what is right for them.

    Attributes:
        tokens: what the tokenizer gave for each of n texts.
        right: the output that stands for each text's label, int64 [n]; or numbers, float64 [n].
        padded: brings tokens of texts into tensors.
    """

    tokens: Sequence[Any]
    right: npt.NDArray[Any]
    padded: Callable[[Sequence[Any]], Tensors]

    @property
    def numeric(self) -> bool:
        """Whether numbers are right."""
        return self.right.dtype.kind == "f"

    def batches(self, rows: Rows) -> Iterator[tuple[Tensors, torch.Tensor]]:
        """Yield some of the texts with what is right, a few at a time."""
        import torch

        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            inputs = self.padded([self.tokens[row] for row in some])
            yield inputs, torch.from_numpy(self.right[some]).to(inputs["input_ids"].device)


class MergeSpan:
    """All positions in the span of the task vectors of n models.

    Args:
        shell: any merge of them, whose buffers and config hold for all.
        begin: the base's tensors below the head, by name.
        changes: what each model has learnt.
    """

    def __init__(self, shell: Any, begin: Tensors, changes: Sequence[Change]) -> None:
        import torch

        self._shell, self._device = shell.requires_grad_(requires_grad=False), shell.device
        self.models = len(changes)
        self._begin = {name: value.to(shell.device) for name, value in begin.items()}
        self._changes = {
            name: torch.stack([each.below[name] for each in changes]).to(shell.device) for name in changes[0].below
        }
        self._heads = {
            name: torch.stack([each.head[name] for each in changes]).to(shell.device) for name in changes[0].head
        }
        self.blocks = [*sorted({block_of(name) for name in self._changes}), HEAD]

    def read(self, factors: torch.Tensor, inputs: Tensors, **arguments: Any) -> Any:
        """Return what the merge by factors [n, blocks] gives for texts; it can be derived by the factors."""
        import torch

        column = {block: factors[:, place] for place, block in enumerate(self.blocks)}
        values = {
            name: self._begin[name] + torch.tensordot(column[block_of(name)], change, 1)
            for name, change in self._changes.items()
        }
        head = column[HEAD] / column[HEAD].sum()
        values |= {name: torch.tensordot(head, each, 1) for name, each in self._heads.items()}
        return torch.func.functional_call(self._shell, values, (), {**inputs, **arguments})

    def on_every_block(self, by_model: Factors) -> torch.Tensor:
        """Return one factor a model, [n], as one for each of its blocks."""
        import torch

        repeated = np.repeat(by_model[:, None], len(self.blocks), axis=1)
        return torch.from_numpy(repeated.astype(np.float32)).to(self._device)


def by_similarity(span: MergeSpan, texts: RightTexts) -> Factors:
    """Return factors by how alike the vectors of the dataset and of each model are: float64 [n, blocks].

    A vector is the covariance of the texts, as the base reads them, with the labels, or with the model's answers
    (`crosscov`, on these texts). A factor is the cosine's share among the models; one below zero counts as zero, and
    where none is above, all models get the same.
    """
    features, outputs, right = _read_by_each(span, texts)
    dataset = (features.T @ (right - right.mean(axis=0))).ravel()
    cosines = np.array([_cosine(dataset, (features.T @ (each - each.mean(axis=0))).ravel()) for each in outputs])
    positive = np.maximum(cosines, 0.0)
    shares = positive / positive.sum() if positive.any() else np.full(span.models, 1.0 / span.models)
    return np.repeat(shares[:, None], len(span.blocks), axis=1)


def by_labels(span: MergeSpan, texts: RightTexts, seed: int, *, blocks: bool) -> Factors:
    """Return the factors with the lowest loss on the judging half that a search finds: float64 [n, blocks].

    Args:
        span: of the task vectors.
        texts: with labels.
        seed: which texts lead, and in which order.
        blocks: give each block of a model a factor of its own.
    """
    import torch

    order = np.random.default_rng(seed)
    lead, judge = np.array_split(order.permutation(len(texts.tokens)), 2)
    begin = [np.full(span.models, 1.0 / span.models), *np.eye(span.models)]
    progress.expect("search", len(begin) + STEPS, "positions")
    best, least = span.on_every_block(begin[0]), np.inf
    for each in begin:
        best, least = _better(span, texts, judge, span.on_every_block(each), best, least)
        progress.advance("search")
    learnt = (best if blocks else best[:, :1]).clone().requires_grad_()
    descent = torch.optim.Adam([learnt], lr=RATE)
    for step in range(1, STEPS + 1):
        some = order.choice(lead, min(BATCH, len(lead)), replace=False)
        descent.zero_grad()
        loss = next(_losses(span, texts, some, learnt.expand_as(best))).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        descent.step()
        if step % JUDGED == 0:
            here = learnt.detach().clamp(-MOST, MOST).expand_as(best).clone()
            best, least = _better(span, texts, judge, here, best, least)
        progress.advance("search")
    return best.cpu().numpy().astype(np.float64)


def _better(
    span: MergeSpan, texts: RightTexts, rows: Rows, here: torch.Tensor, best: torch.Tensor, least: float
) -> tuple[torch.Tensor, float]:
    """Return the better of two positions and its loss; one whose loss is no number is never better."""
    import torch

    with torch.inference_mode():
        loss = float(torch.cat([*_losses(span, texts, rows, here)]).mean())
    return (here, loss) if loss < least else (best, least)


def _losses(span: MergeSpan, texts: RightTexts, rows: Rows, factors: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield the loss of each text: cross-entropy, or of numbers the square of the distance."""
    from torch.nn import functional

    for inputs, right in texts.batches(rows):
        logits = span.read(factors, inputs).logits.float()
        if texts.numeric:
            yield (logits[:, 0] - right).square()
        else:
            yield functional.cross_entropy(logits, right, reduction="none")


def _read_by_each(span: MergeSpan, texts: RightTexts) -> tuple[Factors, list[Factors], Factors]:
    """Return the centred features of the texts [m, d], each model's outputs [m, C], and what is right [m, C]."""
    import torch

    rows = np.arange(len(texts.tokens))
    features: list[Factors] = []
    outputs: list[list[Factors]] = [[] for _ in range(span.models)]
    nothing = span.on_every_block(np.full(span.models, 1e-9))
    with torch.inference_mode():
        for inputs, _ in texts.batches(rows):
            features.append(_pooled(span.read(nothing, inputs, output_hidden_states=True), inputs))
            for place, alone in enumerate(np.eye(span.models)):
                logits = span.read(span.on_every_block(alone), inputs).logits.double()
                outputs[place].append((logits if texts.numeric else logits.softmax(dim=1)).cpu().numpy())
    found, answers = np.concatenate(features), [np.concatenate(each) for each in outputs]
    right = texts.right[:, None] if texts.numeric else np.eye(answers[0].shape[1])[texts.right]
    return found - found.mean(axis=0), answers, right


def _pooled(read: Any, inputs: Tensors) -> Factors:
    """Return the mean of each text's last states, float64 [b, d]."""
    states = read.hidden_states if "hidden_states" in read else read.encoder_hidden_states
    mask = inputs["attention_mask"][:, :, None].double()
    mean: Factors = ((states[-1].double() * mask).sum(dim=1) / mask.sum(dim=1)).cpu().numpy()
    return mean


def _cosine(one: Factors, other: Factors) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0
