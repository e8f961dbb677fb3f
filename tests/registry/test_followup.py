"""Prompts that ask twice: what their cards may say, which models they are for, and what is told of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from benchmarks.prompts_project import prompts_of
from taskatlas.errors import PromptError, TaskatlasError
from taskatlas.predict.needs import Needs, needs_of
from taskatlas.predict.render import InputRow, check_prompt, prompt_version, render_followups
from taskatlas.registry.load import load
from taskatlas.registry.mismatches import mismatches
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.language import CausalModel
from taskatlas.schemas.prompts import PromptCard
from tests.support.asking import prompt
from tests.support.cards import CARDS, change_card, write_cards

FOLLOWUP = {"template": "{{ text }} {{ reasoning }} So?"}
SHOWN = {"examples": [{"text": "a", "label": "positive"}], "choose": "fixed"}


def thinking(**fields: Any) -> PromptCard:
    return prompt(**{"followup": FOLLOWUP, **fields})


def test_a_followup_shows_rows_and_the_first_answer():
    card = thinking(
        fields=("question",),
        followup={
            "template": "{{ text }} {{ question }} {{ choices[0] }}{% if text_pair %}!{% endif %} {{ reasoning }}"
        },
    )
    check_prompt(card)
    row = InputRow("Soup", None, (("question", "Hot?"),), ("yes", "no"))
    assert render_followups(card, [row], ["It steams."]) == ["Soup Hot? yes It steams."]


def test_a_followup_that_shows_no_first_answer_is_refused():
    with pytest.raises(PromptError, match="shows the same after every first answer") as caught:
        check_prompt(thinking(followup={"template": "{{ text }} {% if reasoning %}So?{% endif %}"}))
    assert "followup.template" in str(caught.value)
    check_prompt(thinking(followup={"template": "{{ text }} {{ reasoning }}"}))  # as the error says
    with pytest.raises(PromptError, match="no variable 'reasons'"):
        check_prompt(thinking(followup={"template": "{{ reasons }}"}))
    with pytest.raises(PromptError, match="no variable 'reasoning'"):
        check_prompt(prompt(template="{{ text }} {{ reasoning }}"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"demonstrations": SHOWN}, "write examples with their reasoning into the template"),
        ({"fields": ["reasoning"]}, "calls the first answer reasoning"),
        ({"followup": {"template": ""}}, "at least 1 character"),
        ({"followup": {**FOLLOWUP, "max_tokens": 0}}, "greater than or equal to 1"),
        ({"followup": {**FOLLOWUP, "max_tokens": 1e9}}, "less than or equal to 8192"),
        ({"followup": {**FOLLOWUP, "stop": [""]}}, "at least 1 character"),
        ({"followup": {**FOLLOWUP, "then": "x"}}, "Extra inputs are not permitted"),
    ],
)
def test_cards_that_make_no_sense_are_refused(fields: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        thinking(**fields)


def test_a_version_is_of_the_followup_too():
    """Prompts without one keep theirs: tests/golden."""
    versions = [
        prompt_version(card)
        for card in (
            prompt(), thinking(), thinking(followup={"template": "{{ reasoning }} So?"}),
            thinking(followup={**FOLLOWUP, "max_tokens": 64}), thinking(followup={**FOLLOWUP, "stop": ["\n\n"]}),
        )
    ]  # fmt: skip
    assert len(set(versions)) == 5
    assert prompt_version(thinking(followup={**FOLLOWUP, "max_tokens": 128})) == versions[1]  # the default
    assert "followup" not in prompt().model_dump(exclude_none=True)


def test_what_a_followup_shows_is_needed_of_a_text():
    assert needs_of(thinking(followup={"template": "{{ text_pair }} {{ reasoning }}"})) == Needs(pair=True)
    assert needs_of(thinking()) == Needs()


def test_models_that_write_nothing_first_do_not_get_it(tmp_path: Path):
    write_cards(tmp_path, plain={"followup": FOLLOWUP})
    registry = load(tmp_path)
    assert not [each for each in registry.subjects() if each.prompt]
    [told] = [str(each) for each in mismatches(registry) if "followup" in str(each)]
    assert told.startswith("prompts/plain.yaml: its followup is never asked, as no model here writes a first answer")
    (tmp_path / "models/endpoint.yaml").write_text(yaml.safe_dump(CARDS["endpoint"]), encoding="utf-8")  # as it says
    registry = load(tmp_path)
    assert [each.name for each in registry.subjects() if each.prompt] == ["endpoint/plain"]
    assert not [each for each in mismatches(registry) if "never asked" in str(each)]
    change_card(tmp_path / "prompts/plain.yaml", models=["minilm"])
    with pytest.raises(TaskatlasError, match="has a followup, and the model minilm writes no first answer"):
        load(tmp_path)


def test_a_first_answer_has_to_leave_room():
    fields: dict[str, Any] = {"kind": "causal", "name": "lm", "description": "d"}
    weights = {"source": "package:weights", "revision": "1", "sha256": "a" * 64}
    model = CausalModel(**fields, weights=Weights(**weights))
    refused = model.refusal(thinking())
    assert refused == (
        "its first answers of 128 tokens (followup.max_tokens) leave no room for a text in the 128 "
        "(weights.max_length) of the model lm"
    )
    assert model.refusal(thinking(followup={**FOLLOWUP, "max_tokens": 64})) is None  # as it says, either way
    assert CausalModel(**fields, weights=Weights(**weights, max_length=512)).refusal(thinking()) is None
    right = CausalModel(**fields, weights=Weights(**weights, max_length=512), truncate="right")
    assert "has a followup, and the model lm cuts texts on the right" in str(right.refusal(thinking()))


def test_the_second_experiment_asks_thirteen_prompts():
    """Three of which reason first."""
    cards = [PromptCard.model_validate(card) for card in prompts_of(["sst2"], ["negative", "positive"], "Is it good?")]
    for card in cards:
        check_prompt(card)
        assert "[" not in "".join(card.templates)
    assert len({prompt_version(card) for card in cards}) == 13
    assert [card.followup is not None for card in cards] == [False] * 10 + [True] * 3


def test_choices_that_only_the_followup_shows_are_shown(tmp_path: Path):
    write_cards(tmp_path)
    (tmp_path / "models/endpoint.yaml").write_text(yaml.safe_dump(CARDS["endpoint"]), encoding="utf-8")
    change_card(tmp_path / "prompts/plain.yaml", template="{{ text }} Think.", models=["endpoint"])
    assert [each for each in mismatches(load(tmp_path)) if "is not shown the choices" in str(each)]
    followup = {"template": "{{ text }} {{ reasoning }} negative (bad) or positive (good)?"}
    change_card(tmp_path / "prompts/plain.yaml", followup=followup)
    assert not [each for each in mismatches(load(tmp_path)) if "is not shown the choices" in str(each)]
