"""Measures of free answers: how much of what is right an answer holds, where it is text and no label.

Where a text has several right answers the nearest one counts, as is done for questions about texts (Rajpurkar et al.
2016, arXiv 1606.05250, section 6.1). All measures are shares, in [0, 1].
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
_ARTICLES = frozenset(("a", "an", "the"))
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
"""Scripts that put no spaces between words: each of their characters counts as one."""
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ORDERS = range(1, 7)
_BETA_SQUARED = 4.0


def exact_match(answer: str, right: str) -> float:
    """Return 1 where an answer is the right one, else 0; case, punctuation and English articles do not count (Rajpurkar
    et al. 2016, arXiv 1606.05250, section 6.1).

    >>> exact_match("The Nile.", "nile"), exact_match("", ""), exact_match("the White Nile", "nile")
    (1.0, 1.0, 0.0)
    """
    return float(_words_that_count(answer) == _words_that_count(right))


def token_f1(answer: str, right: str) -> float:
    """Return the harmonic mean of precision and recall of words, in any order, as the bags that they are (Rajpurkar et
    al. 2016, arXiv 1606.05250, section 6.1); what counts is as of `exact_match`.

    >>> round(token_f1("the White Nile", "nile"), 3), token_f1("", "nile"), token_f1("", "")
    (0.667, 0.0, 1.0)
    """
    given, wanted = _words_that_count(answer), _words_that_count(right)
    if not given or not wanted:
        return float(given == wanted)
    return _f1((Counter(given) & Counter(wanted)).total(), len(given), len(wanted))


def rouge_l(answer: str, right: str) -> float:
    """Return ROUGE-L of two texts: the harmonic mean of precision and recall of their longest common subsequence of
    words (Lin 2004, ROUGE, section 3.1, with β = 1). Words are runs of letters and digits in small letters.

    >>> round(rouge_l("police killed the gunman", "police kill the gunman"), 3), rouge_l("", "")
    (0.75, 1.0)
    """
    given, wanted = _words(answer), _words(right)
    if not given or not wanted:
        return float(given == wanted)
    return _f1(_common(given, wanted), len(given), len(wanted))


def chrf(answer: str, right: str) -> float:
    """Return chrF of two texts: the F2 measure of runs of 1 to 6 characters, white space left out, precision and recall
    each averaged over the lengths that both texts have (Popović 2015, chrF, section 2).

    >>> round(chrf("the cat", "the cats"), 3), chrf("", ""), chrf("", "cat")
    (0.776, 1.0, 0.0)
    """
    given, wanted = _character_runs(answer), _character_runs(right)
    precision, recall = [], []
    for one, other in zip(given, wanted, strict=True):
        if one and other:
            both = (one & other).total()
            precision.append(both / one.total())
            recall.append(both / other.total())
    if not precision:
        return float(not given[0] and not wanted[0])
    p, r = float(np.mean(precision)), float(np.mean(recall))
    return 0.0 if p + r == 0.0 else (1.0 + _BETA_SQUARED) * p * r / (_BETA_SQUARED * p + r)


MEASURES: Mapping[str, Callable[[str, str], float]] = {
    "exact_match": exact_match, "f1": token_f1, "rouge_l": rouge_l, "chrf": chrf,
}  # fmt: skip
"""Measures by the name of the metric that is their mean."""


def measured_texts(metric: str, answers: Sequence[str], right: Sequence[Sequence[str]]) -> Floats:
    """Return what each of n answers is worth: its measure against the nearest of what is right, float64 [n].

    >>> measured_texts("exact_match", ["Paris", "Rome"], [["paris", "Paris, France"], ["Milan"]]).tolist()
    [1.0, 0.0]

    Args:
        metric: one of MEASURES.
        answers: n texts.
        right: n times one right answer or more.

    Raises:
        InputError: another number of answers, or a text that has no right answer.
    """
    if len(answers) != len(right) or not all(right):
        raise InputError(f"{len(answers)} answers cannot be held against {sum(map(bool, right))} texts with right ones")
    measure = MEASURES[metric]
    best = [max(measure(answer, each) for each in of) for answer, of in zip(answers, right, strict=True)]
    return np.asarray(best, np.float64)


def _f1(both: int, given: int, wanted: int) -> float:
    return 2.0 * both / (given + wanted)


def _words_that_count(text: str) -> list[str]:
    """Words in small letters, without punctuation and English articles. What is between two words without a space, as
    in U.S., joins them."""
    if text.isascii():
        kept = text.lower().translate(_WITHOUT_PUNCTUATION)
    else:
        kept = "".join(map(_without_punctuation, unicodedata.normalize("NFKC", text).casefold()))
    return [word for word in kept.split() if word not in _ARTICLES]


def _words(text: str) -> list[str]:
    """Runs of letters, digits and the marks upon them, in small letters."""
    if text.isascii():
        return re.findall(r"[a-z0-9]+", text.lower())
    return "".join(map(_of_words_alone, unicodedata.normalize("NFC", text).casefold())).split()


@lru_cache(maxsize=65_536)
def _without_punctuation(character: str) -> str:
    is_punctuation = character in string.punctuation or unicodedata.category(character).startswith("P")
    return "" if is_punctuation else _apart(character)


@lru_cache(maxsize=65_536)
def _of_words_alone(character: str) -> str:
    return _apart(character) if unicodedata.category(character)[0] in "LNM" else " "


def _apart(character: str) -> str:
    """A character with spaces around it, where it is of a script that writes none."""
    return f" {character} " if unicodedata.name(character, "").startswith(_UNSPACED) else character


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, a bit of a number for each place of the first (Hyyrö 2004, Bit-parallel
    LCS-length computation revisited, section 3)."""
    places: dict[str, int] = {}
    for place, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << place
    whole = (1 << len(one)) - 1
    left = whole
    for word in other:
        here = left & places.get(word, 0)
        left = ((left + here) | (left - here)) & whole
    return len(one) - left.bit_count()


def _character_runs(text: str) -> list[Counter[str]]:
    joined = "".join(text.split())
    return [Counter(joined[at : at + n] for at in range(len(joined) - n + 1)) for n in _ORDERS]
