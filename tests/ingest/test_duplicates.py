import random
import time

import pytest

from taskatlas.ingest.duplicates import NEAR, NearIndex, sketch

LONG = (
    "The ferry to the islands has been cancelled until Sunday because of the storm, says the harbour office of a town."
)


def index_of(*texts):
    index = NearIndex()
    for text in texts:
        index.add(sketch(*text) if isinstance(text, tuple) else sketch(text))
    return index


@pytest.mark.parametrize("other", [LONG, LONG.upper(), LONG.replace(",", ""), LONG + "!"])
def test_near_duplicates(other):
    assert index_of("Something else entirely", LONG).has_near(sketch(other))


@pytest.mark.parametrize(
    "other", [LONG.replace("cancelled", "announced"), " ".join(reversed(LONG.split())), LONG[:80], "", "The"]
)
def test_other_texts(other):
    assert not index_of(LONG).has_near(sketch(other))


def test_short_texts_are_near_only_if_equal():
    index = index_of("no", "yes")
    assert index.has_near(sketch("No"))
    assert not index.has_near(sketch("not"))
    assert not index.has_near(sketch("n"))


def test_both_halves_of_a_pair_must_be_near():
    index = index_of((LONG, "It sails."))
    assert index.has_near(sketch(LONG + "!", "it sails."))
    assert not index.has_near(sketch(LONG, "It stays."))
    assert not index.has_near(sketch("It sails.", LONG))
    assert not index.has_near(sketch(LONG))


def test_the_index_finds_what_comparing_all_grams_finds():
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghij", k=rng.randint(2, 8))) for _ in range(500)]
    for _ in range(150):
        text = rng.choices(words, k=60)
        other = list(text)
        for _ in range(rng.randint(0, 2)):
            other[rng.randrange(60)] = rng.choice(words)
        one, two = " ".join(text), " ".join(other)
        grams, others = ({each[at : at + 5] for at in range(len(each) - 4)} for each in (one, two))
        assert index_of(one).has_near(sketch(two)) is (len(grams & others) / len(grams | others) >= NEAR)


def test_fifteen_thousand_texts_are_quick():
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 9))) for _ in range(5000)]
    index, n_near = NearIndex(), 0
    start = time.perf_counter()
    for _ in range(15_000):
        new = sketch(" ".join(rng.choices(words, k=25)))
        n_near += index.has_near(new)
        index.add(new)
    assert time.perf_counter() - start < 60  # 3 s on a free core
    assert n_near == 0
