"""The cards of prompts, and the demonstrations that they can show."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from taskatlas.schemas.cards import Card, Label, LabelMapping, Line, Name
from taskatlas.schemas.inputs import CHOICE_LABELS, FieldName

_Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True)]
_MOST = 64
"""Demonstrations of a prompt."""
ROW = "row"
"""Instead of choices: each row's own."""
REASONING = "reasoning"
"""What a followup's template calls the first answer."""
ANSWER = "answer"
"""What the template of a demonstration's answer calls the answer."""
_OWN = {label: f"{{{{ choices[{index}] }}}}" for index, label in enumerate(CHOICE_LABELS)}
"""What a label is answered with where choices are each row's own."""


class WrittenExample(BaseModel):
    """A text and the label, or the free answer, that a model is to give it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: _Text
    text_pair: _Text | None = None
    fields: dict[FieldName, _Text] = Field(default_factory=dict, max_length=20)
    choices: tuple[Label, ...] = Field(default=(), max_length=len(CHOICE_LABELS))
    label: _Text


class Demonstrations(BaseModel):
    """Answered texts that a language model is shown before the text that it is asked (few-shot; Brown et al. 2020,
    arXiv 2005.14165)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    choose: Literal["fixed", "random", "nearest"]
    """fixed: those of `examples`; random: one draw by seed for all texts, its classes in turn; nearest: those whose
    embedding by the surrogate is nearest to the text's (Liu et al. 2022, arXiv 2101.06804)."""
    examples: tuple[WrittenExample, ...] = Field(default=(), max_length=_MOST)
    dataset: Name | None = None
    """The dataset whose train split random and nearest ones are taken from."""
    count: int = Field(default=4, ge=1, le=_MOST)
    """How many are taken from the dataset."""
    seed: int = 0
    """Of a random draw."""
    separator: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "\n\n"
    """Between demonstrations, and before the text that is asked; not used in chats, where they are turns."""
    answer: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    """How the answer of a demonstration is shown: Jinja2 over what the prompt's template is over, and `answer`, the
    answer as the prompt shows it. So an explanation stands before or after it. None: the answer alone."""

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if self.choose == "fixed":
            wanted, given = {"examples"}, {"examples", "dataset", "count", "seed"}
        else:
            wanted, given = {"dataset"}, {"examples", *(() if self.choose == "random" else ("seed",))}
        for name in sorted(wanted):
            if not getattr(self, name):
                raise ValueError(f"choose: {self.choose} needs {name}")
        for name in sorted(given - wanted):
            if name in self.model_fields_set:
                raise ValueError(f"choose: {self.choose} takes no {name}")
        return self


class Followup(BaseModel):
    """A second question, asked after the first answer: chain of thought in two rounds (Kojima et al. 2022, arXiv
    2205.11916). The first answer is written freely, and the second one is the prompt's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
    """How the second question is shown: Jinja2 over what the prompt's template is over, and `reasoning`, the first
    answer. It stands alone, so it shows all that it needs of the first question."""
    max_tokens: int = Field(default=128, ge=1, le=8_192)
    """Of the first answer, which is cut there."""
    stop: tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] = Field(default=(), max_length=4)
    """Texts at which the first answer ends."""


class PromptCard(Card):
    """A template with its answer choices. A changed prompt is another version, by content hash."""

    template: Annotated[str, StringConstraints(min_length=1, max_length=20_000)] = "{{ text }}"
    """How the input is shown: Jinja2 over text, text_pair, the named fields and the row's own choices."""
    fields: tuple[FieldName, ...] = Field(default=(), max_length=20)
    """The named fields of a row that the template or the choices show."""
    answer: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] = "{{ choice }}"
    """How an answer choice is shown: Jinja2 over choice and label."""
    choices: dict[Label, Label] = Field(default_factory=dict)
    """Label → answer text; none for models that write freely. An answer text with braces is each row's own: Jinja2 over
    what the template is over, such as {{ choices[0] }}. `choices: row` stands for all of a row's choices, A to Z."""
    verbalisers: dict[Label, tuple[Label, ...]] = Field(default_factory=dict)
    """Label → further answer texts, whose probability counts for the label, too."""
    shows_choices: bool = True
    """false: on purpose the template does not show its choices to models that write."""
    system: Annotated[str, StringConstraints(min_length=1, max_length=20_000)] | None = None
    """What a chat model is told before the text."""
    demonstrations: Demonstrations | None = None
    """Answered texts that a language model is shown first."""
    followup: Followup | None = None
    """The question that is answered by the choices, where the template only asks to reason."""
    families: tuple[Line, ...] = ()
    datasets: tuple[Name, ...] = ()
    models: tuple[Name, ...] = ()
    """The models that get this prompt; empty: all that take prompts."""
    mapping: LabelMapping = Field(default_factory=dict)

    @field_validator("choices", mode="before")
    @classmethod
    def _row_stands_for_all(cls, choices: object) -> object:
        return dict(_OWN) if choices == ROW else choices

    @property
    def asks_rows(self) -> bool:
        """Whether answer texts are each row's own."""
        return any("{{" in text or "{%" in text for texts in self.answers.values() for text in texts)

    @property
    def takes_all_choices(self) -> bool:
        """Whether its choices are all of a row's, as `choices: row` has it."""
        return self.choices == _OWN

    @property
    def answers(self) -> dict[str, tuple[str, ...]]:
        """Label → its answer texts, the choice first."""
        return {label: (choice, *self.verbalisers.get(label, ())) for label, choice in self.choices.items()}

    @model_validator(mode="after")
    def _choices_make_a_question(self) -> Self:
        if len(self.choices) == 1:
            raise ValueError("choices needs two labels or more, or none for models that write freely")
        for label in self.verbalisers:
            if label not in self.choices:
                raise ValueError(f"verbalisers names {label!r}, which is no label of choices")
        for shown in self.demonstrations.examples if self.demonstrations else ():
            if self.choices and shown.label not in self.choices:
                raise ValueError(f"demonstrations show the label {shown.label!r}, which is none of choices")
        return self

    @model_validator(mode="after")
    def _followup_is_asked_alone(self) -> Self:
        if self.followup and self.demonstrations:
            raise ValueError(
                "demonstrations show answers without reasoning, so a prompt with a followup takes none; write examples "
                "with their reasoning into the template"
            )
        if self.followup and REASONING in self.fields:
            raise ValueError(f"a followup calls the first answer {REASONING}, so no field is called so")
        return self

    @model_validator(mode="after")
    def _demonstrated_answer_has_its_name(self) -> Self:
        if self.demonstrations and self.demonstrations.answer and ANSWER in self.fields:
            raise ValueError(f"demonstrations.answer calls the answer {ANSWER}, so no field is called so")
        return self

    @property
    def templates(self) -> tuple[str, ...]:
        """What it shows of a row, but for answers: the template, and the followup's."""
        return (self.template, *([self.followup.template] if self.followup else []))
