"""Known scores in a run: published beside the measured ones, kept where a file is bad, and read once."""

from __future__ import annotations

from pathlib import Path

import pytest

import taskatlas
from taskatlas.errors import InputError
from taskatlas.flows.atlas import atlas
from taskatlas.importers.scores.importing import import_scores
from taskatlas.importers.scores.written import ScoreOptions
from taskatlas.importers.transfers.importing import import_transfers
from taskatlas.importers.transfers.written import TransferOptions
from tests.support.projects import parts, write_file, written

BOARD = "model,dataset,accuracy,date\nTheir/7B,cafe_reviews,0.9,2026-05\nvader,elsewhere,0.8,\n"


def run(project: Path) -> dict[str, object]:
    return atlas(project=str(project), device="cpu")


def test_they_are_published_beside_the_measured_ones(copy: Path, tmp_path: Path):
    before, measured = parts(copy), taskatlas.open(copy).sql("FROM scores ORDER BY ALL").to_pylist()
    import_scores(copy, [write_file(tmp_path, "board.csv", BOARD)], ScoreOptions())
    result = run(copy)
    assert (result["release"], result["created"], result["computed"]) == ("v2", True, 0)
    made = written(before, parts(copy))
    contents = {kind: made[kind] for kind in ("table_checks", "table_contents")}
    assert made == {"known_scores": 1, "completed_scores": 1, "recommendations": 1, **contents}
    opened = taskatlas.open(copy)
    assert opened.sql("SELECT * FROM known_scores ORDER BY subject").to_pylist() == [
        {
            "card": "board", "subject": subject, "dataset": dataset, "metric": "accuracy", "value": value, "n": None,
            "date": date,
        }
        for subject, dataset, value, date in (
            ("Their/7B", "cafe_reviews", 0.9, "2026-05"), ("vader", "elsewhere", 0.8, None),
        )
    ]  # fmt: skip
    assert opened.sql("FROM scores ORDER BY ALL").to_pylist() == measured
    assert opened.sql('SELECT count(*) AS n FROM "known_scores@v1"')["n"].to_pylist() == [0]
    again = run(copy)
    assert (again["release"], again["created"]) == ("v2", False)


def test_transfers_are_published_too(copy: Path, tmp_path: Path):
    bank = write_file(tmp_path, "bank.csv", "setup,target,source,gain\nt5,cafe_reviews,elsewhere,0.1\n")
    import_transfers(copy, [bank], TransferOptions())
    result = run(copy)
    assert (result["release"], result["created"], result["computed"]) == ("v2", True, 0)
    assert taskatlas.open(copy).sql("FROM known_transfers").to_pylist() == [
        {"card": "bank", "setup": "t5", "target": "cafe_reviews", "source": "elsewhere", "gain": 0.1}
    ]
    assert run(copy)["created"] is False


def test_nothing_is_lost_by_a_file_that_was_changed(copy: Path, tmp_path: Path):
    import_scores(copy, [write_file(tmp_path, "board.csv", BOARD)], ScoreOptions())
    write_file(copy, "known_scores/board.csv", "something else")
    with pytest.raises(InputError, match=r"known scores board: known_scores/board\.csv has another SHA-256"):
        run(copy)
    assert taskatlas.open(copy).releases()["release"].to_pylist() == ["v1"]
    assert (copy / "known_scores/board.yaml").is_file()


def test_a_damaged_part_is_read_anew(copy: Path, tmp_path: Path):
    import_scores(copy, [write_file(tmp_path, "board.csv", BOARD)], ScoreOptions())
    assert run(copy)["release"] == "v2"
    (part,) = (copy / "warehouse/parts/known_scores").iterdir()
    part.write_bytes(b"")
    assert run(copy)["release"] == "v2"
    assert part.stat().st_size > 0


def test_without_known_scores_a_release_is_what_it_was(copy: Path, tmp_path: Path):
    import_scores(copy, [write_file(tmp_path, "board.csv", BOARD)], ScoreOptions())
    run(copy)
    for file in (copy / "known_scores").iterdir():
        file.unlink()
    assert run(copy)["release"] == "v3"
    ids = {row["release"]: row["release_id"] for row in taskatlas.open(copy).releases().to_pylist()}
    assert ids["v1"] == ids["v3"] != ids["v2"]
