"""Pictures of spaces: neighbours stay neighbours, and points stay where they were."""

from __future__ import annotations

import numpy as np
import pytest

from taskatlas.analyze.layout import LEAST_FOR_UMAP, Kind, Positions, align, lay_out, trustworthiness
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


def unknown(n: int) -> Positions:
    return np.full((n, 2), np.nan)


def moved(first: Positions, second: Positions) -> float:
    return float(np.median(np.linalg.norm(first - second, axis=1)))


def radius(positions: Positions) -> float:
    return float(np.sqrt(np.square(positions - positions.mean(axis=0)).sum(axis=1).mean()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_picture_is_centred_of_radius_one_and_the_same_again(kind: Kind):
    matrix, _ = vectors(60)
    first, again = (lay_out(kind, matrix, unknown(60)) for _ in range(2))
    assert first.kind == kind
    assert (first.positions == again.positions).all()
    np.testing.assert_allclose(first.positions.mean(axis=0), 0, atol=1e-6)
    assert radius(first.positions) == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_picture_is_widest_from_left_to_right(kind: Kind):
    for seed in range(3):
        matrix, _ = vectors(40, seed)
        x, y = lay_out(kind, matrix, unknown(40)).positions.T
        assert np.var(x) > np.var(y)
        assert np.corrcoef(x, y)[0, 1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_clusters_stay_clusters(kind: Kind):
    matrix, of = vectors(80)
    positions = lay_out(kind, matrix, unknown(80)).positions
    apart = np.linalg.norm(positions[:, None] - positions, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (of[apart.argmin(axis=1)] == of).mean() > {"pca": 0.8, "umap": 0.99}[kind]


def test_umap_keeps_neighbours_that_pca_does_not():
    rng = np.random.default_rng(0)
    of = np.arange(120) % 12
    matrix = (rng.standard_normal((12, 64))[of] + 0.6 * rng.standard_normal((120, 64))).astype(np.float32)
    trusted = {kind: trustworthiness(matrix, lay_out(kind, matrix, unknown(120)).positions) for kind in KINDS}
    assert trusted["umap"] > trusted["pca"] + 0.05


def test_trustworthiness_by_hand():
    line = np.geomspace(0.005, 3, 11)
    on_a_circle = np.stack([np.cos(line), np.sin(line)], axis=1).astype(np.float32)
    positions = np.stack([line, np.zeros(11)], axis=1)
    assert trustworthiness(on_a_circle, positions) == 1.0
    mixed = positions[np.random.default_rng(0).permutation(11)]
    assert 0 <= trustworthiness(on_a_circle, mixed) < 0.8
    assert trustworthiness(on_a_circle[:3], positions[:3]) == 1.0
    # b's nearest in the picture is second in the space, off by one of the 3·1·(6 - 3 - 1) / 2 that it could be at worst
    assert trustworthiness(on_a_circle[[0, 2, 5]], np.array([[0.0, 0], [3, 0], [5, 0]])) == pytest.approx(1 - 1 / 3)
    assert trustworthiness(on_a_circle[:2], positions[:2]) is None


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
    positions = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 4.0]])
    for shared in ([True, False, False], [False] * 3):
        assert align(positions, positions + 9, np.array(shared)) is positions


def test_entities_at_one_position_keep_their_size():
    positions = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 4.0]])
    aligned = align(positions, np.ones((3, 2)), np.ones(3, bool))
    assert radius(aligned) == pytest.approx(radius(positions))
    np.testing.assert_allclose(aligned.mean(axis=0), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_new_entities_hardly_move_the_old_ones(kind: Kind):
    matrix, of = vectors(105)
    first = lay_out(kind, matrix[:100], unknown(100)).positions
    before = unknown(105)
    before[:100] = first
    second = lay_out(kind, matrix, before).positions
    assert moved(first, second[:100]) < 0.25
    assert 0.8 < radius(second) < 1.25
    nearest = np.linalg.norm(second[100:, None] - second[:100], axis=2).argmin(axis=1)
    assert (of[nearest] == of[100:]).mean() >= {"pca": 0.6, "umap": 1.0}[kind]


@pytest.mark.parametrize("n_old", [5, 20, 40])
def test_old_entities_stay_among_mostly_new_ones(n_old: int):
    moves = []
    for seed in range(4):  # what UMAP makes of one differs by rounding
        matrix, _ = vectors(100, seed)
        first = lay_out("umap", matrix[:n_old], unknown(n_old)).positions
        before = unknown(100)
        before[:n_old] = first
        second = lay_out("umap", matrix, before).positions
        moves.append(moved(first, second[:n_old]))
        assert radius(second) == pytest.approx(1)
        afresh = lay_out("umap", matrix, unknown(100)).positions
        assert trustworthiness(matrix, second) > trustworthiness(matrix, afresh) - 0.02
    assert np.mean(moves) < 0.4


@pytest.mark.parametrize("n_old", [2, 40])
def test_two_positions_or_one_are_no_picture_to_start_from(n_old: int):
    matrix, _ = vectors(60)
    before = unknown(60)
    before[:n_old] = np.arange(n_old)[:, None] % 2
    afresh, upon_few = (lay_out("umap", matrix, start).positions for start in (unknown(60), before))
    assert trustworthiness(matrix, upon_few) == pytest.approx(trustworthiness(matrix, afresh))


def test_a_whole_picture_that_becomes_a_corner_of_another_does_not_blow_it_up():
    matrix, of = vectors(100)
    (corner,) = np.nonzero(of == 0)
    before = unknown(100)
    before[corner] = lay_out("umap", matrix[corner], unknown(len(corner))).positions
    assert radius(lay_out("umap", matrix, before).positions) == pytest.approx(1)


def test_growing_release_by_release_neither_shrinks_nor_spoils_a_picture():
    matrix, _ = vectors(100)
    positions = unknown(100)
    for n in range(50, 101, 10):
        positions[:n] = lay_out("umap", matrix[:n], positions[:n]).positions
    assert 0.7 < radius(positions) < 1.4
    assert trustworthiness(matrix, positions) > trustworthiness(matrix, lay_out("pca", matrix, unknown(100)).positions)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_entities_are_laid_out_by_pca(kind: Kind, n: int):
    matrix, _ = vectors(n)
    picture = lay_out(kind, matrix, unknown(n))
    assert picture.kind == "pca"
    assert picture.positions.shape == (n, 2)
    assert np.isfinite(picture.positions).all()
    assert len({tuple(position) for position in picture.positions.tolist()}) == n


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [2, 40])
def test_equal_vectors_lie_at_one_position(kind: Kind, n: int):
    for matrix in (np.full((n, 8), 0.3, np.float32), np.zeros((n, 8), np.float32)):
        picture = lay_out(kind, matrix, unknown(n))
        assert (picture.kind, picture.positions.any()) == ("pca", False)
        assert 0 <= (trustworthiness(matrix, picture.positions) or 0) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_equal_vectors_and_vectors_of_length_zero_have_positions(kind: Kind):
    matrix, _ = vectors(40)
    matrix[:10], matrix[10:14] = matrix[0], 0
    positions = lay_out(kind, matrix, unknown(40)).positions
    assert np.isfinite(positions).all()
    assert radius(positions[:10]) < 0.5 * radius(positions)


def test_one_dimension_will_do():
    matrix = np.linspace(-1, 1, LEAST_FOR_UMAP, dtype=np.float32)[:, None]
    for kind in KINDS:
        assert np.isfinite(lay_out(kind, matrix, unknown(len(matrix))).positions).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_position_of_which_half_is_missing_is_none(kind: Kind):
    matrix, _ = vectors(40)
    before = lay_out(kind, matrix, unknown(40)).positions
    known = before.copy()
    known[:5] = np.nan
    before[:3, 1], before[3:5, 0] = np.nan, np.inf
    assert (lay_out(kind, matrix, before).positions == lay_out(kind, matrix, known).positions).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mirrored_picture_before_and_one_on_a_line_are_followed(kind: Kind):
    matrix, _ = vectors(40)
    first = lay_out(kind, matrix, unknown(40)).positions
    mirrored = first * [-1, 1]
    assert moved(mirrored, lay_out(kind, matrix, mirrored).positions) < 0.5
    line = np.stack([np.linspace(-1, 1, 40), np.zeros(40)], axis=1)
    positions = lay_out(kind, matrix, line).positions
    assert np.isfinite(positions).all()
    assert radius(positions) == pytest.approx(radius(line))


def test_numbers_that_are_none_are_refused():
    with pytest.raises(InputError, match="not finite"):
        lay_out("pca", np.full((3, 2), np.nan, np.float32), unknown(3))
