"""Likelihoods of answers equal those of one unpadded text and answer at a time, whatever is shared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from taskatlas.errors import ModelError
from taskatlas.predict.kinds import load_model
from taskatlas.predict.language import causal
from taskatlas.predict.language.loaded import TransformersLanguageModel
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import answer_subjects
from taskatlas.schemas.language import CausalModel, LanguageModel, Seq2SeqModel
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import examples, predict, prompt

TEXTS = ["the dog sat", "a cat", "the film was very bad .", "it was good", "one two three", "the cat sat", "good"]
ANSWERS = {"negative": "bad", "positive": "very good film", "neither": "one"}
KINDS = ["llama", "gpt2", "mistral", "lfm2", "t5"]


def weights(kind: str, folder: Path, **tokens: Any) -> Any:
    return checkpoints.seq2seq(folder / kind) if kind == "t5" else checkpoints.causal(folder / kind, kind, **tokens)


def card(kind: str, folder: Path, **fields: Any) -> LanguageModel:
    card_fields: dict[str, Any] = {"name": "lm", "description": "d", "weights": weights(kind, folder), **fields}
    return Seq2SeqModel(kind="seq2seq", **card_fields) if kind == "t5" else CausalModel(kind="causal", **card_fields)


def answer_rows(of: LanguageModel, folder: Path, one: PromptCard, texts: Sequence[Any] = TEXTS) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = predict(of, [one], examples(texts), folder, Parts(folder / "parts"))[
        f"{of.name}/{one.name}"
    ].to_pylist()
    return rows


def probabilities(of: LanguageModel, folder: Path, one: PromptCard, texts: Sequence[Any] = TEXTS) -> np.ndarray:
    return np.array([row["probabilities"] for row in answer_rows(of, folder, one, texts)])


def brute(of: LanguageModel, folder: Path, rendered: str, answer: str) -> float:
    """log p(answer | shown), by the model's own loss on one sequence."""
    loaded = TransformersLanguageModel(of, folder)
    with torch.no_grad():
        if of.kind == "seq2seq":
            input_ids, target = (torch.tensor(loaded.tokens([text])) for text in (rendered, answer))
            return -float(loaded.model(input_ids=input_ids, labels=target).loss) * target.shape[1]
        before, whole = loaded.tokens([rendered])[0], torch.tensor(loaded.tokens([f"{rendered} {answer}"]))
        labels = whole.clone()
        labels[:, : len(before)] = -100
        return -float(loaded.model(input_ids=whole, labels=labels).loss) * (whole.shape[1] - len(before))


def softmax(scores: Sequence[float]) -> np.ndarray:
    raised = np.exp(np.array(scores) - max(scores))
    return raised / raised.sum()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", ["{{ text }}", "review : {{ text }} ; question : was it good ? answer :",
                                      "a review of the film . the dog sat on the mat . {{ text }}"])  # fmt: skip
def test_they_are_those_of_one_sequence_at_a_time(tmp_path: Path, kind: str, template: str) -> None:
    of, one = card(kind, tmp_path), prompt(template=template, choices=ANSWERS)
    actual = probabilities(of, tmp_path, one)
    for row, text in enumerate(TEXTS):
        rendered = template.replace("{{ text }}", text)
        expected = softmax([brute(of, tmp_path, rendered, answer) for answer in ANSWERS.values()])
        np.testing.assert_allclose(actual[row], expected, atol=1e-4)
    assert np.ptp(np.log(actual), axis=0).max() > 0.1, "texts matter"


@pytest.mark.parametrize("kind", KINDS)
def test_they_do_not_depend_on_the_other_texts_or_prompts(tmp_path: Path, kind: str) -> None:
    of, one = card(kind, tmp_path), prompt(template="a review of the film . it was : {{ text }}", choices=ANSWERS)
    together = probabilities(of, tmp_path, one)
    alone = np.concatenate([probabilities(of, tmp_path, one, [text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_what_all_texts_begin_with_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = card("llama", tmp_path)
    read: list[int] = []
    forward = TransformersLanguageModel.__init__

    def counted(self: TransformersLanguageModel, *args: Any) -> None:
        forward(self, *args)
        self.model.register_forward_pre_hook(
            lambda _, args, named: read.append(int((named["input_ids"] != self.tokenizer.pad_token_id).sum())),
            with_kwargs=True,
        )

    monkeypatch.setattr(TransformersLanguageModel, "__init__", counted)
    long = "a review of the film . the dog sat on the mat . "
    single = {"negative": "bad", "positive": "good"}
    probabilities(of, tmp_path, prompt(template=long + "{{ text }}", choices=single))
    own = sum(len(text.split()) for text in TEXTS)
    assert sum(read) == len(long.split()) + own, "each token once; the only token of an answer needs no step"


@pytest.mark.parametrize("fields", [{}, {"length": "token"}, {"length": "character"}, {"baseline": "N/A"}], ids=str)
@pytest.mark.parametrize("kind", ["llama", "t5"])
def test_prompts_that_differ_in_their_answers_are_asked_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, fields: dict[str, Any]
) -> None:
    of = card(kind, tmp_path, **fields)
    choices = [ANSWERS, {"negative": "terrible", "positive": "great"}, {"positive": "bad", "negative": "no no no"}]
    prompts = [prompt(f"p{index}", template="review : {{ text }}", choices=each) for index, each in enumerate(choices)]
    prompts.append(prompt("other", template="{{ text }} ; it was", choices=ANSWERS))
    alone = [probabilities(of, tmp_path, one) for one in prompts]
    asked: list[int] = []
    likelihoods = TransformersLanguageModel.likelihoods
    monkeypatch.setattr(
        TransformersLanguageModel, "likelihoods",
        lambda self, texts, answers: asked.append(len(texts)) or likelihoods(self, texts, answers),
    )  # fmt: skip
    together = predict(of, prompts, examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))
    for one, expected in zip(prompts, alone, strict=True):
        rows = together[f"lm/{one.name}"].to_pylist()
        np.testing.assert_allclose([row["probabilities"] for row in rows], expected, atol=1e-5)
    of_texts = [count for count in asked if count > 1]
    assert of_texts == [len(TEXTS)] * 2, "each text is read once for the three, and once for the other"


def test_each_prompt_is_told_what_its_own_texts_took(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    prompts = [prompt("one", choices=ANSWERS), prompt("two", choices={"a": "one", "b": "two"})]
    prompts.append(prompt("other", template="{{ text }} ; it was", choices=ANSWERS))
    loaded = load_model(of, ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu"))
    answers = answer_subjects(loaded, of, prompts, examples(TEXTS))
    assert {sum(each.seconds.values()) for each in answers.values()} == {len(TEXTS)}
    assert answers["lm/one"].seconds == answers["lm/two"].seconds, "they are read together"
    writes = card("llama", tmp_path, mode="generate")
    loaded = load_model(writes, ModelContext(tmp_path, Parts(tmp_path / "parts"), "cpu"))
    written = answer_subjects(loaded, writes, prompts, examples(TEXTS))
    assert {sum(each.seconds.values()) for each in written.values()} == {len(TEXTS)}


def test_progress_counts_texts_that_are_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts: dict[str, int] = {"expected": 0, "done": 0}
    monkeypatch.setattr("taskatlas.progress.expect", lambda _, amount, __: amounts.update(expected=amount))
    monkeypatch.setattr("taskatlas.progress.advance", lambda _, amount=1: amounts.update(done=amounts["done"] + amount))
    prompts = [prompt("one", choices=ANSWERS), prompt("two", choices={"a": "one", "b": "two"})]
    predict(card("llama", tmp_path), prompts, examples(TEXTS), tmp_path, Parts(tmp_path / "parts"))
    assert amounts == {"expected": 2 * len(TEXTS), "done": 2 * len(TEXTS)}


def test_lengths_can_be_normalised(tmp_path: Path) -> None:
    one = prompt(choices=ANSWERS)
    plain = card("llama", tmp_path)
    sums = [brute(plain, tmp_path, TEXTS[0], answer) for answer in ANSWERS.values()]
    for length, sizes in (("token", [1, 3, 1]), ("character", [3, 14, 3])):
        of = plain.model_copy(update={"length": length})
        expected = softmax([score / size for score, size in zip(sums, sizes, strict=True)])
        np.testing.assert_allclose(probabilities(of, tmp_path, one)[0], expected, atol=1e-4)


def test_likelihoods_after_nothing_can_be_subtracted(tmp_path: Path) -> None:
    plain = card("gpt2", tmp_path)
    of = plain.model_copy(update={"baseline": "N/A"})
    template = "review : {{ text }} ; answer :"
    actual = probabilities(of, tmp_path, prompt(template=template, choices=ANSWERS))
    for row, text in enumerate(TEXTS):
        scores = [
            brute(plain, tmp_path, template.replace("{{ text }}", text), answer)
            - brute(plain, tmp_path, template.replace("{{ text }}", "N/A"), answer)
            for answer in ANSWERS.values()
        ]
        np.testing.assert_allclose(actual[row], softmax(scores), atol=1e-4)


@pytest.mark.parametrize("kind", ["llama", "t5"])
def test_answers_of_a_label_count_together(tmp_path: Path, kind: str) -> None:
    of, more = card(kind, tmp_path), {"positive": ("great", "kind")}
    apart = prompt(choices={"bad": "bad", "good": "good", "great": "great", "kind": "kind"})
    whole = prompt(choices={"negative": "bad", "positive": "good"}, verbalisers=more)
    each, actual = probabilities(of, tmp_path, apart), probabilities(of, tmp_path, whole)
    np.testing.assert_allclose(actual, np.stack([each[:, 0], each[:, 1:].sum(axis=1)], axis=1), atol=1e-5)


def test_order_of_choices_does_not_matter(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    turned = dict(reversed(ANSWERS.items()))
    actual, other = (probabilities(of, tmp_path, prompt(choices=choices)) for choices in (ANSWERS, turned))
    np.testing.assert_allclose(actual, other[:, ::-1], atol=1e-5)


def test_choices_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    actual = probabilities(of, tmp_path, prompt(choices={"a": "very good", "b": "very bad", "c": "very"}))
    scores = [brute(of, tmp_path, TEXTS[1], answer) for answer in ("very good", "very bad", "very")]
    np.testing.assert_allclose(actual[1], softmax(scores), atol=1e-4)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ["llama", "t5"])
def test_long_texts_are_cut_on_the_side_that_the_card_says(tmp_path: Path, kind: str, side: str) -> None:
    short = card(kind, tmp_path)
    short = short.model_copy(update={"weights": short.weights.model_copy(update={"max_length": 8}), "truncate": side})
    words = ["the", "dog", "sat", "on", "a", "mat", "it", "was", "very", "good", "film", "one", "two", "three"]
    loaded = TransformersLanguageModel(short, tmp_path)
    kept = loaded.truncate(loaded.tokens([" ".join(words)])[0], 3)
    assert loaded.cut == 1
    whole = loaded.tokens([" ".join(words)])[0]
    assert kept == (whole[-5:] if side == "left" else whole[:5])
    assert len(answer_rows(short, tmp_path, prompt(choices=ANSWERS), [" ".join(words), "good"])) == 2


def test_an_answer_that_leaves_no_room(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    of = of.model_copy(update={"weights": of.weights.model_copy(update={"max_length": 8})})
    with pytest.raises(ModelError, match=r"model lm: an answer of 9 tokens leaves no room for a text in its 8\. Raise"):
        answer_rows(of, tmp_path, prompt(choices={"a": "one " * 9, "b": "two"}))


def test_a_chat_is_shown_through_the_template(tmp_path: Path) -> None:
    checkpoint = checkpoints.causal(tmp_path / "chat", chat=True, begins=True)
    of = CausalModel(kind="causal", name="lm", description="d", weights=checkpoint, chat=True)
    loaded = TransformersLanguageModel(of, tmp_path)
    rendered = loaded.render(prompt(system="you are kind"), (), "was it good ?")
    assert rendered == "<system> you are kind </s> <user> was it good ? </s> <assistant> "
    assert loaded.tokens([rendered])[0][0] != loaded.tokenizer.bos_token_id, "the template has said all there is to say"
    system = prompt(choices=ANSWERS, system="you are kind")
    actual, plain = (probabilities(of, tmp_path, one) for one in (system, prompt(choices=ANSWERS)))
    assert np.abs(actual - plain).max() > 1e-3
    bare = CausalModel(kind="causal", name="lm", description="d", weights=weights("gpt2", tmp_path), chat=True)
    with pytest.raises(ModelError, match=r"has no chat template\. Set chat: false"):
        answer_rows(bare, tmp_path, prompt(choices=ANSWERS))


def test_an_empty_text_is_answered(tmp_path: Path) -> None:
    """After the token that begins a text."""
    for kind in KINDS:
        actual = probabilities(card(kind, tmp_path), tmp_path, prompt(template="{{ text_pair }}", choices=ANSWERS))
        assert np.isfinite(actual).all()


def test_the_first_tokens_in_common() -> None:
    long = list(range(20))
    assert causal._shared([long, [*long[:15], 99], [*long, 5]]) == long[:15]
    assert causal._shared([long[:12], long]) == long[:11], "each text keeps a token of its own"
    assert causal._shared([long, long]) == long[:19]
    assert causal._shared([[1, 2, 3], [1, 2, 4]]) == [], "too few"
    assert causal._shared([long]) == causal._shared([]) == []


def test_what_most_texts_begin_with_is_read_once_all_the_same() -> None:
    long = list(range(20))
    texts = [[*long, 90 + token] for token in range(9)]
    assert causal._shared([*texts, [7, 8, 9]]) == long, "one was cut at its beginning"
    others = [[*long[:15], 50 + token] for token in range(8)]
    assert causal._shared([*texts, *others]) == long[:15], "more is saved by what all share"
    assert causal._shared([*texts, *([5, token] for token in range(8))]) == long


def test_texts_that_begin_otherwise_are_scored_alike(tmp_path: Path) -> None:
    of = card("llama", tmp_path)
    one = prompt(template="{{ text }}", choices=ANSWERS)
    begin = "a review of the film . the dog sat on the mat . "
    texts = [*(begin + text for text in TEXTS), begin.strip(), "it was good", ""]
    actual = probabilities(of, tmp_path, one, texts)
    for row, text in zip(actual[:-1], texts[:-1], strict=True):
        expected = softmax([brute(of, tmp_path, text, answer) for answer in ANSWERS.values()])
        np.testing.assert_allclose(row, expected, atol=1e-4)


def test_what_is_kept_bounds_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = TransformersLanguageModel(card("llama", tmp_path), tmp_path)
    texts = [[*range(20, 40), token, 9] for token in range(10, 18)]
    answers = [[[8, 7], [6], [5]]] * len(texts)
    scored, packs = causal._scored, list[int]()

    def counted(of: TransformersLanguageModel, pairs: Any, start: Any) -> Any:
        packs.append(len(pairs))
        return scored(of, pairs, start)

    monkeypatch.setattr(causal, "_scored", counted)
    monkeypatch.setattr("taskatlas.predict.language.transformers_engine.CPU_TOKENS", 72)
    expected = loaded.likelihoods(texts, answers)
    assert packs == [4, 4], "2 tokens of its own and 3 answers with their slack are 18 each"
    packs.clear()
    monkeypatch.setattr(causal, "KEPT", 2)
    actual = loaded.likelihoods(texts, answers)
    assert packs == [1] * 8, "22 tokens are kept of a text and for each of its answers"
    np.testing.assert_allclose(actual, expected, atol=1e-5)
