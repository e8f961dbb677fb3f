"""Every card of the projects that ship with taskatlas: filled, rendered, known, and enough of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.hashing import file_sha256
from taskatlas.predict.render import InputRow, prompt_version, render_answers, render_inputs
from taskatlas.predict.weights import locate
from taskatlas.registry.load import load
from taskatlas.schemas.cards import Card
from taskatlas.schemas.models import EncoderModel, RecordedModel
from taskatlas.schemas.prompts import PromptCard
from tests.support.places import ROOT

PROJECTS = {"registry": ROOT / "taskatlas" / "starter", "taskbank": ROOT / "benchmarks/taskbank"}
CARDS = {
    f"{project}/{file.relative_to(folder)}": (folder, file)
    for project, folder in PROJECTS.items()
    for file in [folder / PROJECT_FILE, *sorted(folder.glob("*/*.yaml"))]
}
STARTER = load(PROJECTS["registry"])
TASKBANK = load(PROJECTS["taskbank"])


def card_of(folder: Path, file: Path) -> Card:
    registry = load(folder)
    if file.name == PROJECT_FILE:
        return registry.project
    cards: dict[str, Card] = getattr(registry, file.parent.name)
    return cards[file.stem]


@pytest.mark.parametrize("path", CARDS)
def test_a_card_bears_the_name_of_its_file_and_says_what_it_is(path: str):
    card = card_of(*CARDS[path])
    assert card.license != "unknown"
    assert len(card.description) >= 10
    assert not card.description.endswith(".")


@pytest.mark.parametrize("project", PROJECTS)
def test_no_card_is_left_out(project: str):
    registry = load(PROJECTS[project])
    kinds = ("surrogates", "models", "prompts", "datasets", "corpora")
    assert sum(path.startswith(f"{project}/") for path in CARDS) == 1 + sum(
        len(getattr(registry, kind)) for kind in kinds
    )


PROMPTS = [(name, card) for name in PROJECTS for card in load(PROJECTS[name]).prompts.values()]


@pytest.mark.parametrize(("project", "card"), PROMPTS, ids=[f"{name}/{card.name}" for name, card in PROMPTS])
def test_a_prompt_renders_and_is_meant_for_labels_that_it_can_answer(project: str, card: PromptCard):
    registry = load(PROJECTS[project])
    single, pair = render_inputs(card, [InputRow("The first text."), InputRow("The first text.", "A second one.")])
    assert "The first text." in single
    assert "None" not in single + pair
    answers = [answer for each in render_answers(card) for answer in each]
    assert len(set(answers)) == len(card.choices) == len(answers)
    assert "{" not in "".join([single, pair, *answers])
    subject = next(each for each in registry.subjects() if each.prompt == card)
    for dataset in registry.targets(subject):
        # a label that the prompt cannot answer would leave the dataset without a score
        assert set(dataset.class_labels) <= {*card.choices, *card.mapping.get(dataset.name, {}).values()}
    assert registry.targets(subject), "a prompt that is meant for nothing is never measured"


@pytest.mark.parametrize("project", PROJECTS)
def test_no_two_prompts_are_the_same(project: str):
    versions = [prompt_version(card) for card in load(PROJECTS[project]).prompts.values()]
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("project", PROJECTS)
def test_weights_are_pinned_and_are_the_installed_ones(project: str):
    registry = load(PROJECTS[project])
    pinned = {registry.surrogate.weights}
    pinned |= {card.weights for card in registry.models.values() if isinstance(card, EncoderModel)}
    for weights in pinned:
        assert weights.revision == "0.1.0"
        assert (locate(weights, registry.folder) / "model.safetensors").is_file()


def test_the_starter_project_has_enough_of_everything():
    families = {card.family for card in STARTER.datasets.values()}
    assert len(STARTER.datasets) >= 8
    assert len(families) >= 6
    assert len({card.domain for card in STARTER.datasets.values() if card.family == "sentiment"}) >= 2
    assert {"topic", "question type", "inference", "spam"} <= families
    assert any(card.labels == "number" for card in STARTER.datasets.values())
    assert all(card.columns.text_pair for card in STARTER.datasets.values() if card.family == "inference")
    assert len(STARTER.prompts) >= 16
    assert len({family for card in STARTER.prompts.values() for family in card.families}) >= 3
    probed = {card.dataset for card in STARTER.models.values() if card.kind == "probe"}
    assert probed == set(STARTER.datasets)
    assert "vader" in STARTER.models
    assert [card.license for card in STARTER.datasets.values()] == ["CC0-1.0"] * len(STARTER.datasets)


def test_the_starter_project_has_recorded_outputs_that_are_as_their_card_says():
    cards = [card for card in STARTER.models.values() if isinstance(card, RecordedModel)]
    assert {card.name.partition("-")[0] for card in cards} == {"bayes", "smollm2"}
    for card in cards:
        assert file_sha256(STARTER.folder / card.source) == card.sha256


def test_the_taskbank_project_covers_twenty_datasets_with_many_sentiment_prompts():
    assert len(TASKBANK.datasets) == 20
    assert len(TASKBANK.subjects()) >= 60
    assert sum("sentiment" in card.families for card in TASKBANK.prompts.values()) >= 40
    assert all("${TASKBANK}" in card.source for card in TASKBANK.datasets.values())
    probed = {card.dataset for card in TASKBANK.models.values() if card.kind == "probe"}
    assert probed == set(TASKBANK.datasets)
