"""python -m benchmarks.cost: what does one more subject cost, once the corpus is encoded?"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import Ridge

from benchmarks.bank import corpus, load
from benchmarks.features import Features
from benchmarks.report import Section, write
from taskatlas.embed import METHODS
from taskatlas.embed.method import Axes, last_layer, unit
from taskatlas.embed.outputs import from_probabilities
from taskatlas.embed.student import SharedStudent, scaled, targets

TEXTS = 1_000
CLASSES = (3, 77)
SUMMARY = (
    f"Over {TEXTS:,} encoded texts (7 layers of 384), probabilities over 3 and over 77 classes, random. Shared work is "
    "done once per corpus and reported apart. No model is called and no file is read. Goal: 5 ms or less for 3 classes."
)
DEFINITION = "Wall time of one call: median, and 5th to 95th percentile, of so many runs after one that is not counted."
Array = npt.NDArray[np.float32]


def timed(call: Callable[[], object], runs: int) -> tuple[str, str, str]:
    """Median, spread and number of runs, in milliseconds."""
    call()
    found = []
    for _ in range(runs):
        start = perf_counter()
        call()
        found.append(1e3 * (perf_counter() - start))
    low, middle, high = np.percentile(found, (5, 50, 95))
    return f"{middle:.2f} ms", f"{low:.2f} – {high:.2f} ms", str(runs)


def loop(phi: Array, weights: Array, psi: Array) -> Array:
    """Crosscov as it is written down: a sum of outer products, text by text."""
    total = np.zeros((phi.shape[1], psi.shape[1]), np.float32)
    centred = phi - phi.mean(axis=0)
    for row, weight in zip(centred, weights, strict=True):
        total += np.outer(row, weight @ psi)
    return total / np.float32(len(phi))


def main() -> None:
    """Run, print and write results/cost.*."""
    encoder = Features()
    features = encoder.of(corpus(load(), [])[:TEXTS])
    rng = np.random.default_rng(0)
    rows = []
    for name in ("crosscov", "student"):
        method = METHODS[name](Axes())
        basis = method.basis(features)
        rows.append((f"{name}: basis of the space", "shared", *timed(lambda m=method: m.basis(features), 3)))
        rows.append((f"{name}: fit", "shared", *timed(lambda m=method, b=basis: m.fit(features, b), 3)))
    for count in CLASSES:
        outputs = from_probabilities(rng.dirichlet(np.ones(count), TEXTS), [f"class {i}" for i in range(count)])
        psi = unit(rng.normal(size=(count, features.shape[2])).astype(np.float32))
        for name in ("crosscov", "student"):
            method = METHODS[name](Axes())
            shared = method.fit(features, method.basis(features))
            rows.append((f"{name}: embed", f"{count} classes", *timed(lambda s=shared: s.embed(outputs, psi), 300)))
            if isinstance(shared, SharedStudent):
                one = timed(lambda s=shared: s.student(outputs), 50)
                rows.append(("student: stand-in with leave-one-out residuals", f"{count} classes", *one))
        inputs, target = scaled(features), targets(outputs)
        peer = timed(lambda: Ridge(alpha=1.0).fit(inputs, target), 5)
        rows.append(("peer: scikit-learn Ridge, refitted per subject", f"{count} classes", *peer))
        phi = last_layer(features)
        plain = timed(lambda: loop(phi, outputs.weights, psi), 5)
        rows.append(("peer: crosscov as a plain loop over texts", f"{count} classes", *plain))
    columns = ("step", "of", "median", "5% – 95%", "runs")
    remark = "There is no random row: a vector that costs nothing says nothing. The peers ran in the same process."
    write("cost", SUMMARY, [Section("One more subject", DEFINITION, columns, rows, [remark])], {})


if __name__ == "__main__":
    main()
