"""How the map should be drawn: python -m benchmarks.dashboard.layouts

The spaces of the starter project, drawn by PCA and by UMAP: how far neighbours in the picture are neighbours in the
space, how far points move when some of the entities come with a second release only, and what it takes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

import numpy as np

import taskatlas
from benchmarks.report import Section, write
from taskatlas.analyze.layout import Kind, Positions, align, lay_out, trustworthiness
from taskatlas.analyze.similarity import Floats
from taskatlas.project.starter import write_starter

KINDS: tuple[Kind, ...] = get_args(Kind)
DRAWS = 10
FEW, MANY = 0.1, 0.6
SUMMARY = "PCA against UMAP for the published map. Decision 0009 rests on it."
DEFINITION = (
    "Trust: trustworthiness (Venna & Kaski 2001) with 5 neighbours by cosine, 1 is best, 0.5 is chance. Moved: how far "
    f"an entity is from where it was, as a share of the picture's radius, when a random tenth of all ({DRAWS} draws) "
    "is new: median over entities and draws. Alone: drawn without the picture before, and only turned upon it. Many: "
    "moved, when six tenths are new. First: seconds of the first picture in a process, with imports and compilation; "
    "then: of the next."
)
COLUMNS = ("space", "n", "layout", "trust", "moved", "alone", "many", "first", "then")


def main() -> None:
    """Publish the starter project, measure, and write results/layouts.*."""
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "starter"
        write_starter(project)
        command = [str(Path(sys.executable).with_name("taskatlas")), "run", "-p", str(project), "--device", "cpu"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        embeddings = taskatlas.open(project).embeddings().table
    spaces: dict[str, Floats] = {}
    for name in embeddings["method"].unique().to_pylist():
        rows = [row for row in embeddings.select(["method", "vector"]).to_pylist() if row["method"] == name]
        spaces[name] = np.asarray([row["vector"] for row in rows], np.float32)
    figures = [_measured(name, vectors, kind) for kind in KINDS for name, vectors in spaces.items()]
    rows = [tuple(_said(figure[column]) for column in COLUMNS) for figure in figures]
    write("layouts", SUMMARY, [Section("Starter project", DEFINITION, COLUMNS, rows)], {"rows": figures})


def _measured(space: str, vectors: Floats, kind: Kind) -> dict[str, Any]:
    nowhere = np.full((len(vectors), 2), np.nan)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        picture = lay_out(kind, vectors, nowhere)
        seconds.append(time.perf_counter() - began)
    moved, alone = _moved(vectors, kind, FEW)
    many, _ = _moved(vectors, kind, MANY)
    figure = {
        "space": space,
        "n": len(vectors),
        "layout": picture.kind,
        "trust": trustworthiness(vectors, picture.positions),
    }
    figure |= {name: float(np.median(values)) for name, values in (("moved", moved), ("alone", alone), ("many", many))}
    return figure | {"first": seconds[0], "then": seconds[1]}


def _moved(vectors: Floats, kind: Kind, share: float) -> tuple[list[float], list[float]]:
    """How far each known entity is from where it was, with the picture before and without."""
    nowhere = np.full((len(vectors), 2), np.nan)
    moved, alone = [], []
    for draw in range(DRAWS):
        new = np.random.default_rng(draw).random(len(vectors)) < share
        old = lay_out(kind, vectors[~new], nowhere[~new]).positions
        before = nowhere.copy()
        before[~new] = old
        moved += _distances(lay_out(kind, vectors, before).positions[~new], old)
        alone += _distances(align(lay_out(kind, vectors, nowhere).positions, before, ~new)[~new], old)
    return moved, alone


def _distances(positions: Positions, old: Positions) -> list[float]:
    radius = np.sqrt(np.square(old - old.mean(axis=0)).sum(axis=1).mean())
    return list(np.linalg.norm(positions - old, axis=1) / radius)


def _said(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
