"""python -m benchmarks.scores --matrix FILE: what would subjects score on a dataset, from scores elsewhere alone?

Forecasts the order of subjects on datasets that are left out whole, and scores that are hidden one by one, and holds
them against simple ways. FILE is a CSV with the columns subject, dataset, value (or model, task, score).
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from benchmarks import hidden_scores, unseen_scores
from benchmarks.described import Described, descriptions, installed
from benchmarks.report import write
from benchmarks.score_matrix import ScoreMatrix, dense, read

SUMMARY = (
    "Subjects are models, datasets are tasks, and nothing is known of a subject but its name and its scores. Of a "
    "dataset, its name, description, languages and kind are known, as far as the package mteb describes it "
    "({described} of {datasets}; read, not imported). The matrix has {subjects} subjects, {datasets} datasets and "
    "{scores:,} scores. Its dense part has {dense_subjects} subjects and {dense_datasets} datasets, with 20 scores or "
    "more of each. Settings (widths of kernels, clips, the strength and rounds of what is learnt) were chosen on a "
    "random half of the datasets; figures of the other half stand beside. Intervals of figures: 90%, bootstrap over "
    "datasets."
)


def main() -> None:
    """Run, and print and write results/scores.*; with --json print the figures alone and write nothing."""
    options = _options()
    matrix = read(options.matrix)
    folder = options.descriptions or installed()
    known = descriptions(folder) if folder else {}
    described = [known.get(name, Described()) for name in matrix.datasets]
    unseen, of_unseen = unseen_scores.measure(matrix, described)
    hidden, of_hidden = hidden_scores.measure(matrix, described, seeds=options.seeds)
    figures = {"unseen datasets": of_unseen, "hidden scores": of_hidden}
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    write("scores", _summary(matrix, described), [*unseen, *hidden], figures)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scores", description=__doc__)
    matrix = os.environ.get("SCORES")
    parser.add_argument("--matrix", type=Path, required=not matrix, default=matrix and Path(matrix), metavar="FILE")
    told = "folder of the package mteb, where it is not installed"
    parser.add_argument("--descriptions", type=Path, metavar="FOLDER", help=told)
    parser.add_argument("--seeds", type=int, default=3, help="how often a tenth of the scores is hidden")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, and write nothing")
    return parser.parse_args()


def _summary(matrix: ScoreMatrix, described: list[Described]) -> str:
    part = dense(matrix)
    return SUMMARY.format(
        described=sum(each != Described() for each in described),
        datasets=len(matrix.datasets),
        subjects=len(matrix.subjects),
        scores=matrix.count,
        dense_subjects=len(part.subjects),
        dense_datasets=len(part.datasets),
    )


if __name__ == "__main__":
    main()
