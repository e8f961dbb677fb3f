"""What a run will ask of servers, held to what their cards allow before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable

from taskatlas import progress
from taskatlas.errors import SpendError
from taskatlas.plan.items import AnswerSet, ModelWork
from taskatlas.plan.project import Project
from taskatlas.predict.model import PaidModel
from taskatlas.predict.needs import with_needs
from taskatlas.predict.predict import distinct
from taskatlas.predict.spending import Spending
from taskatlas.schemas.endpoint import EndpointModel
from taskatlas.stages.predict import loaded, texts_of


def planned_spending(project: Project, work: ModelWork) -> Spending | None:
    """Return what a model's missing answers will take; None of a model that nobody is paid for.

    Raises:
        ModelError: a prompt does not fit the model.
        PromptError: a prompt cannot be rendered.
    """
    card, prompts = project.registry.models[work.model], project.registry.prompts
    if card.computes_here:
        return None
    asked = [prompts[each.prompt] if each.prompt else None for each in work.answer_sets]
    model = loaded(project, work.text_sets, card, "cpu", asked)
    if not isinstance(model, PaidModel):
        return None
    texts = {of: distinct(texts_of(project, *of)) for of in {_texts_of(each) for each in work.answer_sets}}
    return model.spending(
        (prompt, with_needs(texts[_texts_of(each)], each.needs) if each.needs else texts[_texts_of(each)])
        for prompt, each in zip(asked, work.answer_sets, strict=True)
    )


def _texts_of(answers: AnswerSet) -> tuple[str, str]:
    return answers.text_set[0], answers.examples


def require_within_limits(project: Project, works: Iterable[ModelWork], *, agreed: bool = False) -> None:
    """Tell what will be sent, and hold it to the `spend_limit` of every card.

    Args:
        project: the project.
        works: what is owed.
        agreed: whether more may be spent.

    Raises:
        SpendError: answers of some models would take more.
    """
    over = []
    for work in works:
        card = project.registry.models[work.model]
        spending = planned_spending(project, work) if work.answer_sets else None
        if not spending or not spending.requests:
            continue
        told = f"model {card.name} is to be sent {spending}"
        limit = spending.over(card.spend_limit) if isinstance(card, EndpointModel) and not agreed else ""
        if limit:
            over.append(f"{told}, and its spend_limit is {limit}")
        else:
            progress.note(told)
    if over:
        todo = "raise spend_limit on the card, give the model fewer prompts, or agree with `taskatlas run --yes`"
        raise SpendError("; ".join(over), todo=todo)
