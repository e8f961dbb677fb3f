"""Encoders in onnxruntime: the same features as torch's, or torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import text_id
from taskatlas.predict import features as features_module
from taskatlas.predict.encode import Encoder
from taskatlas.predict.features import encoder_key, features_for
from taskatlas.predict.manner import Manner
from taskatlas.predict.model import Example
from taskatlas.predict.onnx import export, kept
from taskatlas.predict.onnx import session as session_module
from taskatlas.predict.onnx.export import graph_of
from taskatlas.predict.onnx.kept import held, quicken
from taskatlas.predict.onnx.session import Session
from taskatlas.schemas.cards import Weights
from taskatlas.store.parts import Parts
from tests.support import checkpoints
from tests.support.asking import MIXED_TEXTS
from tests.support.checkpoints import BERT_WORDS, MINILM, bert_of_words
from tests.support.notes import told

Tiny = Callable[..., Weights]
pytestmark = pytest.mark.usefixtures("_whoever_is_faster")


@pytest.fixture
def _whoever_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two is faster hangs on what else the machine does."""
    monkeypatch.setattr(kept, "FASTER", 0.0)


def tiny_weights(folder: Path, seed: int) -> Weights:
    sha256 = bert_of_words(folder / "w", BERT_WORDS, width=8, positions=32, seed=seed)
    return Weights(source="w", revision="1", sha256=sha256, max_length=16)


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The exports of two tiny encoders that differ in their weights."""
    made = []
    for seed in (0, 1):
        folder = tmp_path_factory.mktemp("project")
        made.append(graph_of(Encoder(tiny_weights(folder, seed), folder, "cpu")))
    return made


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    """The first of the two."""
    return Encoder(tiny_weights(tmp_path, 0), tmp_path, "cpu")


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch, graphs: list[bytes]) -> list[Encoder]:
    """Which encoders were exported; each is the first."""
    seen: list[Encoder] = []
    monkeypatch.setattr(kept, "graph_of", lambda encoder: seen.append(encoder) or graphs[0])
    return seen


def hasten(encoder: Encoder, parts: Parts, *, keep: bool = True) -> None:
    encoder.session = None
    quicken(encoder, MIXED_TEXTS, parts, encoder_key(encoder.weights), keep=keep, pays=0.0)


def verdict(parts: Parts) -> dict[str, object]:
    [key] = parts.keys("exports")
    [row] = parts.read("exports", key).to_pylist()
    return row


def test_minilm_gives_the_same_features(tmp_path: Path, parts: Parts) -> None:
    encoder = Encoder(MINILM, tmp_path, "cpu")
    expected = encoder.encode(MIXED_TEXTS)
    hasten(encoder, parts)
    assert isinstance(encoder.session, Session)
    for batch_tokens in (1, 64, None):
        found = encoder.encode(MIXED_TEXTS, batch_tokens=batch_tokens)
        np.testing.assert_allclose(found, expected, atol=kept.AGREE)
        assert found.dtype == np.float32
    assert not np.array_equal(encoder.encode(MIXED_TEXTS), expected), "it was torch that read them"
    row = verdict(parts)
    assert row["refusal"] is None
    assert 0 < row["difference"] <= kept.AGREE
    assert row["seconds"] > 0
    assert row["torch_seconds"] > 0


@pytest.mark.parametrize(
    ("make", "pooling"),
    [
        (partial(checkpoints.bert, "BertModel"), "last"),
        (checkpoints.seq2seq, "mean"),
        (checkpoints.causal, "weighted_mean"),
    ],
)
def test_other_poolings_and_other_families(tmp_path: Path, make: Callable[[Path], Weights], pooling: str) -> None:
    weights = make(tmp_path / "w").model_copy(update={"pooling": pooling})
    encoder = Encoder(weights, tmp_path, "cpu")
    texts = [text for text in MIXED_TEXTS if text[0]]
    found = held(encoder, Session(graph_of(encoder), "w"), texts)
    assert found.refusal is None
    assert found.difference is not None
    assert found.difference <= kept.AGREE


def test_one_that_differs_stays_in_torch_and_is_told_once(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts, graphs: list[bytes]
) -> None:
    asked: list[Encoder] = []
    monkeypatch.setattr(kept, "graph_of", lambda encoder: asked.append(encoder) or graphs[1])
    expected = encoder.encode(MIXED_TEXTS)
    with told() as lines:
        hasten(encoder, parts)
        hasten(encoder, parts)
    [line] = lines
    assert line.startswith("weights w stays in torch: its features would be off by ")
    assert len(asked) == 1, "it is not tried again"
    assert encoder.session is None
    np.testing.assert_array_equal(encoder.encode(MIXED_TEXTS), expected)
    assert float(verdict(parts)["difference"]) > kept.AGREE  # type: ignore[arg-type]
    assert not list((parts.root / "exports").glob("*.npz"))


def test_one_that_is_no_faster_stays_in_torch(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts, exported: list[Encoder]
) -> None:
    monkeypatch.setattr(kept, "FASTER", 1e6)
    with told() as lines:
        hasten(encoder, parts)
    assert lines[0].startswith("weights w stays in torch: onnxruntime takes ")
    assert encoder.session is None


@pytest.mark.usefixtures("exported")
def test_numbers_that_are_none_are_no_agreement(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts
) -> None:
    before = Session.__call__
    monkeypatch.setattr(Session, "__call__", lambda self, inputs: before(self, inputs) * np.float32("nan"))
    hasten(encoder, parts)
    assert encoder.session is None


def test_it_is_exported_once(encoder: Encoder, parts: Parts, exported: list[Encoder]) -> None:
    for _ in range(2):
        hasten(encoder, parts)
        assert isinstance(encoder.session, Session)
    assert len(exported) == 1


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_export_is_made_anew(
    encoder: Encoder, parts: Parts, exported: list[Encoder], suffix: str, damage: str
) -> None:
    expected = encoder.encode(MIXED_TEXTS)
    hasten(encoder, parts)
    [path] = (parts.root / "exports").glob(f"*{suffix}")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    {
        "cut": lambda: path.write_bytes(content[: len(content) // 2]),
        "changed": lambda: path.write_bytes(bytes(content)),
        "gone": path.unlink,
    }[damage]()
    with told() as lines:
        hasten(encoder, parts)
    assert isinstance(encoder.session, Session)
    np.testing.assert_allclose(encoder.encode(MIXED_TEXTS), expected, atol=kept.AGREE)
    if (suffix, damage) == (".npz", "changed"):
        assert lines == [f"the part exports/{path.name} was damaged and is set aside: it is made anew"]
        assert len(exported) == 2
    with told() as lines:
        hasten(encoder, parts)
    assert lines == []


def test_what_is_stopped_before_it_is_whole_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts, exported: list[Encoder]
) -> None:
    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write", stops)
        with pytest.raises(KeyboardInterrupt):
            hasten(encoder, parts)
    assert not parts.keys("exports"), "the graph alone is nothing"
    hasten(encoder, parts)
    assert isinstance(encoder.session, Session)
    assert len(exported) == 2


def as_python(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Have another program in the place of the Python that exports."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setattr(export.sys, "executable", str(program))


def test_an_export_that_is_killed_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: Encoder, parts: Parts
) -> None:
    with monkeypatch.context() as patch, told() as lines:
        as_python(patch, tmp_path, "kill -9 $$")
        hasten(encoder, parts)
    assert lines == ["weights w: torch goes on, as its export was ended from outside"]
    assert encoder.session is None
    assert not parts.keys("exports"), "the next run tries again"


def test_one_that_cannot_be_exported_stays_in_torch_and_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: Encoder, parts: Parts
) -> None:
    as_python(monkeypatch, tmp_path, "echo 'first' >&2; echo 'Unsupported: its operator' >&2; exit 1")
    with told() as lines:
        hasten(encoder, parts)
        hasten(encoder, parts)
    assert lines == ["weights w stays in torch: it cannot be exported (Unsupported: its operator)"]
    assert encoder.session is None


def test_one_that_is_too_large_is_not_exported(monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> None:
    monkeypatch.setattr(export, "LARGEST", 1_000)
    with pytest.raises(ModelError, match=r"weights w: its weights take 0\.0 GB, and a graph of ONNX holds 2"):
        graph_of(encoder)


@pytest.mark.parametrize("missing", ["onnxruntime", "onnxscript"])
def test_without_the_extra_there_is_torch(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts, exported: list[Encoder], missing: str
) -> None:
    def version(name: str) -> str:
        if name == missing:
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(kept, "version", version)
    with told() as lines:
        hasten(encoder, parts)
    assert (encoder.session, exported, lines) == (None, [], [])


def test_another_version_exports_anew(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts, exported: list[Encoder]
) -> None:
    for number in ("1", "2"):
        monkeypatch.setattr(kept, "version", lambda _, number=number: number)
        hasten(encoder, parts)
    assert len(exported) == len(parts.keys("exports")) == 2


@pytest.mark.parametrize("manner", [Manner("bfloat16"), Manner(prepending=2)])
def test_other_manners_stay_in_torch(tmp_path: Path, parts: Parts, exported: list[Encoder], manner: Manner) -> None:
    weights = checkpoints.causal(tmp_path / "w").model_copy(update={"pooling": "last"})
    encoder = Encoder(weights, tmp_path, "cpu", manner)
    hasten(encoder, parts)
    assert (encoder.session, exported) == (None, [])


def test_few_texts_are_not_worth_an_export(encoder: Encoder, parts: Parts, exported: list[Encoder]) -> None:
    quicken(encoder, MIXED_TEXTS, parts, "key", keep=True)
    assert (encoder.session, exported) == (None, [])
    hasten(encoder, parts)
    encoder.session = None
    quicken(encoder, MIXED_TEXTS, parts, encoder_key(encoder.weights), keep=True)
    assert encoder.session is None, "nor is the one that is there worth its loading"


def test_a_reader_makes_none_and_uses_one(encoder: Encoder, parts: Parts, exported: list[Encoder]) -> None:
    hasten(encoder, parts, keep=False)
    assert (encoder.session, exported) == (None, [])
    assert not parts.root.exists()
    hasten(encoder, parts)
    hasten(encoder, parts, keep=False)
    assert isinstance(encoder.session, Session)


def test_torch_goes_on_where_onnxruntime_fails(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, graphs: list[bytes]
) -> None:
    class Failing:
        def run(self, *_: object) -> None:
            raise RuntimeError("Failed to allocate memory\nmore")

    expected = encoder.encode(MIXED_TEXTS)
    session = Session(graphs[0], encoder.where)
    monkeypatch.setattr(session, "_session", Failing())
    encoder.session = session
    with told() as lines:
        for _ in range(2):
            np.testing.assert_array_equal(encoder.encode(MIXED_TEXTS), expected)
    assert lines == ["weights w: onnxruntime fails, so torch goes on (Failed to allocate memory)"]


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(ModelError, match="weights w: onnxruntime cannot read it"):
        Session(b"garbage", "weights w")


def test_features_do_not_say_who_made_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, parts: Parts, exported: list[Encoder]
) -> None:
    weights = tiny_weights(tmp_path, 0)
    texts = [Example(text_id(*text), *text) for text in MIXED_TEXTS]
    expected = features_for(weights, texts, Parts(tmp_path / "torch"), tmp_path, "cpu")
    assert exported == []
    monkeypatch.setattr(features_module, "quicken", partial(quicken, pays=0.0))
    features_module.encoder_for(weights, tmp_path, "cpu").session = None
    found = features_for(weights, texts, parts, tmp_path, "cpu")
    assert len(exported) == 1
    np.testing.assert_allclose(found, expected, atol=kept.AGREE)
    assert parts.keys("features") == Parts(tmp_path / "torch").keys("features")


@pytest.mark.usefixtures("exported")
def test_long_texts_stay_in_torch(monkeypatch: pytest.MonkeyPatch, encoder: Encoder, parts: Parts) -> None:
    """And are not what an export is held by."""
    monkeypatch.setattr(kept, "LONGEST", 5)
    monkeypatch.setattr(session_module, "LONGEST", 5)
    expected = encoder.encode(MIXED_TEXTS)
    hasten(encoder, parts)
    found = encoder.encode(MIXED_TEXTS, batch_tokens=1)
    lengths = np.array([len(tokens["input_ids"]) for tokens in encoder.tokenise(MIXED_TEXTS)])
    same = [np.array_equal(one, other) for one, other in zip(found, encoder_by_torch(encoder), strict=True)]
    assert [bool(each) for each in lengths > 5] == same
    np.testing.assert_allclose(found, expected, atol=kept.AGREE)


def encoder_by_torch(encoder: Encoder) -> np.ndarray:
    session, encoder.session = encoder.session, None
    try:
        return encoder.encode(MIXED_TEXTS, batch_tokens=1)
    finally:
        encoder.session = session
