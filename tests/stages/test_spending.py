"""What servers will be asked is told, and held to what their cards allow, before anything is sent."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from taskatlas.cli.agreement import with_agreement
from taskatlas.errors import SpendError
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict.spending import Spending
from taskatlas.schemas.endpoint import SpendLimit
from taskatlas.stages import predict
from taskatlas.stages.coming import coming
from taskatlas.stages.spending import planned_spending, require_within_limits
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.endpoint import Server, running
from tests.support.projects import write_card, write_dataset
from tests.support.stage_runs import ingested

TEMPLATE = "Is it good or bad? {{ text }}"


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as running_server:
        yield running_server


@pytest.fixture
def served(copied: Callable[..., Path], server: Server) -> Path:
    """The finished project with a served model, its two prompts and one that is worded as one of them."""
    folder = copied()
    write_card(folder, "models", "served", kind="endpoint", url=server.url, model="m", revision="1")
    for name, bad in {"asks": "bad", "asks-again": "awful", "asks-more": "bad"}.items():
        template = TEMPLATE if name != "asks-more" else f"{TEMPLATE} Say it."
        choices = {"negative": bad, "positive": "good"}
        asked = {"families": ["sentiment"], "models": ["served"]}
        write_card(folder, "prompts", name, template=template, choices=choices, **asked)
    return folder


def work_of(plan: Plan, model: str = "served"):
    return next(work for work in plan.model_works() if work.model == model)


def test_requests_are_counted_as_they_will_be_sent(served: Path, server: Server):
    plan = ingested(served)
    told = planned_spending(plan.project, work_of(plan))
    assert told is not None
    texts = plan.corpus.counts["n_texts"] + sum(each.counts["n_test"] for each in plan.datasets.values())
    assert told.requests == 3 * texts, "of five prompts two and two are worded alike, and are asked once"
    assert server.asked == []
    predict.answer(plan.project, work_of(plan), "cpu")
    assert len(server.asked) == told.requests
    again = ingested(served)
    assert not work_of(again).answer_sets
    assert planned_spending(again.project, work_of(again)) == Spending()


def test_a_question_that_two_text_sets_share_counts_once(served: Path, server: Server):
    lines = (served / "data/feel.jsonl").read_text(encoding="utf-8").splitlines()
    write_dataset(served, "feel-again", [json.loads(line) for line in lines])
    plan = ingested(served)
    told = planned_spending(plan.project, work_of(plan))
    assert told is not None
    predict.answer(plan.project, work_of(plan), "cpu")
    assert len(server.asked) == told.requests
    assert told.requests < 3 * sum(each.n_answered for each in plan.text_sets)


def test_tokens_follow_what_answers_took(served: Path, server: Server):
    change_card(served / "models/served.yaml", prompt_price=1_000.0, completion_price=10_000.0, max_tokens=32)
    plan = ingested(served)
    first = planned_spending(plan.project, work_of(plan))
    assert first is not None
    assert first.completion_tokens == 32 * first.requests
    assert first.cost == pytest.approx((first.prompt_tokens * 1_000 + first.completion_tokens * 10_000) / 1_000_000)
    predict.answer(plan.project, work_of(plan), "cpu")
    write_card(served, "prompts", "late", template=f"Late: {TEMPLATE}", choices={"negative": "bad", "positive": "good"},
               models=["served"])  # fmt: skip
    late = ingested(served)
    told = planned_spending(late.project, work_of(late))
    assert told is not None
    assert told.completion_tokens == 2 * told.requests, "as the server counted them"


def test_who_is_not_paid_is_not_counted(served: Path):
    plan = ingested(served)
    assert planned_spending(plan.project, work_of(plan, "enc")) is None


@pytest.mark.parametrize(
    ("limit", "over"),
    [
        ({"requests": 5}, "5 requests"),
        ({"requests": None, "tokens": 100}, "100 tokens"),
        ({"tokens": 100, "requests": 1}, "1 requests and 100 tokens"),
        ({"cost": 0.001}, "a cost of 0.001"),
    ],
)
def test_a_run_stops_before_it_sends_anything(served: Path, server: Server, limit: dict[str, float], over: str):
    change_card(served / "models/served.yaml", spend_limit=limit, prompt_price=1.0, completion_price=1.0)
    plan = ingested(served)
    with pytest.raises(SpendError) as caught:
        require_within_limits(plan.project, plan.model_works())
    assert str(caught.value).startswith("model served is to be sent ")
    assert f"its spend_limit is {over}. Raise spend_limit on the card" in str(caught.value)
    assert server.asked == []
    higher = {"requests": None}
    change_card(served / "models/served.yaml", spend_limit=higher)
    require_within_limits(Project(served), ingested(served).model_works())


def test_ten_thousand_requests_are_the_limit_where_a_card_says_nothing():
    assert Spending(requests=10_000).over(SpendLimit()) == ""
    assert Spending(requests=10_001).over(SpendLimit()) == "10,000 requests"


def test_a_spend_limit_asks_nothing_anew(served: Path):
    plan = ingested(served)
    predict.answer(plan.project, work_of(plan), "cpu")
    change_card(served / "models/served.yaml", spend_limit={"requests": 7, "cost": 1.5}, prompt_price=1.0)
    assert not work_of(ingested(served)).answer_sets


def test_validate_says_what_will_come(served: Path):
    done = run_cli("validate", "--project", served)
    assert done.code == 0
    lines = done.err.splitlines()
    head = next(place for place, line in enumerate(lines) if line == "A run will answer:")
    assert lines[head + 1].split() == ["name", "subjects", "answers", "requests", "tokens"]
    rows = [line.split()[:2] for line in lines[head + 2 :] if not line.startswith("note ")]
    assert rows == [["served", "5"]], "others have answered"


def test_seconds_are_those_of_the_record(served: Path):
    write_card(served, "prompts", "new", choices={"negative": "low", "positive": "high"}, models=["enc"])
    rows = {row["name"]: row for row in coming(Plan(Project(served)))}
    assert rows["enc"]["seconds"] > 0
    assert rows["enc"]["requests"] is None
    assert rows["served"]["seconds"] is None


@pytest.mark.parametrize(("typed", "runs"), [("y", [False, True]), ("n", [False])])
def test_whoever_sits_at_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch, typed: str, runs: list[bool]):
    done: list[bool] = []

    def run(agreed: bool) -> str:
        done.append(agreed)
        if not agreed:
            raise SpendError("model m is to be sent 9 requests")
        return "released"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: typed == "y")
    if typed == "y":
        assert with_agreement(run, agreed=False) == "released"
    else:
        with pytest.raises(typer.Exit):
            with_agreement(run, agreed=False)
    assert done == runs


def test_without_a_terminal_the_estimate_is_the_error():
    def run(agreed: bool) -> None:
        assert not agreed
        raise SpendError("model m is to be sent 9 requests")

    with pytest.raises(SpendError):
        with_agreement(run, agreed=False)
