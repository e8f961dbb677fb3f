"""The end of a run: what was found for each dataset, what was done, where it lies and what to do next."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from taskatlas.cli import summary as summary_module
from taskatlas.cli.summary import print_summary
from taskatlas.project.folders import ProjectFolders
from taskatlas.recommend.recommendation import recommend
from taskatlas.store.reader import Reader

COUNTS = {"datasets": 4, "subjects": 8, "corpus_texts": 1_200, "spaces": 3, "vectors": 28, "quarantined": 2}


def summary(folder: Path, width: int = 80, **changes: Any) -> str:
    result = {
        "release": "v1", "created": True, "computed": 12, "counts": COUNTS, "seconds": 61.234, "server_seconds": 4.56,
        "datasets": ["cafe_reviews"],
    }  # fmt: skip
    out = io.StringIO()
    print_summary(Console(file=out, width=width), ProjectFolders(folder), {**result, **changes})
    return out.getvalue()


def test_every_dataset_has_its_nearest_and_the_subjects_to_choose(published: Path):
    lines = summary(published, 100).splitlines()
    cafe = lines.index("cafe_reviews  sentiment, by accuracy")
    assert lines[cafe + 1].startswith("  nearest  gadget_reviews 0.")
    assert " · " in lines[cafe + 1]
    assert lines[cafe + 2].startswith("  choose   ")
    assert ("use " in lines[cafe + 2]) != (
        "nothing here is known to be better than always answering" in lines[cafe + 2]
    )
    assert "scene_pairs  inference, by accuracy" in lines
    pairs = lines.index("scene_pairs  inference, by accuracy")
    assert lines[pairs + 2].startswith("  choose   no subject answers its labels (")
    assert "ticket_urgency  urgency, by Spearman's correlation" in lines


def test_it_fits_a_terminal_of_80_columns(published: Path):
    lines = summary(published).splitlines()
    ends = ("catalog ", "data docs ", "next ")
    assert all(len(line.rstrip()) <= 80 for line in lines if not line.startswith(ends))
    text = " ".join(" ".join(lines).split())
    for dataset in ("cafe_reviews", "gadget_reviews", "ticket_urgency"):
        told = recommend(Reader(ProjectFolders(published).catalog), "prompt", dataset).text
        assert f"choose {told}" in text, "it is told whole, on as many lines as it takes"


def test_it_counts_and_says_how_long_it_took(published: Path):
    text = " ".join(summary(published).split())
    assert "4 datasets, 8 subjects, 1,200 corpus texts, 3 spaces; 2 rows in quarantine." in text
    assert "61.2 s, of which Prefect's server took 4.6 s to start." in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"created": True}, "Release v1 is published."),
        ({"created": False, "computed": 3}, "What was missing is made again; the result is release v1, as before."),
        (
            {"created": False, "computed": 0, "stages": ["ingest"]},
            "What was missing is made again; the result is release v1, as before.",
        ),
        (
            {"created": False, "computed": 0, "stages": []},
            "Nothing has changed since release v1: nothing computed or published.",
        ),
    ],
)
def test_it_says_what_came_of_the_run(published: Path, changes: dict[str, Any], message: str):
    assert message in summary(published, **changes)


def test_paths_and_commands_can_be_copied_whole(published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASKATLAS_PROJECT", str(published))
    lines = summary(published, 40).splitlines()
    assert f"catalog    {published}/warehouse/catalog.duckdb" in lines
    assert f"data docs  {published}/warehouse/data_docs/index.html" in lines
    (last,) = [line for line in lines if line.startswith("next")]
    assert last.split(None, 1)[1].split(" · ") == [
        "taskatlas dashboard",
        "taskatlas recommend prompt cafe_reviews",
        "taskatlas nearest cafe_reviews",
        'taskatlas sql "SHOW TABLES"',
    ]


def test_commands_name_a_project_that_they_would_not_find(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("TASKATLAS_PROJECT", raising=False)
    for here, option in ((published, ""), (published.parent, f" -p {published.name}"), (tmp_path, f" -p {published}")):
        monkeypatch.chdir(here)
        assert f"next       taskatlas dashboard{option} · " in summary(published)


def test_a_project_without_datasets_shows_the_commands_all_the_same(published: Path):
    assert "taskatlas recommend prompt DATASET" in summary(published, datasets=[])


def test_near_duplicates_are_told_with_the_field_that_decides():
    removed = summary_module._alike("reviews", 3, 0)
    assert removed == (
        "reviews: 3 texts that nearly equal others with the same label are left out; "
        "near_duplicates: keep on its card keeps them."
    )
    kept = summary_module._alike("letters", 0, 78)
    assert "78 texts nearly equal others, so its texts are alike by nature and all stay" in kept
    assert "near_duplicates: remove" in kept
