"""Siblings where the names of labels are hidden: how classes lie, what form labels have, and what texts are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.bank import Text
from taskatlas.analyze.metrics import sibling_shares
from taskatlas.embed.method import last_layer
from taskatlas.embed.outputs import Outputs
from taskatlas.transfer.classes import LabelForm, class_scatter, form_closeness, scatter_cosines
from taskatlas.transfer.likeness import centred_cosines

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
DRAWS, DRAWN = 20, 200
REMARK = (
    "Names hidden: label names and the order of classes are not looked at. Form: the number of classes, or that labels "
    "are numbers; and whether texts are pairs. Class scatter: the mean over layers of the cosines of "
    "Σ π (μ_c − μ)(μ_c − μ)ᵀ. Rows with + add cosines and form. Where several are equally near, a hit is the share of "
    "them that is of the family. Halves of a dataset have the same form, which the row 'form' lays open. What to add "
    "was chosen while looking at these figures; nothing in it is fitted."
)


class Labelled(NamedTuple):
    """Labelled texts: their features [n, L, d], their outputs, and the form of their labels."""

    features: Array
    outputs: Outputs
    form: LabelForm

    def drawn(self, seed: int) -> Labelled:
        """At most 200 of them, drawn at random."""
        rows = np.random.default_rng(seed).permutation(len(self.features))[:DRAWN]
        return Labelled(self.features[rows], self.outputs.subset(rows), self.form)


def labelled(texts: Sequence[Text], features: Array, outputs: Outputs) -> Labelled:
    """Labelled texts with the form of their labels."""
    form = LabelForm(0 if outputs.numeric else len(outputs.texts), texts[0][1] is not None)
    return Labelled(features, outputs, form)


def similarities(members: Sequence[Labelled]) -> dict[str, Floats]:
    """Way → how alike all pairs of N members are, [N, N]."""
    about = centred_cosines([last_layer(member.features).mean(axis=0, dtype=np.float64) for member in members])
    scatter = scatter_cosines([class_scatter(member.features, member.outputs) for member in members])
    form = form_closeness([member.form for member in members])
    pairs = form_closeness([member.form._replace(classes=0) for member in members])
    return {
        "form": form,
        "text + form": about + form,
        "class scatter": scatter,
        "class scatter + one text or two": scatter + pairs,
        "class scatter + form": scatter + form,
    }


def over_draws(members: Mapping[str, Labelled], families: Sequence[str]) -> dict[str, list[float]]:
    """Way → the hit rate of each draw of 200 texts per member."""
    rates: dict[str, list[float]] = {}
    for seed in range(DRAWS):
        drawn = [member.drawn(seed) for member in members.values()]
        for way, similarity in similarities(drawn).items():
            rates.setdefault(way, []).append(float(np.mean(list(sibling_shares(similarity, families).values()))))
    return rates
