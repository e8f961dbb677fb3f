"""How tokenizers cut words: that of the starter's surrogate, which reads English, and made ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from taskatlas.predict.load import load_tokenizer
from taskatlas.predict.tokens import FEW_WORDS, LETTERS, ScriptTokens, by_script, script_of
from taskatlas.predict.weights import locate
from tests.support import checkpoints
from tests.support.checkpoints import MINILM
from tests.support.languages import CHINESE, ENGLISH, GERMAN, HINDI, MARATHI, MIXED, ROMANISED, RUSSIAN


@pytest.fixture(scope="module")
def minilm() -> Any:
    return load_tokenizer(locate(MINILM, Path()), "MiniLM")


def faults(texts: tuple[str, ...], tokenizer: Any) -> list[str]:
    found = by_script(texts, tokenizer)
    words = sum(each.words for each in found)
    return [fault for each in found if (fault := each.fault(words, len(tokenizer)))]


@pytest.mark.parametrize("texts", [ENGLISH, GERMAN, ROMANISED])
def test_latin_letters_are_read(minilm: Any, texts: tuple[str, ...]) -> None:
    [found] = by_script(texts, minilm)
    assert found.script == "LATIN"
    assert found.texts == len(texts)
    assert found.unknown == 0
    assert found.characters > LETTERS * found.tokens
    assert faults(texts, minilm) == []


@pytest.mark.parametrize(("texts", "script"), [(HINDI, "Devanagari"), (MARATHI, "Devanagari"), (RUSSIAN, "Cyrillic")])
def test_other_letters_fall_apart(minilm: Any, texts: tuple[str, ...], script: str) -> None:
    [fault] = faults(texts, minilm)
    assert f"words in {script} letters" in fault


def test_of_mixed_texts_the_script_that_falls_apart_is_told(minilm: Any) -> None:
    found = by_script(MIXED, minilm)
    assert [each.script for each in found] == ["DEVANAGARI", "LATIN"]
    assert [each.texts for each in found] == [10, 10]
    [fault] = faults(MIXED, minilm)
    assert "Devanagari" in fault


def test_characters_that_are_words_may_be_tokens(minilm: Any) -> None:
    [found] = by_script(CHINESE, minilm)
    assert found.script == "CJK"
    assert found.words == found.characters == sum(letter.isalpha() for text in CHINESE for letter in text)
    [fault] = faults(CHINESE, minilm)
    assert re.fullmatch(r"does not know \d\d% of the words in Chinese letters", fault)
    read = ScriptTokens("CJK", 10, 40, 80, 80, 0)
    assert read.fault(40, 30_000) is None
    bytewise = ScriptTokens("CJK", 10, 40, 40, 120, 0)
    assert bytewise.fault(40, 30_000) == "cuts words in Chinese letters into 3.0 tokens each, 0.3 characters a token"
    assert ScriptTokens("DEVANAGARI", 10, 40, 80, 80, 0).fault(40, 30_000) is not None


def test_counts_are_those_of_the_tokenizer(minilm: Any) -> None:
    """Word by word, with punctuation left out."""
    words = [word.strip(".,") for text in ENGLISH for word in text.split()]
    [found] = by_script(ENGLISH, minilm)
    assert found.words == len(words)
    assert found.characters == sum(map(len, words))
    assert found.tokens == sum(len(minilm.tokenize(word)) for word in words)


def test_unknown_words_are_counted(tmp_path: Path) -> None:
    checkpoints.bert("BertModel", tmp_path / "w")
    tokenizer = load_tokenizer(tmp_path / "w", "tiny")
    [fault] = faults(HINDI, tokenizer)
    assert fault == "does not know 100% of the words in Devanagari letters"
    assert faults(("the dog sat on the mat",) * 5, tokenizer) == []


def test_a_small_vocabulary_is_of_letters_by_design() -> None:
    letters = ScriptTokens("LATIN", 5, 40, 160, 160, 0)
    assert letters.fault(40, 384) is None
    assert letters.fault(40, 30_000) == "cuts words in Latin letters into 4.0 tokens each, 1.0 characters a token"


def test_a_few_foreign_words_are_nothing() -> None:
    names = ScriptTokens("GREEK", 3, FEW_WORDS, 80, 80, 0)
    assert names.fault(1_000, 30_000) is None
    assert names.fault(100, 30_000) is not None
    assert ScriptTokens("GREEK", 3, FEW_WORDS - 1, 80, 80, 0).fault(50, 30_000) is None


def test_texts_without_words(minilm: Any) -> None:
    assert by_script(("42 + 1", "", "...", "😀"), minilm) == []


@pytest.mark.parametrize(("word", "script"), [("(नमस्ते)", "DEVANAGARI"), ("42kg", "LATIN"), ("№5", "")])
def test_the_script_is_the_first_letters(word: str, script: str) -> None:
    assert script_of(word) == script
