"""How a tokenizer cuts the words of texts, script by script.

A tokenizer that was not made for a script knows few of its words and no pieces of them: it leaves single letters, or
one token that stands for everything unknown. An encoder then reads next to nothing of a text, and says so nowhere. The
measures are those by which multilingual tokenizers are compared: tokens a word (fertility) and the share of unknown
words (Rust et al. 2021, arXiv 2012.15613).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

FEW_WORDS, FEW_SHARE = 20, 0.1
"""Words, and share of a text set's words, from which on a script is spoken of."""
UNKNOWN = 0.1
"""Share of unknown words from which on a script is not read."""
LETTERS = 1.75
"""Characters a token below which words are cut into letters: between those of Hindi and those of Hindi in Latin letters
for a tokenizer of English, benchmarks/results/languages.md."""
BYTES = 0.75
"""Characters a token below which characters are cut into bytes."""
WORDS_KNOWN = 1_000
"""Tokens of a vocabulary that holds pieces of words. Smaller ones are of letters or bytes, and cut all scripts so."""
SYLLABIC = frozenset(
    "BOPOMOFO CANADIAN CHEROKEE CJK ETHIOPIC HANGUL HIRAGANA KATAKANA YI".split()  # noqa: SIM905
)
"""Scripts in which a character is a syllable or a word: it counts as a word, and may well be a token."""
_BATCH = 1_024


@dataclass(frozen=True)
class ScriptTokens:
    """What became of the words of one script.

    Attributes:
        script: its name in Unicode, in capitals.
        texts: how many texts hold words of it.
        words: how many words there are.
        characters: of the words, without punctuation around them.
        tokens: of the words.
        unknown: words of whose tokens half or more stand for what is unknown.
    """

    script: str
    texts: int
    words: int
    characters: int
    tokens: int
    unknown: int

    @property
    def named(self) -> str:
        """The script as a person calls it."""
        return "Chinese" if self.script == "CJK" else self.script.title()

    def fault(self, all_words: int, vocabulary: int) -> str | None:
        """Return in words why texts in this script are not read; None where they are, or there are few.

        Args:
            all_words: of all scripts.
            vocabulary: how many tokens the tokenizer knows.
        """
        if self.words < FEW_WORDS or self.words < FEW_SHARE * all_words:
            return None
        if self.unknown >= UNKNOWN * self.words:
            return f"does not know {self.unknown / self.words:.0%} of the words in {self.named} letters"
        fewest = BYTES if self.script in SYLLABIC else LETTERS
        if vocabulary >= WORDS_KNOWN and self.characters < fewest * self.tokens:
            pieces, size = self.tokens / self.words, self.characters / self.tokens
            return f"cuts words in {self.named} letters into {pieces:.1f} tokens each, {size:.1f} characters a token"
        return None


def by_script(texts: Iterable[str], tokenizer: Any) -> list[ScriptTokens]:
    """Count the tokens of texts by the script of their words, the script with most words first.

    Args:
        texts: of any length. Words are what white space separates, and in some scripts each character.
        tokenizer: of transformers.
    """
    words: Counter[tuple[str, str]] = Counter()
    holding: Counter[str] = Counter()
    for text in texts:
        found = list(_words(text))
        words.update(found)
        holding.update({script for script, _ in found})
    sums = {script: [0, 0, 0, 0] for script in holding}
    for (script, word), (tokens, unknown) in zip(words, _cut([word for _, word in words], tokenizer), strict=True):
        counted = (1, len(word), tokens, unknown)
        sums[script] = [each + words[script, word] * more for each, more in zip(sums[script], counted, strict=True)]
    found_sums = [ScriptTokens(script, holding[script], *of_script) for script, of_script in sums.items()]
    return sorted(found_sums, key=lambda each: (-each.words, each.script))


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of a text with their scripts."""
    for word in map(_bare, text.split()):
        script = script_of(word)
        if script in SYLLABIC:
            yield from ((of_letter, letter) for letter in word if (of_letter := script_of(letter)))
        elif script:
            yield script, word


def script_of(word: str) -> str:
    """Return the script of a word's first letter by the name that Unicode gives the letter; empty where it has none.

    >>> script_of("नमस्ते"), script_of("(hello"), script_of("42")
    ('DEVANAGARI', 'LATIN', '')
    """
    return next((_script(letter) for letter in word if letter.isalpha()), "")


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNNAMED").split()[0]


def _bare(word: str) -> str:
    """Return a word without the punctuation around it, which is a token of its own."""
    kept = [place for place, letter in enumerate(word) if unicodedata.category(letter)[0] not in "PS"]
    return word[kept[0] : kept[-1] + 1] if kept else ""


def _cut(words: Sequence[str], tokenizer: Any) -> Iterator[tuple[int, bool]]:
    """Yield how many tokens a word is cut into, and whether half of them or more stand for what is unknown."""
    unknown = tokenizer.unk_token_id
    for start in range(0, len(words), _BATCH):
        # with the white space before it, which some tokenizers keep with the word
        batch = [f" {word}" for word in words[start : start + _BATCH]]
        for ids in tokenizer(batch, add_special_tokens=False)["input_ids"]:
            yield len(ids), unknown is not None and 2 * ids.count(unknown) >= max(1, len(ids))
