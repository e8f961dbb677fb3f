"""python -m benchmarks.descriptions: which subject for a dataset of which only a description is there?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from benchmarks import foreign, prompted
from benchmarks.bank import Dataset, load
from benchmarks.features import Features
from benchmarks.report import Section, shown, write
from taskatlas.analyze.completion.about import About, about
from taskatlas.analyze.completion.described import described_features
from taskatlas.analyze.completion.unseen import forecast
from taskatlas.analyze.metrics import choice

Floats = npt.NDArray[np.float64]
SUMMARY = (
    "Surrogate all-MiniLM-L6-v2. Each dataset is left out whole, all that is fitted and the width of the interval "
    "included, and known by its description and the names of its classes alone: no text, label or call of it. "
    "Forecast: as a run makes it for a card in described/. Mean elsewhere: a subject's mean accuracy on the other "
    "datasets; overall mean: one number for all, the mean of all accuracies elsewhere, which picks nothing. "
    "90% intervals by bootstrap over targets."
)
DEFINITION = (
    "Spearman: rank correlation of guessed and true accuracy over the subjects of a target. Loss: accuracy of the best "
    "subject less that of the pick, in points. Error: mean distance of guessed and true accuracy, in points. Held: "
    "share of true accuracies within the 90% interval; width: of the interval, in points."
)
PROMPTS = (
    "Subjects: zero-shot prompts of the surrogate, one by its answers; targets are the datasets of which three "
    "prompts and more were measured on another one, too. "
)
POLAR = (
    "Subjects: VADER, n-gram models and naive Bayes that were trained on one of seven sources of sentiment; those "
    "that were trained on the target are left out of it. Targets are the seven; each is described by its dataset's "
    "card and its two classes. "
)
FEWEST = 3
OTHERS = ("mean elsewhere", "overall mean")


@dataclass(frozen=True)
class Guessed:
    """What one way reached on one target; error, held and width as in DEFINITION, None where there is none."""

    spearman: float
    loss: float
    error: float
    held: float | None = None
    width: float | None = None


def main() -> None:
    """Run, print and write results/descriptions.*."""
    datasets, features = load(), Features()
    folder = Path(__file__).parent / "taskbank" / "datasets"
    cards = {name: yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8")) for name in datasets}
    found = {
        "Prompts": _all(*_prompts(datasets, features, cards), PROMPTS),
        "Sentiment subjects that share no weights with the surrogate": _all(*_polar(datasets, features, cards), POLAR),
    }
    sections = [_section(title, about_it, targets) for title, (about_it, targets) in found.items()]
    figures = {
        title: {name: {way: asdict(each) for way, each in ways.items()} for name, ways in targets.items()}
        for title, (_, targets) in found.items()
    }
    write("descriptions", SUMMARY, sections, figures)


def _prompts(
    datasets: dict[str, Dataset], features: Features, cards: dict[str, dict[str, object]]
) -> tuple[Floats, About, list[str]]:
    """Accuracies [S, D] of prompts that are one by their answers, what is known besides, and the datasets."""
    by_dataset = prompted.read(set(datasets))
    truth: dict[tuple[str, str], float] = {}
    for name, of in by_dataset.items():
        phi = features.of(list(datasets[name].test.texts))[:, -1]
        phi = phi / np.linalg.norm(phi, axis=1, keepdims=True)
        labels = np.array([of.labels.index(str(each)) if str(each) in of.labels else -1
                           for each in datasets[name].test.labels])  # fmt: skip
        for prompt in of.prompts:
            answered = prompted.probabilities(phi, features.phi(prompt.answers)).argmax(axis=1)
            truth[" | ".join(prompt.answers), name] = float(np.mean(answered == labels))
    names = list(by_dataset)
    said = [(str(cards[name]["description"]), by_dataset[name].labels) for name in names]
    return _matrix(truth, names, said, features)


def _polar(
    datasets: dict[str, Dataset], features: Features, cards: dict[str, dict[str, object]]
) -> tuple[Floats, About, list[str]]:
    targets = foreign.polar(datasets)
    truth: dict[tuple[str, str], float] = {}
    for subject in foreign.usual(targets):
        for target in targets:
            texts, labels = target.test
            answered = subject.answer([text for text, _ in texts]).argmax(axis=1)
            if target.name not in subject.name:
                truth[subject.name, target.name] = float(np.mean(answered == labels))
    said = []
    for target in targets:
        dataset, negative, positive = foreign.SOURCES[target.name]
        said.append((str(cards[dataset]["description"]), [*negative, *positive]))
    return _matrix(truth, [target.name for target in targets], said, features)


def _matrix(
    truth: dict[tuple[str, str], float], names: list[str], said: list[tuple[str, list[str]]], features: Features
) -> tuple[Floats, About, list[str]]:
    subjects = sorted({subject for subject, _ in truth})
    scores: Floats = np.full((len(subjects), len(names)), np.nan)
    for (subject, name), value in truth.items():
        scores[subjects.index(subject), names.index(name)] = value
    documents = [f"{description}\nLabels: {', '.join(labels)}" for description, labels in said]
    of_datasets = described_features(features.phi(documents), [features.phi(labels) for _, labels in said])
    return scores, about(subjects, len(names), of_datasets), names


def _all(scores: Floats, known: About, names: list[str], about_it: str) -> tuple[str, dict[str, dict[str, Guessed]]]:
    """What each way reaches on each target."""
    there = np.isfinite(scores)
    asked = (there & (there.sum(axis=1, keepdims=True) > 1)).sum(axis=0)
    return about_it, {
        name: _target(scores, known, column) for column, name in enumerate(names) if asked[column] >= FEWEST
    }


def _target(scores: Floats, known: About, column: int) -> dict[str, Guessed]:
    """What each way reaches on one dataset, over the subjects that were measured on another one, too."""
    left = scores.copy()
    left[:, column] = np.nan
    asked = np.isfinite(scores[:, column]) & np.isfinite(left).any(axis=1)
    truth = scores[asked, column]
    expected = forecast(left, known)
    value, low, high = (each[asked, 0] for each in (expected.value, expected.low, expected.high))
    held = float(np.mean((low <= truth) & (truth <= high)))
    ways = {"forecast": _guessed(value, truth, held, 100 * float(np.mean(high - low)))}
    ways["mean elsewhere"] = _guessed(np.nanmean(left[asked], axis=1), truth)
    ways["overall mean"] = _guessed(np.full(len(truth), np.nanmean(left)), truth)
    return ways


def _guessed(guess: Floats, truth: Floats, held: float | None = None, width: float | None = None) -> Guessed:
    found = choice(guess, truth)
    return Guessed(found.spearman, 100 * found.loss, 100 * float(np.mean(np.abs(guess - truth))), held, width)


def _section(title: str, about_it: str, targets: dict[str, dict[str, Guessed]]) -> Section:
    rows = []
    for way in ("forecast", *OTHERS):
        each = [ways[way] for ways in targets.values()]
        told = [shown([one.spearman for one in each]), *(shown([getattr(one, of) for one in each], digits=1)
                for of in ("loss", "error"))]  # fmt: skip
        held = [one.held for one in each if one.held is not None]
        width = [one.width for one in each if one.width is not None]
        rows.append((way, *told, shown(held) if held else "–", shown(width, digits=1) if width else "–"))
    remarks = [f"Targets: {', '.join(targets)}."]
    columns = ("way", "Spearman", "loss, points", "error, points", "held", "width, points")
    return Section(title, about_it + DEFINITION, columns, rows, remarks)


if __name__ == "__main__":
    main()
