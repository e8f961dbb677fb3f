"""A key in what a server says: hidden whole and in parts, in every writing."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from taskatlas.predict.hiding import Hider

KEY = 'sk-Ab+/c"12&4567890-very=secret~Zx'

WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "in an address": lambda key: quote(key, safe=""),
    "in an address, every character": lambda key: "".join(f"%{ord(letter):02x}" for letter in key),
    "JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON, every character": lambda key: "".join(f"\\u{ord(letter):04X}" for letter in key),
    "JSON with slashes": lambda key: json.dumps(key).replace("/", "\\/"),
    "HTML": html.escape,
    "HTML, every character": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
    "hexadecimal": lambda key: key.encode().hex(),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 after one byte": lambda key: base64.b64encode(f":{key}".encode()).decode(),
    "base64 after two": lambda key: base64.b64encode(f"u:{key}".encode()).decode(),
    "base64 of a header": lambda key: base64.urlsafe_b64encode(f"Bearer {key}".encode()).decode(),
    "base64 in an address": lambda key: quote(base64.b64encode(key.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("name", WRITINGS)
def test_no_part_of_a_key_is_left_in_any_writing(name: str):
    written = WRITINGS[name](KEY)
    told = Hider(KEY).hidden(f"no access with {written} here")
    assert told.startswith("no access with ")
    assert told.endswith(" here")
    assert "***" in told
    parts = [written[at : at + 12] for at in range(len(written) - 12)]
    assert not [part for part in parts if part in told]


@pytest.mark.parametrize("size", [8, 11, len(KEY) - 1])
def test_parts_of_eight_characters_and_more_are_hidden(size: int):
    for at in range(len(KEY) - size + 1):
        told = Hider(KEY).hidden(f"the key {KEY[at : at + size]} is wrong")
        assert told == "the key *** is wrong"


def test_what_is_no_part_stays():
    text = 'sk-Ab+/ is short, %41 \\u0041 & "others" stay: Ünïcode İ'
    assert Hider(KEY).hidden(text) == text
    assert Hider(None).hidden(KEY) == KEY
    assert Hider("EMPTY").hidden("EMPTY") == "EMPTY"
    assert Hider("secret").hidden("İ secret, or not") == "İ ***, or not"


def test_a_word_of_the_key_stays_where_it_is_a_word():
    hider = Hider("sk-no-key-required")
    assert hider.hidden("an answer is required", but_words=True) == "an answer is required"
    assert hider.hidden("an answer is required") == "an answer is ***"
    assert hider.hidden("no-key-required is the key", but_words=True) == "*** is the key"
