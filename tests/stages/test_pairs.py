"""On the texts of the corpus a prompt for pairs asks about the halves of each, and quality tells of how many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.plan.plan import Plan
from taskatlas.predict.kinds import encoder
from taskatlas.stages.counted import counted
from tests.support.projects import sentences, write_card, write_dataset, write_rows
from tests.support.stage_runs import answer_missing, answered, ingested

CHOICES = {"negative": "no", "positive": "yes"}


def pairs_of(n: int) -> list[dict[str, str]]:
    texts = sentences(2 * n, 11)
    return [
        {"text": first, "text_pair": second, "label": ("negative", "positive")[place % 2]}
        for place, (first, second) in enumerate(zip(texts[::2], texts[1::2], strict=True))
    ]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that a prompt was rendered to."""
    seen: list[str] = []
    real = encoder.render_inputs

    def render(prompt, texts):
        rendered = real(prompt, texts)
        seen.extend(rendered)
        return rendered

    monkeypatch.setattr(encoder, "render_inputs", render)
    return seen


@pytest.fixture
def with_pairs(copied: Callable[..., Path]) -> Path:
    folder = copied()
    columns = {"text": "text", "text_pair": "text_pair"}
    write_dataset(folder, "follows", pairs_of(60), family="inference", columns=columns)
    template = "{{ text }} Question: {{ text_pair }}"
    write_card(folder, "prompts", "asks", template=template, choices=CHOICES, families=["inference"])
    return folder


def test_no_half_question_is_asked_and_quality_says_how_many_were_split(with_pairs: Path, shown: list[str]):
    plan = answered(with_pairs)
    asked = [text for text in shown if " Question: " in text]
    test_texts = plan.datasets["follows"].counts["n_test"]
    assert len(asked) == plan.corpus.counts["n_texts"] + test_texts
    assert all(all(half.strip() for half in text.split(" Question: ")) for text in asked)
    [row] = [row for row in counted(plan).to_pylist() if row["expectation"] == "expect_pairs_where_a_pair_is_asked_for"]
    assert (row["origin"], row["n_unexpected"], row["success"]) == ("enc/asks", plan.corpus.counts["n_texts"], False)


def test_one_more_text_costs_one_more_question(with_pairs: Path, shown: list[str]):
    answered(with_pairs)
    before = len(shown)
    web = with_pairs / "data/web.jsonl"
    web.write_text(web.read_text() + '{"text": "soup boat under a road\\n  the lovely film"}\n')
    plan = ingested(with_pairs)
    answer_missing(plan)
    assert "soup boat under a road Question:   the lovely film" in shown[before:]
    assert len(shown) == before + 2, "the template that two prompts for single texts share, and the one for pairs"
    assert {row["origin"]: row["n_unexpected"] for row in counted(plan).to_pylist()} == {
        "enc/asks": plan.corpus.counts["n_texts"]
    }


def test_a_probe_of_pairs_is_asked_about_halves(with_pairs: Path):
    write_card(with_pairs, "models", "pair-probe", kind="probe", encoder="enc", dataset="follows")
    plan = answered(with_pairs)
    assert {each.subject for each in plan.all_answer_sets if each.needs} == {"enc/asks", "pair-probe"}
    assert {row["origin"] for row in counted(plan).to_pylist()} == {"enc/asks", "pair-probe"}


def test_what_is_recorded_of_a_text_counts_for_the_whole_text(with_pairs: Path):
    from tests.support.projects import write_recorded

    plan = ingested(with_pairs)
    web = plan.project.parts.read("examples", plan.corpus.examples)["text"].to_pylist()
    rows = [{"text": text, "output": "negative"} for text in web]
    write_recorded(with_pairs, "noted", rows, families=["inference"])
    plan = answered(with_pairs)
    assert {each.subject for each in plan.all_answer_sets if each.needs} == {"enc/asks"}


def test_a_prompt_for_single_texts_keeps_its_answers(finished: Plan, copied: Callable[..., Path]):
    write_rows(folder := copied(), "unused", [])
    plan = ingested(folder)
    assert plan.is_answered()
    assert {each.key for each in plan.all_answer_sets} == {each.key for each in finished.all_answer_sets}
