"""Servers that are busy, break, lie or never come back."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.kinds.endpoint import Endpoint
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import distinct
from taskatlas.predict.remote import client
from tests.support.asking import examples, prompt
from tests.support.endpoint import TEXTS, breaks_off, card_of, fails, gives, hangs, hangs_up, later, raw, says

GOOD = says("good")
ANSWER = json.dumps({"choices": [{"message": {"content": "good"}}]}).encode()
HTML = b"<html><title>Sign in</title></html>"


@pytest.mark.parametrize(
    "fault",
    [
        fails(500), fails(502), fails(503, "loading"), fails(429, "slow down"), fails(408), fails(409),
        raw(HTML, 502, Content_Type="text/html"), breaks_off, hangs_up, raw(b""), raw(b'{"choices": [{'),
        raw(b"[" * 100_000), raw(b"\xff\xfe{"), raw(b"no gzip", Content_Encoding="gzip"),
        raw(gzip.compress(b"{}" * 999)[:-9], Content_Encoding="gzip"), raw(b"no zlib", Content_Encoding="deflate"),
        raw(b"no gzip", 503, Content_Encoding="gzip"),
    ],
    ids=lambda act: getattr(act, "__name__", "act"),
)  # fmt: skip
def test_what_passes_is_asked_again(ask, server, fault):
    server.script, server.usual = [fault, fault], GOOD
    assert [row["label"] for row in ask(["one", "two"], at_once=1)] == ["positive"] * 2
    assert len(server.asked) == 4
    assert server.texts() == ["one", "one", "one", "two"]


def test_a_request_that_takes_too_long_is_asked_again(ask, server):
    server.script, server.usual = [hangs], GOOD
    assert [row["label"] for row in ask(["one"], timeout=1)] == ["positive"]
    assert len(server.asked) == 2


def test_a_body_that_trickles_takes_too_long_as_well(ask, server):
    def trickles(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not handler.server_of.ended.wait(0.05):
            handler.wfile.write(b" ")

    server.usual = trickles
    with pytest.raises(ModelError, match=r"did not answer within 0.3 s"):
        ask(["one"], timeout=0.3, tries=1)


@pytest.mark.parametrize(
    ("asks", "at_least"),
    [
        ("0.4", 0.4), ("0", 0), ("-3", 0), ("soon", 0), ("nan", 0), ("1e999", 0),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True), 1),
        (lambda: format_datetime(datetime.now(UTC) - timedelta(seconds=9), usegmt=True), 0),
    ],
)  # fmt: skip
def test_a_server_says_when_to_come_back(ask, server, asks, at_least):
    asked = asks() if callable(asks) else asks
    server.script, server.usual = [fails(429, Retry_After=asked)], GOOD
    ask(["one"])
    first, second = server.at
    # what is no time, or over, is not waited for
    assert at_least <= second - first < 20


def test_all_wait_when_one_is_told_to(ask, server):
    server.script, server.usual = [fails(429, Retry_After="0.5")], later(0.1, GOOD)
    ask([f"text {number}" for number in range(6)], at_once=2)
    refused_at = server.at[0]
    # the other request was under way already
    assert all(at - refused_at > 0.5 for at in server.at[2:])


def test_a_server_that_asks_for_an_hour_is_not_waited_for(ask, server):
    server.usual = fails(429, "quota", Retry_After="3600")
    with pytest.raises(ModelError, match=r"answers 429 \(quota\) and asks to wait 3600 s.*[Ww]ait as long"):
        ask(["one"])
    assert len(server.asked) == 1


def test_a_rate_limit_without_end_ends_after_so_many_tries(ask, server):
    server.usual = fails(429, "slow down")
    with pytest.raises(ModelError, match=r"answers 429 \(slow down\).*0 of 1 texts are answered.*Lower at_once"):
        ask(["one"], tries=3)
    assert len(server.asked) == 3


def test_a_rate_limit_without_end_ends_at_the_deadline(ask, server):
    server.script, server.usual = [GOOD], fails(429, Retry_After="0.2")
    begun = time.monotonic()
    with pytest.raises(ModelError, match=r"not done within its deadline of 1 s; 1 of 3 texts are answered and kept"):
        ask(at_once=1, deadline=1, tries=100)
    assert time.monotonic() - begun < 15
    server.usual = GOOD
    assert len(ask()) == 3


def test_a_deadline_is_for_all_that_a_run_asks(server, parts, tmp_path):
    server.usual = later(0.1, GOOD)
    card = card_of(server, deadline=1.5, at_once=1)
    late = r"not done within its deadline of 1.5 s; {} of 4 texts are answered and kept"

    def ask(model: Endpoint, number: int) -> None:
        model.answer([prompt()], distinct(examples([f"set {number} has text {text}" for text in range(4)])))

    model = Endpoint(card, ModelContext(tmp_path, parts))
    time.sleep(1.6)  # it begins with the first request
    with pytest.raises(ModelError, match=late.format(r"\d")):
        [ask(model, number) for number in range(100)]
    asked = len(server.asked)
    assert 5 <= asked <= 16, "more than one set, and no more than there was time for"
    with pytest.raises(ModelError, match=late.format(0)):
        ask(model, 200)
    assert len(server.asked) == asked, "there is no time left to ask anything"
    ask(Endpoint(card, ModelContext(tmp_path, parts)), 0)
    ask(Endpoint(card, ModelContext(tmp_path, parts)), 200)
    assert len(server.asked) == asked + 4


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (fails(400, "maximum context length is 4096"), r"answers 400 \(maximum context length is 4096\), asked 'one'"),
        (fails(401, "no such key"), r"answers 401 \(no such key\).*Mend the key that the card names"),
        (fails(404, "no such model"), r"answers 404 \(no such model\).*Mend url or model on the card"),
        (gives({"detail": "pinned"}, 422), r"answers 422 \(pinned\)"),
        (gives({"error": "in a word"}, 400), r"answers 400 \(in a word\)"),
        (raw(b"", 413), r"answers 413 \(Content Too Large|Request Entity Too Large\)"),
        (raw(HTML, 403), r"answers 403 \(a web page\)"),
        (raw(b"", 301, Location="http://else.where/v1"), r"sends us on to http://else.where/v1.*as url"),
        (raw(HTML, 200, Content_Type="text/html"), r"answers with a web page, asked 'one'.*Mend url on the card"),
        (raw(b"  " + HTML), "answers with a web page"),
        (gives({"object": "list", "data": []}), "has no field choices"),
        (gives([1]), "has no field choices"),
        (gives({"choices": []}), "gave 0 choices where one was asked for"),
        (gives({"choices": "all"}), "has no field choices"),
        (gives({"choices": ["one"]}), "gave 1 choices where one"),
        (says("good", choices=3), "gave 3 choices where one was asked for"),
        (says("good", message=None), r"no text in choices\[0\].message.content"),
        (says("good", message={"role": "assistant"}), r"no text in choices\[0\].message.content"),
        (says("x" * 2_000_001), "wrote more than 2,000,000 characters, asked 'one'.*Lower max_tokens"),
        (says("good", message={"content": ["good"]}), r"no text in choices\[0\].message.content"),
        (raw(ANSWER, Content_Type="application/json; charset=hex"), "sends its answer as 'hex', which is no encoding"),
        (raw(ANSWER, Content_Type="application/json; charset=undefined"), "'undefined', which is no encoding of text"),
        (raw(b"no", 400, Content_Type="text/plain; charset=hex"), r"answers 400 \(no\)"),
        (raw(b"no", 400, Content_Type="text/plain; charset=idna"), r"answers 400 \(no\)"),
        (says("good", {"prompt_tokens": 2**63}), r"one answer took 9.22e\+18 tokens.*Mend the field usage"),
        (says("good", {"completion_tokens": 10**400}), "counts tokens without end"),
        (raw(ANSWER, Content_Encoding="br"), "packs its answer as 'br', which was not asked for"),
        (raw(ANSWER, Content_Encoding="gzip, gzip, gzip"), "packs its answer as 'gzip, gzip, gzip'"),
        (raw(ANSWER, 400, Content_Encoding="br"), r"answers 400 \(Bad Request\)"),
        (fails(400, "x" * 300), r"answers 400 \(x{200}\.\.\.\)"),
    ],
)
def test_what_does_not_pass_is_asked_once(ask, server, fault, message):
    server.usual = fault
    with pytest.raises(ModelError, match=message) as caught:
        ask(["one"])
    assert len(server.asked) == 1
    assert str(caught.value).startswith("model remote: ")
    assert "0 of 1 texts are answered and kept" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(ANSWER), {"Content_Encoding": "gzip"}),
        (zlib.compress(ANSWER), {"Content_Encoding": "deflate"}),
        (zlib.compress(ANSWER)[2:-4], {"Content_Encoding": "deflate"}),
        (gzip.compress(zlib.compress(ANSWER)), {"Content_Encoding": "deflate, GZip"}),
        (ANSWER, {"Content_Encoding": "identity"}),
        (ANSWER, {"Content_Type": "application/json; charset=nobody-knows"}),
    ],
    ids=["gzip", "zlib", "deflate", "both", "plain", "charset"],  # gzip writes the time into its header
)
def test_an_answer_may_be_packed(ask, server, body, headers):
    server.usual = raw(body, **headers)
    assert [row["label"] for row in ask(["one"])] == ["positive"]
    assert server.headers[0]["accept-encoding"] == "gzip, deflate"


def test_an_answer_that_unpacks_without_end_is_not_unpacked(ask, server):
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(b" " * 1_000_000) for _ in range(400)) + packer.flush()
    server.usual = raw(bomb, Content_Encoding="gzip")
    tracemalloc.start()
    with pytest.raises(ModelError, match="its answer is over 16,000,000 bytes, asked 'one'"):
        ask(["one"])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60_000_000
    server.usual = raw(gzip.compress(b" " * 1_000_000), 400, Content_Encoding="gzip")
    with pytest.raises(ModelError, match=r"answers 400 \(Bad Request\)"):
        ask(["two"])


def test_completions_have_a_text(ask, server):
    server.usual = gives({"choices": [{"message": {"content": "good"}}]})
    with pytest.raises(ModelError, match=r"no text in choices\[0\]\.text"):
        ask(api="completions")


def test_a_server_that_is_not_there(ask):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ModelError, match=r"cannot be reached .*Start the server, or mend url"):
        ask(url=f"http://127.0.0.1:{port}/v1")
    with pytest.raises(ModelError, match=r"has no address that works|cannot be reached"):
        ask(url="http://a b/v1")


def test_waits_grow_and_are_never_the_same(monkeypatch):
    monkeypatch.undo()

    def waits(tries: int) -> list[float]:
        from tenacity import RetryCallState

        state = RetryCallState(None, None, (), {})
        state.attempt_number = tries
        return [client._wait(state) for _ in range(50)]

    assert max(waits(1)) <= 0.5 < max(waits(4)) <= 4
    assert max(waits(50)) <= 60
    assert len(set(waits(4))) > 40


def test_one_bad_text_stops_the_run_and_what_is_answered_is_kept(ask, server):
    def picky(handler, body):
        (fails(400, "unsafe") if body["messages"][0]["content"] == "it was odd" else GOOD)(handler, body)

    server.usual = picky
    with pytest.raises(ModelError, match=r"400 \(unsafe\), asked 'it was odd'; 2 of 3 texts are answered and kept"):
        ask(at_once=1)
    server.usual = GOOD
    assert len(ask()) == 3
    assert sorted(server.texts()) == sorted([*TEXTS, "it was odd"])
