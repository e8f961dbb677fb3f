"""Pictures of spaces: neighbours stay neighbours, and points stay where they were."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze.layout import LEAST_FOR_UMAP, Kind, Places, align, lay_out, trust
from taskatlas.analyze.similarity import Floats
from taskatlas.errors import InputError

KINDS: tuple[Kind, ...] = ("pca", "umap")
CLUSTERS = 4


def vectors(n: int, seed: int = 0) -> tuple[Floats, np.ndarray]:
    """n vectors about CLUSTERS centres, in 64 dimensions, and the cluster of each."""
    rng = np.random.default_rng(seed)
    of = np.arange(n) % CLUSTERS
    centres = np.random.default_rng(99).standard_normal((CLUSTERS, 64))
    return (centres[of] + 0.4 * rng.standard_normal((n, 64))).astype(np.float32), of


def nothing(n: int) -> Places:
    return np.full((n, 2), np.nan)


def moved(first: Places, second: Places) -> float:
    return float(np.median(np.linalg.norm(first - second, axis=1)))


def radius(places: Places) -> float:
    return float(np.sqrt(np.square(places - places.mean(axis=0)).sum(axis=1).mean()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_picture_is_centred_of_radius_one_and_the_same_again(kind: Kind):
    made, _ = vectors(60)
    first, again = (lay_out(kind, made, nothing(60)) for _ in range(2))
    assert first.kind == kind
    assert (first.places == again.places).all()
    np.testing.assert_allclose(first.places.mean(axis=0), 0, atol=1e-6)
    assert radius(first.places) == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_picture_is_widest_from_left_to_right(kind: Kind):
    for seed in range(3):
        made, _ = vectors(40, seed)
        x, y = lay_out(kind, made, nothing(40)).places.T
        assert np.var(x) > np.var(y)
        assert np.corrcoef(x, y)[0, 1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_clusters_stay_clusters(kind: Kind):
    made, of = vectors(80)
    places = lay_out(kind, made, nothing(80)).places
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (of[apart.argmin(axis=1)] == of).mean() > {"pca": 0.8, "umap": 0.99}[kind]


def test_umap_keeps_neighbours_that_pca_does_not():
    rng = np.random.default_rng(0)
    of = np.arange(120) % 12
    made = (rng.standard_normal((12, 64))[of] + 0.6 * rng.standard_normal((120, 64))).astype(np.float32)
    trusted = {kind: trust(made, lay_out(kind, made, nothing(120)).places) for kind in KINDS}
    assert trusted["umap"] > trusted["pca"] + 0.05


def test_trust_by_hand():
    line = np.geomspace(0.005, 3, 11)
    on_a_circle = np.stack([np.cos(line), np.sin(line)], axis=1).astype(np.float32)
    places = np.stack([line, np.zeros(11)], axis=1)
    assert trust(on_a_circle, places) == 1.0
    mixed = places[np.random.default_rng(0).permutation(11)]
    assert 0 <= trust(on_a_circle, mixed) < 0.8
    assert trust(on_a_circle[:3], places[:3]) == 1.0
    # b's nearest in the picture is second in the space, off by one of the 3·1·(6 - 3 - 1) / 2 that it could be at worst
    assert trust(on_a_circle[[0, 2, 5]], np.array([[0.0, 0], [3, 0], [5, 0]])) == pytest.approx(1 - 1 / 3)
    assert trust(on_a_circle[:2], places[:2]) is None


def test_a_turned_mirrored_larger_and_moved_copy_comes_back():
    before, _ = vectors(20)
    before = before[:, :2].astype(np.float64)
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]) @ np.diag([1, -1])
    copy = 3.5 * before @ turn + [4, -7]
    known = np.arange(20) < 12
    np.testing.assert_allclose(align(copy, before, known), before, atol=1e-12)
    # of two, too, though a mirror image would lie upon them as well
    np.testing.assert_allclose(align(copy[:2], before[:2], np.array([True, True])), before[:2], atol=1e-12)


def test_a_picture_of_mostly_new_entities_keeps_its_size():
    before, _ = vectors(20)
    before = before[:, :2].astype(np.float64)
    aligned = align(3.5 * before, before, np.arange(20) < 5)
    assert radius(aligned) == pytest.approx(3.5 * radius(before))
    np.testing.assert_allclose(aligned[:5].mean(axis=0), before[:5].mean(axis=0))


def test_one_shared_entity_or_none_changes_nothing():
    places = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 4.0]])
    for shared in ([True, False, False], [False] * 3):
        assert align(places, places + 9, np.array(shared)) is places


def test_entities_that_lay_in_one_place_keep_their_size():
    places = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 4.0]])
    aligned = align(places, np.ones((3, 2)), np.ones(3, bool))
    assert radius(aligned) == pytest.approx(radius(places))
    np.testing.assert_allclose(aligned.mean(axis=0), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_new_entities_hardly_move_the_old_ones(kind: Kind):
    made, of = vectors(105)
    first = lay_out(kind, made[:100], nothing(100)).places
    before = nothing(105)
    before[:100] = first
    second = lay_out(kind, made, before).places
    assert moved(first, second[:100]) < 0.25
    assert 0.8 < radius(second) < 1.25
    nearest = np.linalg.norm(second[100:, None] - second[:100], axis=2).argmin(axis=1)
    assert (of[nearest] == of[100:]).mean() >= {"pca": 0.6, "umap": 1.0}[kind]


@pytest.mark.parametrize("kept", [5, 20, 40])
def test_old_entities_stay_among_mostly_new_ones(kept: int):
    moves = []
    for seed in range(4):  # what UMAP makes of one differs by rounding
        made, _ = vectors(100, seed)
        first = lay_out("umap", made[:kept], nothing(kept)).places
        before = nothing(100)
        before[:kept] = first
        second = lay_out("umap", made, before).places
        moves.append(moved(first, second[:kept]))
        assert radius(second) == pytest.approx(1)
        assert trust(made, second) > trust(made, lay_out("umap", made, nothing(100)).places) - 0.02
    assert np.mean(moves) < 0.4


@pytest.mark.parametrize("kept", [2, 40])
def test_two_places_or_one_are_no_picture_to_start_from(kept: int):
    made, _ = vectors(60)
    before = nothing(60)
    before[:kept] = np.arange(kept)[:, None] % 2
    places = lay_out("umap", made, before).places
    assert trust(made, places) == pytest.approx(trust(made, lay_out("umap", made, nothing(60)).places))


def test_a_whole_picture_that_becomes_a_corner_of_another_does_not_blow_it_up():
    made, of = vectors(100)
    (corner,) = np.nonzero(of == 0)
    before = nothing(100)
    before[corner] = lay_out("umap", made[corner], nothing(len(corner))).places
    assert radius(lay_out("umap", made, before).places) == pytest.approx(1)


def test_growing_release_by_release_neither_shrinks_nor_spoils_a_picture():
    made, _ = vectors(100)
    places = nothing(100)
    for n in range(50, 101, 10):
        places[:n] = lay_out("umap", made[:n], places[:n]).places
    assert 0.7 < radius(places) < 1.4
    assert trust(made, places) > trust(made, lay_out("pca", made, nothing(100)).places)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_entities_are_laid_out_by_pca(kind: Kind, n: int):
    made, _ = vectors(n)
    picture = lay_out(kind, made, nothing(n))
    assert picture.kind == "pca"
    assert picture.places.shape == (n, 2)
    assert np.isfinite(picture.places).all()
    assert len({tuple(place) for place in picture.places.tolist()}) == n


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [2, 40])
def test_vectors_that_are_all_one_lie_in_one_place(kind: Kind, n: int):
    for made in (np.full((n, 8), 0.3, np.float32), np.zeros((n, 8), np.float32)):
        picture = lay_out(kind, made, nothing(n))
        assert (picture.kind, picture.places.any()) == ("pca", False)
        assert 0 <= (trust(made, picture.places) or 0) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_equal_vectors_and_vectors_of_length_zero_have_places(kind: Kind):
    made, _ = vectors(40)
    made[:10], made[10:14] = made[0], 0
    places = lay_out(kind, made, nothing(40)).places
    assert np.isfinite(places).all()
    assert radius(places[:10]) < 0.5 * radius(places)


def test_one_dimension_will_do():
    made = np.linspace(-1, 1, LEAST_FOR_UMAP, dtype=np.float32)[:, None]
    for kind in KINDS:
        assert np.isfinite(lay_out(kind, made, nothing(len(made))).places).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_of_which_half_is_missing_is_none(kind: Kind):
    made, _ = vectors(40)
    before = lay_out(kind, made, nothing(40)).places
    known = before.copy()
    known[:5] = np.nan
    before[:3, 1], before[3:5, 0] = np.nan, np.inf
    assert (lay_out(kind, made, before).places == lay_out(kind, made, known).places).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mirrored_picture_before_and_one_on_a_line_are_followed(kind: Kind):
    made, _ = vectors(40)
    first = lay_out(kind, made, nothing(40)).places
    mirrored = first * [-1, 1]
    assert moved(mirrored, lay_out(kind, made, mirrored).places) < 0.5
    line = np.stack([np.linspace(-1, 1, 40), np.zeros(40)], axis=1)
    found = lay_out(kind, made, line).places
    assert np.isfinite(found).all()
    assert radius(found) == pytest.approx(radius(line))


def test_numbers_that_are_none_are_refused():
    with pytest.raises(InputError, match="not finite"):
        lay_out("pca", np.full((3, 2), np.nan, np.float32), nothing(3))
