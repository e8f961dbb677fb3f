"""How a tuned surrogate answers, and what it loses where that is not what the entity answers.

`label_text`: an output counts by its text. The logit of an output text is the cosine of the tuned text vector and ψ of
it, less that cosine before tuning, so that every entity starts from no opinion: order and number of classes cannot
matter, and free text needs nothing else.

`class_head`: a linear head over class indices, as in TaskEmb and TuPaTE; numbers by mean squared error. The head is
trained along and is no part of the vector.

`text_to_text`: an encoder-decoder writes the output's text, as T5 in FUTE (Raffel et al. 2020, arXiv 1910.10683,
section 2.4). The decoder stays as it is; what is tuned lies in the encoder, as in the other readings.

`sequence_classifier`: the surrogate as its family's own classifier, as in FUTE's released code: BERT reads its pooler,
T5 the decoder's state by a head of two layers. The head is trained along and is no part of the vector.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch.nn import functional

from taskatlas.embed.basis import Array
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.tuned.schedule import Reading
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.predict.language.likelihood import NO_TOKEN

Tensors = dict[str, torch.Tensor]
Tokenise = Callable[[Sequence[str]], list[list[int]]]
Surrogate = Callable[..., torch.Tensor]
"""`Tunable.forward` with the tuned parameters of one entity."""
SCALE = 20.0
"""Cosines are multiplied by this before the softmax, as sentence-transformers' ranking losses do."""
_ABSENT = -1e4
ALIKE = 1e-4
"""Output texts whose ψ differ by less cannot be told apart: the gradient is rounding, which Adam would blow up to full
steps. They become zeros, so that the vector has no length."""
RANK_FACTOR = 12.0**0.5
"""Ranks lie evenly in 0 to 1, with a standard deviation of 1 / √12; times this they have one of 1."""


@dataclass(frozen=True)
class StackedOutputs:
    """The outputs of K entities on the same n texts, padded to C classes; tensors on one device.

    Attributes:
        weights: float32 [K, n, C].
        vectors: ψ of the output texts, float32 [K, C, d].
        known: which of the C classes an entity has, bool [K, C].
        written: what an encoder-decoder writes; None for readings that don't.
        soft: whether the weights are probabilities, bool [K].
        numeric: whether they are numbers; of all K or none.
    """

    weights: torch.Tensor
    vectors: torch.Tensor
    known: torch.Tensor
    soft: torch.Tensor
    numeric: bool
    written: OutputTokens | None = None

    def __len__(self) -> int:
        return len(self.weights)

    def on(self, rows: torch.Tensor) -> Tensors:
        """Return what the losses on some of the texts need, [K, ...] by name."""
        tensors = {
            "weights": self.weights[:, rows], "vectors": self.vectors, "known": self.known, "soft": self.soft,
        }  # fmt: skip
        if self.written:
            tensors |= {"tokens": self.written.tokens, "picked": self.written.picked[:, rows]}
        return tensors


@dataclass(frozen=True)
class OutputTokens:
    """The output texts of K entities as tokens.

    Attributes:
        tokens: int64 [K, C, L], filled with NO_TOKEN.
        picked: the classes that a text has weights for, int64 [K, n, M]; further ones fill it up.
    """

    tokens: torch.Tensor
    picked: torch.Tensor


def stack_outputs(
    entities: Sequence[tuple[Outputs, Array]], device: torch.device, tokenise: Tokenise | None = None
) -> StackedOutputs:
    """Stack the outputs of K entities with ψ of their output texts [C, d]; as tokens, too, where there is a
    `tokenise`."""
    classes = max(len(outputs.texts) for outputs, _ in entities)
    weights = np.zeros((len(entities), len(entities[0][0].weights), classes), np.float32)
    vectors = np.zeros((len(entities), classes, entities[0][1].shape[1]), np.float32)
    known = np.zeros((len(entities), classes), dtype=bool)
    for index, (outputs, own_vectors) in enumerate(entities):
        count = len(outputs.texts)
        psi = np.zeros_like(own_vectors) if np.ptp(own_vectors, axis=0).max() < ALIKE else own_vectors
        weights[index, :, :count], vectors[index, :count], known[index, :count] = outputs.weights, psi, True
    soft = np.array([outputs.soft for outputs, _ in entities])
    tensors = [torch.from_numpy(array).to(device) for array in (weights, vectors, known, soft)]
    written = _written([tokenise(outputs.texts) for outputs, _ in entities], tensors[0]) if tokenise else None
    stacked_weights, psi_vectors, stacked_known, stacked_soft = tensors
    numeric = entities[0][0].numeric
    return StackedOutputs(stacked_weights, psi_vectors, stacked_known, stacked_soft, numeric, written)


def _written(token_lists: Sequence[Sequence[Sequence[int]]], weights: torch.Tensor) -> OutputTokens:
    """Return tokens by entity and class, and which classes weights [K, n, C] pick."""
    tokens = np.full(
        (*weights.shape[::2], max(len(text) for texts in token_lists for text in texts)), NO_TOKEN, np.int64
    )
    for index, texts in enumerate(token_lists):
        if len({tuple(text) for text in texts}) == 1:
            continue  # read alike: nothing is written, and the vector has no length
        for row, text in enumerate(texts):
            tokens[index, row, : len(text)] = text
    most = int((weights > 0).sum(dim=2).max())
    return OutputTokens(torch.from_numpy(tokens).to(weights.device), weights.topk(most, dim=2).indices)


class Readout(Protocol):
    """How answers are read from the surrogate. Its functions see one entity; `vmap` runs them for K at once.

    Attributes:
        reads_before: whether it compares texts with what they were before tuning.
    """

    @property
    def reads_before(self) -> bool: ...  # noqa: D102 - see above

    def start(self, tunable: Tunable, outputs: StackedOutputs, seed: int) -> Tensors:
        """Return parameters that are trained along and are no part of the vector, [K, ...] by name."""
        ...

    def losses(self, surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Mapping[str, torch.Tensor],
               before: torch.Tensor, outputs: Tensors, *, numeric: bool) -> torch.Tensor:  # fmt: skip
        """Return the loss on each of b texts, [b].

        Args:
            surrogate: as it is tuned.
            head: what is trained along.
            inputs: the texts.
            before: their vectors before tuning, [b, d].
            outputs: the entity's, of `Answers.on` these texts.
            numeric: whether they are numbers.
        """
        ...


class Pooled(ABC):
    """Reads the mean over a text's tokens."""

    reads_before = False

    def start(self, tunable: Tunable, outputs: StackedOutputs, seed: int) -> Tensors:  # noqa: ARG002
        """Return none."""
        return {}

    @abstractmethod
    def logits(self, head: Mapping[str, torch.Tensor], pooled: torch.Tensor, before: torch.Tensor,
               outputs: Tensors) -> torch.Tensor:  # fmt: skip
        """Return logits [b, C] of texts whose vectors are `pooled` [b, d] now and were `before` [b, d] before
        tuning."""

    def losses(self, surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Mapping[str, torch.Tensor],
               before: torch.Tensor, outputs: Tensors, *, numeric: bool) -> torch.Tensor:  # fmt: skip # noqa: ARG002
        """Return the cross entropy against the weights, which may be soft, [b]."""
        return soft_cross_entropy(self.logits(head, surrogate(inputs), before, outputs), outputs["weights"])


class LabelText(Pooled):
    """See `label_text` above."""

    reads_before = True

    def logits(self, head: Mapping[str, torch.Tensor], pooled: torch.Tensor, before: torch.Tensor,  # noqa: ARG002
               outputs: Tensors) -> torch.Tensor:  # fmt: skip
        """Return how much nearer the texts have come to each output text, scaled."""
        moved = functional.normalize(pooled, dim=-1) - functional.normalize(before, dim=-1)
        return (SCALE * moved @ outputs["vectors"].T).masked_fill(~outputs["known"], _ABSENT)


class ClassHead(Pooled):
    """See `class_head` above. Column c of the first head is the same for every entity of a seed, however many classes
    it has."""

    def start(self, tunable: Tunable, outputs: StackedOutputs, seed: int) -> Tensors:
        """Return a head [K, d, C] of small random numbers (σ = 0.02, as BERT's) and its constants [K, C]."""
        count, classes = outputs.known.shape
        shape = (classes, tunable.config.hidden_size)
        values = np.random.default_rng(seed).normal(0.0, 0.02, shape).astype(np.float32).T
        weight = torch.from_numpy(np.ascontiguousarray(values)).to(outputs.weights.device)
        return {
            "head.weight": weight.expand(count, -1, -1).clone(),
            "head.bias": torch.zeros(count, classes, device=weight.device),
        }

    def logits(self, head: Mapping[str, torch.Tensor], pooled: torch.Tensor, before: torch.Tensor,  # noqa: ARG002
               outputs: Tensors) -> torch.Tensor:  # fmt: skip
        """Return the head's logits."""
        return (pooled @ head["head.weight"] + head["head.bias"]).masked_fill(~outputs["known"], _ABSENT)

    def losses(self, surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Mapping[str, torch.Tensor],
               before: torch.Tensor, outputs: Tensors, *, numeric: bool) -> torch.Tensor:  # fmt: skip
        """Return the cross entropy; of numbers half the squared difference of the second class's logit and the
        standardised rank between the poles."""
        logits = self.logits(head, surrogate(inputs), before, outputs)
        if numeric:
            return 0.5 * squared_error(logits, outputs)
        return soft_cross_entropy(logits, outputs["weights"])


class TextToText:
    """See `text_to_text` above. Classes without a weight are not written, so free text costs no more than labels."""

    reads_before = False

    def start(self, tunable: Tunable, outputs: StackedOutputs, seed: int) -> Tensors:  # noqa: ARG002
        """Return none."""
        return {}

    def losses(self, surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Mapping[str, torch.Tensor],  # noqa: ARG002
               before: torch.Tensor, outputs: Tensors, *, numeric: bool) -> torch.Tensor:  # fmt: skip # noqa: ARG002
        """Return the negative log-likelihood of the output's tokens, weighted where there are several outputs, [b]."""
        likelihoods = surrogate(inputs, write=outputs["tokens"][outputs["picked"]])
        loss: torch.Tensor = -(outputs["weights"].gather(1, outputs["picked"]) * likelihoods).sum(dim=1)
        return loss


class SequenceClassifier:
    """See `sequence_classifier` above."""

    reads_before = False

    def start(self, tunable: Tunable, outputs: StackedOutputs, seed: int) -> Tensors:
        """Return the surrogate's own head for C classes, [K, ...] by name."""
        count, classes = outputs.known.shape
        head = tunable.head_start(classes, seed)
        return {name: value.expand(count, *value.shape).clone() for name, value in head.items()}

    def losses(self, surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Mapping[str, torch.Tensor],
               before: torch.Tensor, outputs: Tensors, *, numeric: bool) -> torch.Tensor:  # fmt: skip # noqa: ARG002
        """Return the cross entropy of labels, the binary one of probabilities, as the mean over classes, or the squared
        error of numbers; as transformers chooses by the type of the labels."""
        logits = surrogate(inputs, head=head)
        if numeric:
            return squared_error(logits, outputs)
        weights, known = outputs["weights"], outputs["known"].to(logits.dtype)
        binary = functional.binary_cross_entropy_with_logits(logits, weights, reduction="none")
        binary = (binary * known).sum(dim=-1) / known.sum()
        single = soft_cross_entropy(logits.masked_fill(known == 0, _ABSENT), weights)
        return torch.where(outputs["soft"], binary, single)

    def missed(self, surrogate: Surrogate, head: Mapping[str, torch.Tensor], inputs: Mapping[str, torch.Tensor],
               outputs: Tensors, *, numeric: bool) -> torch.Tensor:  # fmt: skip
        """Return 1 for each of b texts whose likeliest class is another, else 0; of numbers the squared error, [b]."""
        logits = surrogate(inputs, head=head)
        if numeric:
            return squared_error(logits, outputs)
        answers = logits.masked_fill(~outputs["known"], -torch.inf).argmax(dim=-1)
        return (answers != outputs["weights"].argmax(dim=-1)).to(logits.dtype)


def squared_error(logits: torch.Tensor, outputs: Tensors) -> torch.Tensor:
    """Return the squared difference of the second class's logit and the standardised rank between the poles, [b]."""
    squared: torch.Tensor = (logits[:, 1] - (outputs["weights"][:, 1] - 0.5) * RANK_FACTOR) ** 2
    return squared


def soft_cross_entropy(logits: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy of logits [b, C] against weights [b, C], [b]."""
    entropy: torch.Tensor = -(weights * functional.log_softmax(logits, dim=-1)).sum(dim=-1)
    return entropy


READOUTS: dict[Reading, Readout] = {
    "label_text": LabelText(),
    "class_head": ClassHead(),
    "text_to_text": TextToText(),
    "sequence_classifier": SequenceClassifier(),
}
