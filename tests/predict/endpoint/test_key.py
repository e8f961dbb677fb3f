"""The key reaches the server and nothing else: no file, log, error, id or artifact."""

from __future__ import annotations

import base64
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import TypeAdapter, ValidationError

from taskatlas.cards.files import faults_of
from taskatlas.errors import ModelError
from taskatlas.predict import secrets
from taskatlas.predict.identity import model_id
from taskatlas.schemas.models import AnyModel
from tests.support.cards import CARDS
from tests.support.endpoint import TEXTS, Body, Handler, card_of, fails, gives, hangs, hangs_up, raw, says

KEY = "sk-Ab+/c1234567890-very-secret"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REMOTE_KEY", f" {KEY}\n")
    return "env:REMOTE_KEY"


def files_with(text: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_the_server_gets_the_key(ask, server, key):
    ask(key=key)
    assert {each["authorization"] for each in server.headers} == {f"Bearer {KEY}"}


def says_in_its_first_line(handler: Handler, _: Body) -> None:
    handler.send_response(403, f"no access with {KEY}")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.mark.parametrize(
    "act",
    [
        says(f"your key is {KEY}"), fails(401, f"Incorrect API key provided: {KEY}"), fails(500, f"Bearer {KEY}"),
        fails(429, KEY, Retry_After="3600"), raw(f"<html>{KEY}".encode()), raw(f"no JSON: {KEY}".encode()),
        raw(KEY.encode(), 400), raw(b"", 302, Location=f"http://h/?key={KEY}"), gives({"choices": [KEY, KEY]}),
        gives({"choices": [{"message": KEY}]}), hangs, hangs_up, says_in_its_first_line,
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["generate", "choices"])
def test_the_key_is_nowhere(ask, server, key, tmp_path, caplog, capfd, act, mode):
    caplog.set_level("DEBUG")
    server.usual = act
    message = ""
    try:
        message = str(ask(TEXTS[:1], key=key, tries=2, timeout=0.3, mode=mode))
    except ModelError as error:
        message = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in message
    assert KEY not in caplog.text + str([record.__dict__ for record in caplog.records])
    assert KEY not in "".join(capfd.readouterr())
    assert files_with(KEY, tmp_path) == []


LONG = "sk-proj-" + "".join(f"{number:x}Qz" for number in range(1_000, 1_032))


@pytest.mark.parametrize("before", range(0, 220, 20))
@pytest.mark.parametrize(
    "written", [str, lambda key: base64.b64encode(key.encode()).decode(), lambda key: quote(key, "")]
)
def test_a_long_key_is_hidden_before_the_message_is_cut(ask, server, monkeypatch, before, written):
    monkeypatch.setenv("REMOTE_KEY", LONG)
    server.usual = fails(401, f"{'x ' * (before // 2)}{written(LONG)} is no key")
    with pytest.raises(ModelError, match="answers 401") as caught:
        ask(TEXTS[:1], key="env:REMOTE_KEY")
    message, shown = str(caught.value), written(LONG)
    assert not [at for at in range(len(shown) - 8) if shown[at : at + 8] in message]


def test_a_part_of_the_key_in_an_answer_is_hidden_and_a_word_is_not(ask, server, monkeypatch):
    monkeypatch.setenv("REMOTE_KEY", "sk-no-key-required-9f8e7d6c5b4a")
    server.usual = says("No answer is required; 9f8e7d6c5b")
    assert ask(TEXTS[:1], key="env:REMOTE_KEY")[0]["output"] == "No answer is required; ***"


def test_a_placeholder_is_no_secret(ask, server, monkeypatch):
    monkeypatch.setenv("REMOTE_KEY", "EMPTY")
    server.usual = says("EMPTY")
    assert ask(key="env:REMOTE_KEY")[0]["output"] == "EMPTY"


def test_the_place_of_the_key_changes_nothing(server, key):
    assert model_id(card_of(server, key=key)) == model_id(card_of(server))


@pytest.mark.parametrize("held", [f"{KEY} and more", f"{KEY}\nX-Other: 1", f"ä{KEY}", "", "  "])
def test_what_no_header_may_hold_is_no_key(ask, server, monkeypatch, held):
    monkeypatch.setenv("REMOTE_KEY", held)
    with pytest.raises(ModelError, match=r"model remote: what is under env:REMOTE_KEY is no key") as caught:
        ask(key="env:REMOTE_KEY")
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert server.asked == []


def test_a_key_that_is_not_there(ask, server, monkeypatch):
    monkeypatch.delenv("REMOTE_KEY", raising=False)
    with pytest.raises(ModelError, match=r"its key env:REMOTE_KEY is not there\. Set it where runs start"):
        ask(key="env:REMOTE_KEY")
    assert server.asked == []


def test_a_place_that_nothing_here_knows(ask, monkeypatch):
    monkeypatch.setattr(secrets, "resolvers", {"env": secrets.resolvers["env"]})
    with pytest.raises(
        ModelError, match=r"nothing here knows where secret:remote is\. Use one of env, or run the flow"
    ):
        ask(key="secret:remote")


def test_a_secret_block_of_prefect(ask, server, prefect_server):
    from prefect.blocks.system import Secret

    import taskatlas.tasks.predict  # brings Secret blocks

    assert taskatlas.tasks.predict
    # digits alone are a number to the block's own get()
    Secret(value="1234567890").save("remote-key")
    ask(key="secret:remote-key")
    assert {each["authorization"] for each in server.headers} == {"Bearer 1234567890"}
    with pytest.raises(ModelError, match="its key secret:no-such-block is not there"):
        ask(key="secret:no-such-block", revision="2")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": KEY}, "key: .not shown. does not fit"),
        ({"key": 1234567890}, "key: .not shown. does not fit"),
        ({"url": f"http://user:{KEY}@host/v1"}, "url: holds a user or a password, .*env:NAME, got .not shown."),
        ({"url": f"http://{KEY}@host/v1"}, "url: holds a user or a password"),
        ({"url": f"http://host/v1?key={KEY}"}, "url: holds more than a path"),
        ({"url": f"http://host/v1#{KEY}"}, "url: holds more than a path"),
        ({"api_key": KEY}, "api_key: there is no such field"),
    ],
)
def test_a_key_on_a_card_is_refused_and_not_shown(fields, message):
    content = {**CARDS["endpoint"], **fields}
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(AnyModel).validate_python(content)
    [error] = faults_of(caught.value, "models/remote.yaml", content, [])
    with pytest.raises(type(error), match=message):
        raise error
    assert KEY not in str(error)
    assert "1234567890" not in str(error)
