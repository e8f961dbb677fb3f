"""python -m benchmarks.cost: what does one more subject cost, once the corpus is encoded?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import Ridge

from benchmarks.bank import corpus
from benchmarks.bank import load as load_datasets
from benchmarks.features import Features
from benchmarks.report import Section, write
from taskatlas.embed import CLOSED_FORMS
from taskatlas.embed.method import Axes, last_layer, unit
from taskatlas.embed.outputs import from_probabilities
from taskatlas.embed.student import SharedStudent, scaled, targets

TEXTS = 1_000
CLASSES = (3, 77)
METHODS_TIMED = ("crosscov", "student")
Row = tuple[str, ...]
SUMMARY = (
    f"Over {TEXTS:,} encoded texts (7 layers of 384), probabilities over 3 and over 77 classes, random. Shared work is "
    "done once per corpus and reported apart. No model is called and no file is read. Goal: 5 ms or less for 3 classes."
)
DEFINITION = "Wall time of one call: median, and 5th to 95th percentile, of so many runs after one that is not counted."
Array = npt.NDArray[np.float32]


def timed(call: Callable[[], object], runs: int) -> tuple[str, str, str]:
    """Median, spread and number of runs, in milliseconds."""
    call()
    milliseconds = []
    for _ in range(runs):
        start = perf_counter()
        call()
        milliseconds.append(1e3 * (perf_counter() - start))
    low, middle, high = np.percentile(milliseconds, (5, 50, 95))
    return f"{middle:.2f} ms", f"{low:.2f} – {high:.2f} ms", str(runs)


def loop(phi: Array, weights: Array, psi: Array) -> Array:
    """Crosscov as it is written down: a sum of outer products, text by text."""
    total = np.zeros((phi.shape[1], psi.shape[1]), np.float32)
    centred = phi - phi.mean(axis=0)
    for row, weight in zip(centred, weights, strict=True):
        total += np.outer(row, weight @ psi)
    return total / np.float32(len(phi))


def shared_work(features: Array) -> Iterator[Row]:
    """What is done once per space or per corpus."""
    for name in METHODS_TIMED:
        method = CLOSED_FORMS[name](Axes())
        basis = method.basis(features)
        yield f"{name}: basis of the space", "shared", *timed(partial(method.basis, features), 3)
        yield f"{name}: fit", "shared", *timed(partial(method.fit, features, basis), 3)


def per_subject(features: Array, count: int) -> Iterator[Row]:
    """What is done for one subject that answers `count` classes, by us and by peers."""
    rng = np.random.default_rng(0)
    outputs = from_probabilities(rng.dirichlet(np.ones(count), TEXTS), [f"class {i}" for i in range(count)])
    psi = unit(rng.normal(size=(count, features.shape[2])).astype(np.float32))
    classes = f"{count} classes"
    for name in METHODS_TIMED:
        method = CLOSED_FORMS[name](Axes())
        shared = method.fit(features, method.basis(features))
        yield f"{name}: embed", classes, *timed(partial(shared.embed, outputs, psi), 300)
        if isinstance(shared, SharedStudent):
            whole = timed(partial(shared.student, outputs), 50)
            yield "student: ridge with leave-one-out residuals", classes, *whole
    refit = timed(partial(Ridge(alpha=1.0).fit, scaled(features), targets(outputs)), 5)
    yield "peer: scikit-learn Ridge, refitted per subject", classes, *refit
    plain = timed(partial(loop, last_layer(features), outputs.weights, psi), 5)
    yield "peer: crosscov as a plain loop over texts", classes, *plain


def main() -> None:
    """Run, print and write results/cost.*."""
    before = os.getloadavg()[0]
    features = Features().of(corpus(load_datasets(), [])[:TEXTS])
    rows = [*shared_work(features), *(row for count in CLASSES for row in per_subject(features, count))]
    columns = ("step", "of", "median", "5% – 95%", "runs")
    load = f"Load average of the machine at the start and the end: {before:.1f} and {os.getloadavg()[0]:.1f}."
    remark = "There is no random row: a vector that costs nothing says nothing. The peers ran in the same process."
    write("cost", SUMMARY, [Section("One more subject", DEFINITION, columns, rows, [remark, load])], {})


if __name__ == "__main__":
    main()
