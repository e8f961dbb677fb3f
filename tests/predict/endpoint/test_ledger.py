"""Nothing is paid for twice: answers are on the disk before the run goes on, and account for what they cost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from taskatlas import progress
from taskatlas.errors import ModelError, StoreError
from taskatlas.predict.kinds.endpoint import Endpoint
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import distinct
from taskatlas.predict.remote.ledger import Entry, Ledger, Spent, spent
from taskatlas.schemas.endpoint import OPERATION, SpendLimit
from tests.support.asking import examples, predict, prompt
from tests.support.endpoint import TEXTS, card_of, fails, hangs, later, repeats, says
from tests.support.places import ROOT

KILLED = """
import sys
from pathlib import Path
from pydantic import TypeAdapter
from schemas.models import AnyModel
from tests.support.asking import predict
from taskatlas.store.parts import Parts
from tests.support.asking import examples
from tests.support.asking import prompt
card = TypeAdapter(AnyModel).validate_json(sys.argv[1])
predict(card, [prompt()], examples(sys.argv[3:]), Path(sys.argv[2]), Parts(Path(sys.argv[2]) / "parts"))
"""


def entries(number: int = 0) -> list[Entry]:
    return [Entry(f"q{number}", "remote/plain", "ä\n", 1, 2, None), Entry(f"r{number}", "b/c", (0.5, -1.0), 2, 3, 4)]


def test_an_answer_is_paid_for_once(ask, server):
    server.usual = repeats
    first = ask()
    server.usual = fails(401)
    assert ask() == first
    assert len(server.asked) == 3
    assert ask(TEXTS[:2], at_once=1, timeout=9, key="env:NO_SUCH_KEY", prompt_price=1.0) == first[:2]


@pytest.mark.parametrize("change", [{"revision": "2"}, {"model": "other"}, {"max_tokens": 3}, {"options": {"seed": 1}}])
def test_another_model_is_asked_anew(ask, server, change):
    ask()
    ask(**change)
    assert len(server.asked) == 6


def test_a_killed_run_goes_on_where_it_was(ask, server, tmp_path):
    server.usual = later(0.02, repeats)
    texts = [f"text number {number}" for number in range(40)]
    card = card_of(server, at_once=1).model_dump_json()
    command = [sys.executable, "-c", KILLED, card, str(tmp_path), *texts]
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        until = time.monotonic() + 120
        while len(server.asked) < 12 and time.monotonic() < until:
            time.sleep(0.005)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    time.sleep(0.1)
    before = len(server.asked)
    assert 12 <= before < 40
    assert [row["output"] for row in ask(texts)] == [str(number) for number in range(40)]
    # none but the one that was on its way when the run was killed, and the one that had come a moment before
    assert len(server.asked) <= 42
    assert set(server.texts()) == set(texts)


def test_an_interrupt_ends_a_run_that_waits(server, parts, tmp_path):
    server.script, server.usual = [says("good")], hangs
    card, ended = card_of(server, at_once=1, timeout=30), []

    def work() -> None:
        try:
            predict(card, [prompt()], examples(TEXTS), tmp_path, parts)
        except KeyboardInterrupt:
            ended.append(time.monotonic())

    thread = threading.Thread(target=work)

    def interrupted() -> None:
        with progress.ended_by_interrupts():
            thread.start()
            while len(server.asked) < 2:
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    begun = time.monotonic()
    thread.join(timeout=25)
    assert ended[0] - begun < 20
    assert not any(each.name == "taskatlas-remote" for each in threading.enumerate())
    assert len(Ledger(parts, card).read()) == 1
    with progress.ended_by_interrupts():
        pass  # the next run is not to end


def test_progress_tells_of_every_text_once(ask, server):
    events: list[tuple[str, int]] = []

    class Sink:
        def expect(self, stage: str, amount: int, unit: str) -> None:
            events.append((unit, amount))

        def advance(self, stage: str, amount: int) -> None:
            events.append((stage, amount))

    ask(TEXTS[:1])
    with progress.shown_by(Sink()):
        ask(prompts=[prompt("one"), prompt("two")])
    assert sum(amount for name, amount in events if name == "texts") == 6
    assert sum(amount for name, amount in events if name == "answer") == 6


def test_lines_come_back_as_they_were(parts, server):
    ledger = Ledger(parts, card_of(server))
    assert ledger.read() == []
    ledger.keep(entries())
    ledger.keep(entries(1))
    assert ledger.read() == [*entries(), *entries(1)]


def test_a_count_that_no_table_holds_is_not_known(parts, server):
    Ledger(parts, card_of(server)).keep([Entry("q", "remote/plain", "fine", 1, 2**63, 5)])
    assert Ledger(parts, card_of(server)).read() == [Entry("q", "remote/plain", "fine", 1, None, 5)]


@pytest.mark.parametrize("torn", [b'{"question": "q9", "answ', b"\xff\x00", b"[1]", b'{"question": "x"}', b"3", b"{}"])
def test_a_torn_line_is_passed_over(parts, server, torn):
    ledger = Ledger(parts, card_of(server))
    ledger.keep(entries())
    with ledger.path.open("ab") as stream:
        stream.write(torn)
    assert ledger.read() == entries()
    ledger.keep(entries(1))
    assert ledger.read() == [*entries(), *entries(1)]


def test_the_file_is_named_by_what_changes_answers_only(parts, server):
    card = card_of(server)
    assert not OPERATION & set(card.content)
    others = {
        "url": "https://else.where/v1", "key": "env:KEY", "requests_per_minute": 3.0, "tokens_per_minute": 3.0,
        "at_once": 3, "timeout": 3.0, "deadline": 3.0, "tries": 3, "prompt_price": 1.0, "completion_price": 1.0,
        "spend_limit": SpendLimit(requests=3),
    }  # fmt: skip
    assert set(others) == OPERATION
    same = card.model_copy(update={**others, "name": "b"})
    assert Ledger(parts, same).path == Ledger(parts, card).path
    other = card.model_copy(update={"revision": "2"})
    assert Ledger(parts, other).path != Ledger(parts, card).path


def test_a_disk_that_cannot_be_written(ask, server, parts, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "answered").write_text("a file")
    with pytest.raises(StoreError, match="the answers that were paid for cannot be"):
        ask()


def test_what_was_spent(ask, server, parts, caplog):
    caplog.set_level("INFO", "taskatlas")
    prices = {"prompt_price": 1.0, "completion_price": 4.0}
    server.script = [fails(500), says(""), says("good", usage=None)]
    ask(prompts=[prompt("one"), prompt("other", template="And: {{ text }}")], at_once=1, **prices)
    card = card_of(server, **prices)
    costs = spent(parts, card)
    assert costs == {
        "remote/one": Spent(3, 4, 14, 4, 1, pytest.approx((14 + 4 * 4) / 1e6)),
        "remote/other": Spent(3, 3, 21, 6, 0, pytest.approx((21 + 4 * 6) / 1e6)),
    }
    assert "subject remote/one: 3 answers, 1 of them empty, 4 requests, 14 prompt tokens" in caplog.text
    assert "answers 500 (out of memory); asked again in" in caplog.text
    assert spent(parts, card_of(server))["remote/one"].cost is None
    assert spent(parts, card.model_copy(update={"name": "else"})) == {}


def test_the_account_of_answers_is_theirs_whoever_asked_first_and_whenever(server, parts, tmp_path):
    server.script = [fails(500), says("good", usage=None)]
    alike, card = [prompt("one"), prompt("two", template="{{ text }}")], card_of(server, at_once=1, prompt_price=1.0)
    took = {"answers": 3, "requests": 4, "prompt_tokens": 14, "completion_tokens": 4, "uncounted": 1}
    for _ in range(2):
        one, two = Endpoint(card, ModelContext(tmp_path, parts)).answer(alike, distinct(examples(TEXTS)))
        assert one.counts == {"unmapped": 2, "shared": 0, **took}
        assert two.counts == {"unmapped": 2, "shared": 3, **took}
    assert len(server.asked) == 4


def test_an_answers_seconds_are_shared_by_those_under_way_and_unknown_of_older_ones(server, parts, tmp_path):
    server.script = [later(0.3, says("good"))] * 2
    card, texts = card_of(server, at_once=2), distinct(examples(TEXTS[:2]))
    (answers,) = Endpoint(card, ModelContext(tmp_path, parts)).answer([prompt()], texts)
    assert sum(answers.seconds.values()) == 2
    assert all(0.15 <= seconds < 0.3 for seconds in answers.seconds), "two at once take 0.15 s each"
    path = Ledger(parts, card).path
    older = [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in older))
    (answers,) = Endpoint(card, ModelContext(tmp_path, parts)).answer([prompt()], texts)
    assert answers.seconds == {}


def test_texts_that_a_prompt_shows_alike_are_one_question(server, parts, tmp_path):
    cut = prompt(template="{{ text[:6] }}")
    (costs,) = Endpoint(card_of(server), ModelContext(tmp_path, parts)).answer([cut], distinct(examples(TEXTS)))
    assert (len(costs.output), costs.counts["answers"], costs.counts["requests"]) == (3, 1, 1)
    assert (costs.counts["prompt_tokens"], costs.counts["shared"]) == (7, 0)


@pytest.mark.parametrize("usage", [[], {"prompt_tokens": "7"}, {"prompt_tokens": True}, {"prompt_tokens": -1}])
def test_tokens_that_cannot_be_counted(ask, server, parts, usage):
    server.usual = says("good", usage=usage)
    ask(["one"])
    assert spent(parts, card_of(server))["remote/plain"] == Spent(1, 1, 0, 0, 1, None)


def test_an_error_while_others_are_under_way_keeps_what_came(ask, server, parts):
    server.script, server.usual = [later(0.4, fails(400))], later(0.02, says("good"))
    with pytest.raises(ModelError, match=r"; \d+ of 60 texts are answered and kept"):
        ask([f"text {number}" for number in range(60)], at_once=2)
    kept = len(Ledger(parts, card_of(server)).read())
    assert kept > 0
    lines = Ledger(parts, card_of(server)).path.read_text().splitlines()
    assert all(set(json.loads(line)) == {*Entry.__dataclass_fields__} for line in lines)
