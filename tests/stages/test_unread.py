"""Text sets that the surrogate's tokenizer does not read are told, and a surrogate that reads them ends it."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.stages.unread import unread, unread_rows
from taskatlas.validate import validate_table
from tests.support.cards import change_card
from tests.support.checkpoints import bert_of_words
from tests.support.languages import HINDI, MARATHI, MIXED
from tests.support.projects import WORDS, write_card, write_dataset, write_project
from tests.support.stage_runs import benchmark_missing, benchmarked, run_missing

FOREIGN = [*HINDI, *MARATHI, *MIXED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose surrogate knows English words alone, with a dataset in Hindi and Marathi."""
    folder = write_project(tmp_path_factory.mktemp("languages") / "project")
    rows = [{"text": text, "label": ("negative", "positive")[place % 2]} for place, text in enumerate(FOREIGN)]
    write_dataset(folder, "reviews", rows, language="mul", near_duplicates="keep")
    benchmarked(folder, "text")
    return folder


def opened(folder: Path) -> Plan:
    plan = Plan(Project(folder))
    run_missing(plan)
    return plan


def test_a_text_set_that_is_not_read_is_told(folder: Path) -> None:
    [line] = map(str, unread(opened(folder)))
    assert line.startswith(
        "datasets/reviews.yaml: the tokenizer of the surrogate tiny does not know 100% of the words in Devanagari "
        "letters (30 of 30 texts), so its vectors and forecasts say little of them. Add the card of a multilingual "
        "encoder to surrogates/"
    )


def test_it_is_a_row_of_the_table_quality(folder: Path) -> None:
    rows = unread_rows(opened(folder))
    [row] = validate_table("quality", rows).good.to_pylist()
    assert (row["origin_kind"], row["origin"], row["success"]) == ("dataset", "reviews", False)
    assert (row["n"], row["n_unexpected"]) == (30, 30)
    assert len(json.loads(row["detail"])["observed"]) <= 120, "the dashboard shows so much"


def test_the_language_is_in_the_table_of_datasets(folder: Path) -> None:
    rows = opened(folder).card_tables["datasets"].to_pylist()
    assert {row["dataset"]: row["language"] for row in rows} == {"feel": None, "mood": None, "reviews": "mul"}
    assert opened(folder).card_tables["corpora"]["language"].to_pylist() == [None]


def test_nothing_is_read_anew_for_a_language(folder: Path) -> None:
    before = opened(folder)
    change_card(folder / "datasets/mood.yaml", language="en")
    change_card(folder / "corpora/web.yaml", language="en")
    after = opened(folder)
    assert [each.examples for each in after.text_sets] == [each.examples for each in before.text_sets]
    assert after.release_id != before.release_id, "it is published"
    for path in ("datasets/mood.yaml", "corpora/web.yaml"):
        change_card(folder / path, language=None)
    assert opened(folder).release_id == before.release_id


def test_a_surrogate_that_reads_them_ends_it(folder: Path) -> None:
    """What the line advises: another encoder on a card, named in atlas.yaml."""
    words = [unicodedata.normalize("NFC", word.strip(".,।")) for text in FOREIGN for word in text.split()]
    sha256 = bert_of_words(folder / "more", [*WORDS, *dict.fromkeys(words)])
    kept = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    (folder / "more/tokenizer_config.json").write_text(json.dumps(kept), encoding="utf-8")
    weights = {"source": "more", "revision": "1", "sha256": sha256, "max_length": 32}
    write_card(folder, "surrogates", "several", weights=weights, language="mul")
    change_card(folder / "atlas.yaml", surrogate="several")
    assert unread(opened(folder)) == []


def test_weights_that_are_gone_say_nothing(folder: Path, tmp_path: Path) -> None:
    plan = opened(folder)
    [work] = [work for work in plan.added_works if work.kind == "tokens"]
    plan.project.parts.remove("tokens", work.key)
    assert unread(plan) == [], "nor does a part that is not there yet"
    weights = folder / plan.project.registry.surrogate.weights.source
    weights.rename(tmp_path / "elsewhere")
    try:
        benchmark_missing(plan)
        assert plan.project.parts.read("tokens", work.key).num_rows == 0
    finally:
        (tmp_path / "elsewhere").rename(weights)
        plan.project.parts.remove("tokens", work.key)
