from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from taskatlas.predict.identity import model_id
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.schemas.models import AnyModel
from tests.support.cards import CARDS


def read(**fields: Any) -> EndpointModel:
    card: EndpointModel = TypeAdapter[Any](AnyModel).validate_python({**CARDS["endpoint"], **fields})
    return card


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        (" https://api.example.com/v1 ", "https://api.example.com/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses(url: str, expected: str):
    assert read(url=url).url == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "127.0.0.1:8000/v1"}, "needs http or https and a host"),
        ({"url": "ftp://host/v1"}, "needs http or https"),
        ({"url": "http:///v1"}, "needs http or https and a host"),
        ({"url": "http://host:port/v1"}, "needs http or https and a host"),
        ({"url": "http://[::1/v1"}, "needs http or https and a host"),
        ({"url": "http://user@host/v1"}, "holds a user or a password"),
        ({"url": "http://host/v1/chat/completions/"}, "names one call of the server"),
        ({"key": "OPENAI_API_KEY"}, "should match pattern"),
        ({"key": "env:"}, "should match pattern"),
        ({"key": "file:/etc/key"}, "should match pattern"),
        ({"key": "secret:A_B"}, "should match pattern"),
        ({"api": "responses"}, "'chat' or 'completions'"),
        ({"mode": "scores"}, "'choices' or 'generate'"),
        ({"top_logprobs": 1}, "greater than or equal to 2"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"stop": [""]}, "at least 1 character"),
        ({"options": {"stream": True, "n": 2}}, "names n, stream, which the run itself says"),
        ({"options": {"seed": float("nan")}}, "finite"),
        ({"requests_per_minute": 0}, "greater than 0"),
        ({"tokens_per_minute": float("inf")}, "finite"),
        ({"at_once": 0}, "greater than or equal to 1"),
        ({"tries": 0}, "greater than or equal to 1"),
        ({"timeout": 0}, "greater than 0"),
        ({"deadline": -1}, "greater than 0"),
        ({"prompt_price": -1}, "greater than or equal to 0"),
        ({"revision": " "}, "at least 1 character"),
    ],
)
def test_bad_cards(fields: dict[str, Any], message: str):
    with pytest.raises(ValidationError, match=message):
        read(**fields)


def test_it_writes_in_mode_generate():
    assert read().writes
    assert not read(mode="choices").writes


def test_its_id_is_what_changes_its_answers():
    plain = model_id(read())
    same = read(
        name="other", url="https://else.where", key="secret:key", at_once=1, tries=1, timeout=1, deadline=1,
        requests_per_minute=1, tokens_per_minute=1, prompt_price=1, completion_price=1,
    )  # fmt: skip
    assert model_id(same) == plain
    changes: list[dict[str, Any]] = [
        {"model": "other"}, {"revision": "2"}, {"api": "completions"}, {"mode": "choices"}, {"max_tokens": 5},
        {"stop": ["\n"]}, {"options": {"seed": 1}}, {"delimiter": ""}, {"top_logprobs": 5},
    ]  # fmt: skip
    assert len({plain, *(model_id(read(**change)) for change in changes)}) == len(changes) + 1
    assert read().pinned == ("1", None)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"cost": 1.0}, "spend_limit names a cost, which needs prompt_price or completion_price"),
        ({"requests": True}, "valid integer"),
        ({"requests": "5"}, "valid integer"),
        ({"tokens": -1}, "greater than or equal to 0"),
        ({"calls": 1}, "Extra inputs"),
    ],
)
def test_a_spend_limit_that_does_not_hold(limit: dict[str, object], message: str):
    fields = {"name": "m", "description": "d", "kind": "endpoint", "url": "http://127.0.0.1:1", "model": "m"}
    with pytest.raises(ValidationError, match=message):
        EndpointModel.model_validate({**fields, "revision": "1", "spend_limit": limit})
