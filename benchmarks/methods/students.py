"""python -m benchmarks.methods.students: does a stronger student forecast better than ridge?

Subjects are those of benchmarks.foreign, which share no weights with the surrogate, so a student has to learn them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt
import torch
from scipy.linalg import eigh
from scipy.spatial.distance import pdist
from sklearn.kernel_approximation import RBFSampler
from sklearn.metrics.pairwise import rbf_kernel
from torch.func import vmap

from benchmarks import foreign
from benchmarks.bank import Text, corpus, load
from benchmarks.features import ROOT, Features
from benchmarks.report import Section, shown, write
from taskatlas.analyze.metrics import choice
from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import Inputs, last_layer
from taskatlas.embed.outputs import Outputs
from taskatlas.embed.student import scaled, targets
from taskatlas.embed.tuned.batches import Pack, TokenisedTexts
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.readout import ClassHead, Tensors, stack_outputs
from taskatlas.embed.tuned.schedule import Schedule, Tuning
from taskatlas.embed.tuned.tangent import tangents
from taskatlas.embed.tuned.trainer import TrainingJob, TrainingResult, forward_with, train
from taskatlas.predict.encode import Encoder

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[np.float32]
PER_FAMILY, EVERY, LABELLED = 20, 6, 200
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
RANDOM_FEATURES = 2_048
AT_ONCE = {"prefix": 8, "lora": 8, "fisher": 2}
SCHEDULES = {
    "prefix": Schedule(1e-2, epochs=4, batch=32),
    "lora": Schedule(1e-3, epochs=4, batch=32),
    "fisher": Schedule(1e-4, epochs=4, batch=32),
}
NAMES = {"prefix": "tuned by prefixes", "lora": "tuned by LoRA", "fisher": "tuned in all its weights"}
SUMMARY = (
    f"Every {EVERY}th of the 66 sentiment subjects that share no weights with the surrogate (n-gram models, naive "
    "Bayes, VADER), 7 targets. Students learn their answers on a corpus with "
    f"{PER_FAMILY} texts of every family but sentiment, emotion and offence; no call on a target. Surrogate "
    "all-MiniLM-L6-v2."
)
DEFINITION = (
    "Forecast: accuracy of the student's heaviest answers on the target's labelled texts "
    f"({LABELLED}), without the residuals that taskatlas adds. Spearman, loss and error as in benchmarks.choice. "
    "Fidelity: share of these texts on which student and subject agree. Means over targets with 90% bootstrap "
    "intervals. Strengths of ridges: the best of "
    f"{', '.join(map(str, STRENGTHS))} of the mean squared length by leave-one-out error on the corpus, one for all "
    "subjects. Tuned surrogates: class head, 4 epochs in batches of 32 at the rate 0.01 (LoRA: "
    "0.001, all weights: 0.0001)."
)


@dataclass(frozen=True)
class Target:
    """A target with what the subjects answer there, [P, n], and their true accuracy, [P]."""

    name: str
    texts: list[Text]
    labels: npt.NDArray[np.int64]
    answers: npt.NDArray[np.int64]
    truth: Floats


@dataclass(frozen=True)
class Bench:
    """The subjects' outputs on the corpus, and the targets."""

    corpus: list[Text]
    outputs: list[Outputs]
    targets: list[Target]
    features: Features

    def everything(self) -> list[Text]:
        """The corpus, then the texts of every target."""
        return self.corpus + [text for target in self.targets for text in target.texts]

    def parts(self, rows: npt.NDArray[np.generic]) -> list[npt.NDArray[np.generic]]:
        """What `everything` gave, cut into the corpus' part and those of the targets."""
        cuts = np.cumsum([len(self.corpus), *(len(target.texts) for target in self.targets)])
        return np.split(rows, cuts[:-1])


def bench_of_targets() -> Bench:
    """Subjects are fitted on texts that no student sees."""
    datasets, features = load(), Features()
    polar = foreign.polar(datasets)
    subjects = foreign.usual(polar)[::EVERY]
    texts = corpus(datasets, foreign.LEFT_OUT, PER_FAMILY)

    def answered(subject: foreign.Subject, pairs: list[Text]) -> npt.NDArray[np.int64]:
        return subject.answer([text for text, _ in pairs]).argmax(axis=1)

    targets = []
    for target in polar:
        labelled, labels = target.labelled[0][:LABELLED], target.labelled[1][:LABELLED]
        truth = [float(np.mean(answered(subject, target.test[0]) == target.test[1])) for subject in subjects]
        answers = np.stack([answered(subject, labelled) for subject in subjects])
        targets.append(Target(target.name, labelled, labels, answers, np.array(truth)))
    outputs = [subject.outputs([" ".join(filter(None, text)) for text in texts]) for subject in subjects]
    return Bench(texts, outputs, targets, features)


def ridge(bench: Bench, rows: Array, kernel: Callable[[Array, Array], Floats]) -> list[npt.NDArray[np.int64]]:
    """What ridge regressions with this kernel answer on every target, [P, n] each, from features of `everything`."""
    known, *of_targets = bench.parts(rows)
    gram = kernel(known, known)
    centre = gram.mean(axis=0)
    wanted = np.concatenate([targets(outputs) for outputs in bench.outputs], axis=1).astype(np.float64)
    level = wanted.mean(axis=0)
    widths, axes = eigh(gram - centre[:, None] - centre + gram.mean())
    turned = axes.T @ (wanted - level)
    scale = float(np.maximum(widths, 0).sum()) / len(gram)
    errors = {}
    for strength in STRENGTHS:
        kept = np.maximum(widths, 0) / (np.maximum(widths, 0) + strength * scale)
        leverage = (axes**2) @ kept + 1 / len(gram)
        left = (wanted - level - axes @ (kept[:, None] * turned)) / (1 - leverage)[:, None]
        errors[strength] = float(((left**2).mean(axis=0) / wanted.var(axis=0)).mean())
    best = min(errors, key=lambda strength: errors[strength])
    dual = axes @ (turned / (np.maximum(widths, 0) + best * scale)[:, None])
    answers = []
    for unknown in of_targets:
        cross = kernel(unknown, known)
        scores = (cross - cross.mean(axis=1, keepdims=True) - centre + gram.mean()) @ dual + level
        answers.append(scores.reshape(len(scores), len(bench.outputs), 2).argmax(axis=2).T)
    return answers


def closed(bench: Bench) -> Iterator[tuple[str, float, list[npt.NDArray[np.int64]]]]:
    """The students in closed form: name, seconds for all subjects, answers."""
    texts = bench.everything()
    layers = bench.features.of(texts)
    rows = scaled(layers)
    gamma = 1.0 / float(np.median(pdist(rows[: len(bench.corpus)], "sqeuclidean")))
    encoder = Inputs(texts, lambda: layers, lambda: Encoder(bench.features.card.weights, ROOT, "cpu"), "minilm")

    def linear(left: Array, right: Array) -> Floats:
        return (left @ right.T).astype(np.float64)

    def rbf(left: Array, right: Array) -> Floats:
        return np.asarray(rbf_kernel(left, right, gamma=gamma), np.float64)

    ways: dict[str, tuple[Callable[[], Array], Callable[[Array, Array], Floats]]] = {
        "ridge, last layer": (lambda: last_layer(layers), linear),
        "ridge, all layers (student)": (lambda: rows, linear),
        "ridge, tangent features (linearised)": (lambda: tangents(encoder, Tuning()), linear),
        "kernel ridge, Gaussian, all layers": (lambda: rows, rbf),
        f"{RANDOM_FEATURES:,} random Fourier features, all layers": (
            lambda: RBFSampler(gamma=gamma, n_components=RANDOM_FEATURES, random_state=0).fit_transform(rows),
            linear,
        ),
    }
    for name, (features, kernel) in ways.items():
        given = np.asarray(features(), np.float32)
        began = perf_counter()
        answers = ridge(bench, given, kernel)
        yield name, perf_counter() - began, answers


def tuned(bench: Bench, name: str) -> tuple[str, float, list[npt.NDArray[np.int64]]]:
    """The surrogate, tuned on every subject's answers."""
    method = METHODS[name](Options(tuning=Tuning(reading="class_head")))
    assert isinstance(method, TunedMethod)
    weights = bench.features.card.weights
    texts, features = bench.corpus, bench.features
    inputs = Inputs(texts, lambda: features.of(texts), lambda: Encoder(weights, ROOT, "cpu"), "minilm")
    shared = method.share(inputs, method.pin(inputs))
    of_targets = [TokenisedTexts(shared.tunable.encoder, target.texts) for target in bench.targets]
    seconds, answered = 0.0, []
    for start in range(0, len(bench.outputs), AT_ONCE[name]):
        batch = [(o, bench.features.phi(o.texts)) for o in bench.outputs[start : start + AT_ONCE[name]]]
        answers = stack_outputs(batch, shared.tunable.device)
        job = TrainingJob(shared.tunable, shared.start, shared.texts, answers, "class_head", SCHEDULES[name], 0)
        began = perf_counter()
        trained = train(job)
        seconds += perf_counter() - began
        answered.append([_answers(job, trained, texts) for texts in of_targets])
        print(f"{NAMES[name]}: {start + len(batch)} of {len(bench.outputs)} subjects, {seconds:.0f} s", flush=True)
    return NAMES[name], seconds, [np.concatenate(of_target) for of_target in zip(*answered, strict=True)]


def _answers(job: TrainingJob, trained: TrainingResult, texts: TokenisedTexts) -> npt.NDArray[np.int64]:
    """The heaviest answers of K tuned surrogates on n texts, [K, n]."""
    heaviest = np.zeros((len(job.outputs), len(texts)), np.int64)
    readout = ClassHead()
    with torch.no_grad():
        for pack in texts.packs(np.arange(len(texts))):

            def one(tuned: Tensors, head: Tensors, answers: Tensors, pack: Pack = pack) -> torch.Tensor:
                pooled = forward_with(job.tunable, tuned, pack.inputs)
                return readout.logits(head, pooled, pooled, answers)

            answers = job.outputs.on(torch.zeros(0, dtype=torch.int64))  # of these texts nothing is known
            logits = vmap(one)(trained.tuned, trained.head, answers)
            heaviest[:, pack.rows] = logits.argmax(dim=2).numpy()
    return heaviest


def row(name: str, seconds: float, answers: list[npt.NDArray[np.int64]], bench: Bench) -> tuple[str, ...]:
    """A row of the table."""
    guesses = [(a == target.labels).mean(axis=1) for a, target in zip(answers, bench.targets, strict=True)]
    reached = [choice(guess, target.truth) for guess, target in zip(guesses, bench.targets, strict=True)]
    errors = [100 * float(np.abs(guess - t.truth).mean()) for guess, t in zip(guesses, bench.targets, strict=True)]
    agreed = [float((a == target.answers).mean()) for a, target in zip(answers, bench.targets, strict=True)]
    loss = [100 * one.loss for one in reached]
    figures = (shown([one.spearman for one in reached]), shown(loss, digits=1), shown(errors, digits=1), shown(agreed))
    return (name, *figures, f"{seconds / len(bench.outputs):.3g} s")


def main() -> None:
    """Run, print and write results/students.*."""
    bench = bench_of_targets()
    rows = [row(*student, bench) for student in closed(bench)]
    for line in rows:
        print(line, flush=True)
    rows += [row(*tuned(bench, name), bench) for name in AT_ONCE]
    columns = ("student", "Spearman", "loss", "error", "fidelity", "per subject")
    remark = f"{len(bench.outputs)} subjects, {len(bench.corpus)} corpus texts, {len(bench.targets)} targets."
    timed = "Seconds of closed forms do not hold the features, which all subjects share."
    write("students", SUMMARY, [Section("Students", DEFINITION, columns, rows, [remark, timed])], {})


if __name__ == "__main__":
    main()
