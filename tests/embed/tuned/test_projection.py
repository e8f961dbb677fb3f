"""Long vectors are projected, by the seed alone, and keep their cosines."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.embed.tuned.projection import cosine_error, project_vector
from taskatlas.embed.tuned.schedule import Tuning
from tests.support.tuned import Surrogate, brief, cosine, embed, inputs, labels, soft, vector

LONG = 20_000


def family(count: int, dim: int, seed: int = 0) -> list[np.ndarray]:
    """Vectors that share a part, so that their cosines are of all sizes."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=dim)
    return [(share * common + rng.normal(size=dim)).astype(np.float32) for share in np.linspace(-2, 2, count)]


def test_short_vectors_stay_as_they_are() -> None:
    for dim in (1, 5_000, 16_384):
        vectors = family(1, dim)[0]
        assert project_vector(vectors, Tuning()) is vectors
    assert cosine_error(family(4, 100), Tuning()) == 0


def test_long_vectors_keep_their_cosines() -> None:
    vectors = family(8, LONG)
    projected = [project_vector(one, Tuning()) for one in vectors]
    assert {one.shape for one in projected} == {(4_096,)}
    assert {one.dtype for one in projected} == {np.dtype(np.float32)}
    assert 0 < cosine_error(vectors, Tuning()) < 0.02
    for one, short in zip(vectors, projected, strict=True):
        # lengths are kept, too
        assert np.linalg.norm(short) == pytest.approx(np.linalg.norm(one), rel=0.1)
    for first, second in ((0, 7), (6, 7), (0, 4)):
        assert cosine(projected[first], projected[second]) == pytest.approx(
            cosine(vectors[first], vectors[second]), abs=0.05
        )


def test_the_error_is_the_mean_difference_of_cosines() -> None:
    vectors = family(3, LONG)
    tuning = Tuning(max_dim=100, projected_dim=64)
    short = [project_vector(one, tuning) for one in vectors]
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = np.mean([abs(cosine(vectors[a], vectors[b]) - cosine(short[a], short[b])) for a, b in pairs])
    assert cosine_error(vectors, tuning) == pytest.approx(expected, abs=1e-5)
    assert cosine_error(vectors, tuning) > cosine_error(vectors, Tuning(max_dim=100))  # 64 numbers hold less than 4,096


def test_the_seed_and_the_lengths_decide_it() -> None:
    tunings = {seed: Tuning(seed=seed, projected_dim=256) for seed in (3, 4)}
    vectors = family(1, LONG)[0]
    np.testing.assert_array_equal(project_vector(vectors, tunings[3]), project_vector(vectors.copy(), tunings[3]))
    assert abs(cosine(project_vector(vectors, tunings[3]), project_vector(vectors, tunings[4]))) < 0.3
    # what else a project chooses does not matter
    other = Tuning(seed=3, projected_dim=256, preset="fute", reading="class_head", max_dim=19_999)
    np.testing.assert_array_equal(project_vector(vectors, tunings[3]), project_vector(vectors, other))


def test_it_is_linear() -> None:
    """So the difference of two projected vectors is the projected difference."""
    one, other = family(2, LONG)
    short_vector = project_vector(one, Tuning()) - project_vector(other, Tuning())
    np.testing.assert_allclose(short_vector, project_vector(one - other, Tuning()), atol=1e-3)


@pytest.mark.parametrize(("name", "full"), [("fisher", 3_920), ("taskvector", 3_888), ("bitfit", 240)])
def test_methods_shorten_what_is_longer_than_the_most(surrogate: Surrogate, name: str, full: int) -> None:
    method, short = brief(name), brief(name, max_dim=200, projected_dim=100)
    entities = [labels(), soft()]
    long, projected = ([vector(one) for one in embed(vectors, surrogate, entities)] for vectors in (method, short))
    vectors = inputs(surrogate)
    whole = [vector(one) for one in short.share(vectors, short.pin(vectors)).full_vectors(entities)]
    for one, own, short_vector in zip(long, whole, projected, strict=True):
        assert (len(one), len(own), len(short_vector)) == (full, full, 100)
        np.testing.assert_array_equal(one, own)
        np.testing.assert_array_equal(project_vector(one, short.tuning), short_vector)
