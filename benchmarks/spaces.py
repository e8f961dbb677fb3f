"""The three spaces over one corpus, and the vectors of datasets and subjects in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.bank import Text
from benchmarks.features import Features
from taskatlas.embed import CLOSED_FORMS
from taskatlas.embed.basis import Basis
from taskatlas.embed.method import Axes, ClosedForm, ClosedShared
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import SharedStudent, Student

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Space:
    """A method with its basis, and what all subjects that answer the corpus share."""

    method: ClosedForm
    basis: Basis
    shared: ClosedShared


class Spaces:
    """Every method's space over a corpus."""

    def __init__(self, corpus: list[Text], features: Features) -> None:
        self.corpus, self.features = corpus, features
        vectors = features.of(corpus)
        self.spaces: dict[str, Space] = {}
        for name, make in CLOSED_FORMS.items():
            method = make(Axes())
            basis = method.basis(vectors)
            self.spaces[name] = Space(method, basis, method.fit(vectors, basis))

    def of_subject(self, outputs: Outputs) -> dict[str, Array]:
        """A subject's vectors by method, from its outputs on the corpus."""
        psi = self.features.phi(outputs.texts)
        return {name: space.shared.embed(outputs, psi) for name, space in self.spaces.items()}

    def of_dataset(self, texts: list[Text], outputs: Outputs) -> dict[str, Array]:
        """A dataset's vectors by method, from its labelled texts."""
        vectors, psi = self.features.of(texts), self.features.phi(outputs.texts)
        return {name: s.method.fit(vectors, s.basis).embed(outputs, psi) for name, s in self.spaces.items()}

    def student(self, outputs: Outputs) -> Student:
        """Fit the student of a subject, from its outputs on the corpus."""
        shared = self.spaces["student"].shared
        assert isinstance(shared, SharedStudent)
        return shared.student(outputs)
