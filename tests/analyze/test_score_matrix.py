"""What benchmarks.scores reads: a matrix from a file, and descriptions from source files that are not imported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.described import descriptions, many_hot
from benchmarks.score_matrix import dense, lead, low_rank, read
from taskatlas.errors import InputError

SOURCE = """
_LANGS = {"a": ["deu-Latn"], "b": ["eng-Latn"]}


class News(Base):
    metadata = TaskMetadata(
        name="News",
        description="What is in " "the news.",
        eval_langs=_LANGS,
        domains=["News", "Written"],
        type="Classification",
        bibtex_citation="not-Read",
    )
"""


def matrix_file(folder: Path, text: str) -> Path:
    path = folder / "scores.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("header", ["subject,dataset,value", "model,task,score"])
def test_a_matrix_is_read_with_its_holes(tmp_path: Path, header: str):
    matrix = read(matrix_file(tmp_path, f"{header}\nb,x,0.5\na,x,0.25\na,y,0.5\na,y,1.0\n"))
    assert (matrix.subjects, matrix.datasets, matrix.count) == (["a", "b"], ["x", "y"], 3)
    assert matrix.shares[0].tolist() == [0.25, 0.75]
    assert np.isnan(matrix.shares[1, 1])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "no columns subject, dataset, value"),
        ("model,task,score\na,x,good\n", "'good' is no score"),
        ("model,task,score\na,x,0.5\nb,x,85\n", "percentages are mixed with shares"),
        ("model,task,score\n", "no matrix in which some score is known"),
    ],
)
def test_a_file_that_is_no_matrix_is_refused(tmp_path: Path, text: str, told: str):
    with pytest.raises(InputError, match=told):
        read(matrix_file(tmp_path, text))


def test_the_dense_part_holds_however_it_is_left(tmp_path: Path):
    lines = [f"m{i},t{j},0.{i}{j}" for i in range(3) for j in range(3)] + ["m9,t0,0.5", "m9,t9,0.5"]
    part = dense(read(matrix_file(tmp_path, "model,task,score\n" + "\n".join(lines) + "\n")), fewest=3)
    assert part.subjects == ["m0", "m1", "m2"]
    assert part.datasets == ["t0", "t1", "t2"]


def test_baselines_fill_what_they_can():
    random = np.random.default_rng(0)
    truth = 0.5 + 0.1 * random.normal(size=(40, 1)) + 0.1 * random.normal(size=(1, 20))
    known = np.where(random.random(truth.shape) < 0.2, np.nan, truth)
    hidden = np.isnan(known)
    assert np.abs(lead(known) - truth)[hidden].mean() < 0.02
    assert np.abs(low_rank(known, rank=2, penalty=0.01) - truth)[hidden].mean() < 0.03


def test_where_nothing_is_known_a_half_is_guessed():
    assert lead(np.full((2, 1), np.nan)).tolist() == [[0.5], [0.5]]


def test_descriptions_are_read_from_source(tmp_path: Path):
    (tmp_path / "news.py").write_text(SOURCE, encoding="utf-8")
    found = descriptions(tmp_path)["News"]
    assert found.description == "What is in the news."
    assert found.languages == {"deu-Latn", "eng-Latn"}
    assert found.kinds == {"News", "Written", "Classification"}
    assert many_hot([found.languages, frozenset()]).tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert many_hot([frozenset()]).tolist() == [[0.0]]
