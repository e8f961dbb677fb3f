"""`taskatlas add endpoint`: the server is asked which models it has, and the key is nowhere but in the request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskatlas.adding.endpoint import EndpointOptions, add_endpoint
from taskatlas.errors import TaskatlasError
from taskatlas.registry.load import load
from taskatlas.schemas.endpoint import EndpointModel
from tests.support.command_line import run_cli
from tests.support.endpoint import Act, Server, fails, gives, raw, running
from tests.support.servers import free_port

KEY = "sk-abcdefghijklmnop1234567890"


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def has(*names: str) -> Act:
    """A server with these models."""
    return gives({"object": "list", "data": [{"id": name} for name in names]})


def test_a_card_is_drafted_of_what_the_server_says(project: Path, server: Server):
    server.models = has("owner/Tiny-Chat 1.5")
    done = run_cli("add", "endpoint", server.url, "--project", project)
    assert (done.code, done.err) == (0, "")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[:6] == [
        f"project   {project}",
        f"server    answers at {server.url}",
        "model     owner/Tiny-Chat 1.5, the one that it has (--model)",
        "key       none is sent",
        "requests  a run sends 816 corpus texts for each prompt, and up to 300 test texts of each dataset it is for",
        "models/tiny-chat-1-5.yaml is written; open it to change it:",
    ]
    card = load(project).models["tiny-chat-1-5"]
    assert isinstance(card, EndpointModel)
    assert (card.url, card.model, card.key) == (server.url, "owner/Tiny-Chat 1.5", None)
    assert (server.paths, server.asked) == (["/v1/models"], []), "no model answers anything"


def test_an_address_without_its_version_is_mended_and_told(project: Path, server: Server):
    def only_v1(handler: object, body: object) -> None:
        act = has("tiny") if server.paths[-1] == "/v1/models" else fails(404, "no such path")
        act(handler, body)  # type: ignore[arg-type]

    server.models = only_v1
    bare = server.url.removesuffix("/v1")
    added = add_endpoint(project, bare, EndpointOptions())
    assert added.card.url == server.url
    assert added.guesses[0].line == f"answers at {server.url}, as nothing does at {bare}"


def test_the_key_is_sent_and_never_shown(project: Path, server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OUR_KEY", KEY)
    server.models = has("tiny")
    done = run_cli("add", "endpoint", server.url, "-p", project, "--api-key-env", "OUR_KEY", "--json")
    assert json.loads(done.out)["fields"]["key"] == "env:OUR_KEY"
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    server.models = fails(401, f"the key {KEY} is none")
    refused = run_cli("add", "endpoint", server.url, "-p", project, "--api-key-env", "OUR_KEY", "--name", "b")
    assert refused.code == 2
    assert "the server answers 401 (the key *** is none)" in refused.err
    seen = [done.out, done.err, refused.out, refused.err, *(path.read_text() for path in project.rglob("*.yaml"))]
    assert not [text for text in seen if KEY[3:] in text]


@pytest.mark.parametrize("offline", [True, False])
def test_a_key_in_place_of_its_variable_is_not_shown(project: Path, server: Server, *, offline: bool):
    for key in (KEY, "ABCD1234EFGH5678"):
        with pytest.raises(TaskatlasError) as fault:
            add_endpoint(project, server.url, EndpointOptions(model="tiny", key_variable=key, offline=offline))
        told = "the environment variable that it names is not set. Set it, and give its name, never the key itself"
        assert str(fault.value) == f"--api-key-env: {told}"
    assert server.paths == []


def test_several_models_are_told_chosen_or_asked_for(project: Path, server: Server):
    server.models = has("large", "small")
    several = run_cli("add", "endpoint", server.url, "-p", project)
    assert several.code == 2
    assert several.err == f"error: {server.url}: the server has 2 models: large, small. Name one with --model\n"
    assert add_endpoint(project, server.url, EndpointOptions(), lambda *_: "small").card.model == "small"
    assert add_endpoint(project, server.url, EndpointOptions(model="large")).card.name == "large"
    for wrong, ask in ((EndpointOptions(model="larch"), None), (EndpointOptions(), lambda *_: "larch")):
        with pytest.raises(TaskatlasError, match=r"no model is called 'larch'\. Did you mean 'large'"):
            add_endpoint(project, server.url, wrong, ask)


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (fails(500, "out of memory"), "the server answers 500 (out of memory)"),
        (gives({"data": []}), "the server does not say which models it has"),
        (gives([1]), "the server does not say which models it has"),
        (gives({"data": [{"id": 5}, 7]}), "the server does not say which models it has"),
        (raw(b"<html>", Content_Type="text/html"), "the server answers with a web page"),
    ],
)
def test_a_server_that_does_not_say_it_is_told_with_what_to_do(project: Path, server: Server, act: Act, what: str):
    server.models = act
    done = run_cli("add", "endpoint", server.url, "-p", project)
    assert done.code == 2
    assert done.err.startswith(f"error: {server.url}: {what}. Start the server, mend the address, or write the card")
    assert not list((project / "models").iterdir())


def test_a_card_can_be_drafted_of_a_server_that_is_not_there(project: Path):
    url = f"http://127.0.0.1:{free_port()}/v1"
    refused = run_cli("add", "endpoint", url, "-p", project)
    assert f"error: {url}: the server cannot be reached" in refused.err
    assert "--offline --model NAME; where it wants a key, name the variable that holds it" in refused.err
    unnamed = run_cli("add", "endpoint", url, "-p", project, "--offline")
    assert "Say it with --model, or leave --offline away" in unnamed.err
    done = run_cli("add", "endpoint", url, "-p", project, "--offline", "--model", "m", "--api-key-env", "OUR_API_KEY")
    assert (done.code, done.err) == (0, "")
    assert "server    not asked" in [line.rstrip() for line in done.out.splitlines()]
    (card,) = load(project).models.values()
    assert isinstance(card, EndpointModel)
    assert card.key == "env:OUR_API_KEY"


def test_another_model_of_the_name_stays(project: Path, server: Server):
    assert add_endpoint(project, server.url, EndpointOptions()).state == "imported"
    assert add_endpoint(project, server.url, EndpointOptions()).state == "there already"
    done = run_cli("add", "endpoint", server.url, "-p", project, "--description", "Another.")
    assert done.err == (
        "error: models/tiny.yaml: another card is called 'tiny'. "
        "Name it otherwise with --name, or let what is there give way with --replace\n"
    )
    replaced = run_cli("add", "endpoint", server.url, "-p", project, "--api-key-env", "LLAMA_KEY", "--replace")
    assert replaced.code == 2, "a key that is not there replaces nothing"
    options = EndpointOptions(description="Another.", replace=True)
    assert add_endpoint(project, server.url, options).state == "replaced"
    assert load(project).models["tiny"].description == "Another."


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "http://[::1", "", f"http://user:{KEY}@host/v1", f"http://host/v1?key={KEY}"]
)
def test_what_is_no_address_is_refused_and_not_shown(project: Path, url: str):
    done = run_cli("add", "endpoint", url, "-p", project)
    assert done.code == 2
    assert done.err.startswith("error: URL: ")
    assert KEY not in done.err
