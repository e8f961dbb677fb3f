"""lm-evaluation-harness: the answered rows that a file shows first (few-shot samples), and how they are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.draft import Shot
from taskatlas.importers.harness_answers import listed_answers, raw_choices
from taskatlas.importers.harness_fields import as_written, text_field
from taskatlas.importers.harness_text import BLANK, as_template, join_prefix, question_template, whole_template
from taskatlas.importers.syntax import MAX_CHARS, literal_template, names_in, tree_of
from taskatlas.predict.sandbox import compile_template, render_template

SEPARATOR = "\n\n"
"""After each answered row, where a file says nothing else."""
_LONGEST_SEPARATOR = 100
_MOST = 64
"""Demonstrations that a card takes from a dataset."""
_RANDOM = "the harness draws its few-shot samples by chance, here they are in the order of the file"
_OWN = frozenset({"doc_to_choice", "doc_to_text", "gen_prefix", "target_delimiter"})
"""Fields that a file can give for its samples alone, and that a card has for its text and its demonstrations alike."""
_CONFIG = _OWN | {"doc_to_target", "fewshot_delimiter", "process_docs", "sampler", "samples", "split"}

Sample = Mapping[str, Any]


@dataclass(frozen=True)
class HarnessShots:
    """What is shown before the row that is asked.

    Attributes:
        demonstrations: for the card.
        separator: after each of them.
        written: a template that shows them, where a card's demonstrations could not show them as the harness does.
        notes: what a person should know of them.
    """

    demonstrations: tuple[Shot, ...] = ()
    separator: str = SEPARATOR
    written: str = ""
    notes: tuple[str, ...] = ()


def shots_of(fields: Mapping[str, Any], choices: Sequence[str]) -> HarnessShots:
    """Return the answered rows that a file shows first.

    Args:
        fields: of the file.
        choices: the answers; empty where they are free text.

    Raises:
        InputError: fewshot_config or num_fewshot cannot be read.

    """
    config, count = fields.get("fewshot_config") or {}, fields.get("num_fewshot") or 0
    if not isinstance(config, dict):
        raise InputError("its fewshot_config is no mapping")
    if not isinstance(count, int) or count < 0:
        raise InputError("its num_fewshot is no number of rows")
    samples, own = config.get("samples"), {**_inherited(fields), **config}
    if own.get("split") is not None or not isinstance(samples, list) or not samples:
        return HarnessShots(notes=_rows_notes(own, count, is_function=samples is not None))
    if not count:
        return HarnessShots(notes=(f"its {len(samples)} few-shot samples are not shown, as it gives no num_fewshot",))
    notes = _choice_notes(own, len(samples), count)
    try:
        return _shots(fields, own, [_sample(each) for each in samples[:count]], choices, notes)
    except TaskatlasError as error:
        return HarnessShots(notes=(*notes, f"its few-shot samples are left out: {error.what}"))


def _inherited(fields: Mapping[str, Any]) -> dict[str, Any]:
    names = {*_OWN, "doc_to_target", "fewshot_delimiter"}
    return {"split": fields.get("fewshot_split"), **{name: fields.get(name) for name in names}}


def _rows_notes(own: Mapping[str, Any], count: int, *, is_function: bool) -> tuple[str, ...]:
    """Say what belongs on the card where the harness takes rows of the data set, or of a function."""
    if not count:
        return ()
    separator = own.get("fewshot_delimiter")
    between = "" if separator in (None, SEPARATOR) else f", separator: {as_written(separator)}"
    where = " of a Python function" if is_function else ""
    taken = min(count, _MOST)
    advice = f"write demonstrations: {{choose: random, dataset: NAME, count: {taken}{between}}} on the card"
    return (f"the harness shows {count} answered rows{where} first (num_fewshot): {advice}",)


def _choice_notes(own: Mapping[str, Any], n_samples: int, count: int) -> tuple[str, ...]:
    notes = []
    if count > n_samples:
        notes.append(f"num_fewshot is {count}, and it has {n_samples} few-shot samples")
    if own.get("sampler") != "first_n" and n_samples > 1:
        notes.append(_RANDOM)
    if unknown := sorted(str(name) for name in own.keys() - _CONFIG if own[name] is not None):
        notes.append(f"of its fewshot_config is left out: {', '.join(unknown)}")
    return tuple(notes)


def _sample(sample: object) -> Sample:
    if not isinstance(sample, dict) or not all(isinstance(name, str) for name in sample):
        raise InputError("one of them has no named columns")
    return {name: value for name, value in sample.items() if isinstance(value, str | int | float | list)}


def _shots(
    fields: Mapping[str, Any], own: Mapping[str, Any], samples: Sequence[Sample], choices: Sequence[str],
    notes: tuple[str, ...],
) -> HarnessShots:  # fmt: skip
    answers = [_answer(own, sample) for sample in samples]
    separator = text_field(own, "fewshot_delimiter", SEPARATOR)
    shots = tuple(Shot(_texts(sample), answer.strip()) for sample, answer in zip(samples, answers, strict=True))
    if 0 < len(separator) <= _LONGEST_SEPARATOR and _is_as_the_text(fields, own) and _fit(shots, fields, choices):
        is_trimmed = all(_is_trimmed(texts) for texts in (answers, *(shot.texts.values() for shot in shots)))
        lost = () if is_trimmed else ("white space around texts and answers of its few-shot samples is left out",)
        repeated = ("its description stands in each demonstration, too",) if text_field(fields, "description") else ()
        return HarnessShots(shots, separator, "", (*notes, *lost, *repeated))
    written = "".join(_written(own, sample, answer) for sample, answer in zip(samples, answers, strict=True))
    notes = (*notes, "its few-shot samples are written into the template")
    return HarnessShots(written=literal_template(written), notes=notes)


def _fit(shots: Sequence[Shot], fields: Mapping[str, Any], choices: Sequence[str]) -> bool:
    """Return whether a card can hold shots: they have an answer, and all columns that the template shows."""
    shown = names_in(tree_of(text_field(fields, "description") + question_template(fields)))
    return all(
        shown <= shot.texts.keys() and (shot.answer in choices if choices else shot.answer != "") for shot in shots
    )


def _is_trimmed(texts: Iterable[str]) -> bool:
    return all(text == text.strip() for text in texts)


def _is_as_the_text(fields: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Return whether samples are shown as the text is that is asked, with a blank after the answer's beginning."""
    prefix, delimiter = text_field(fields, "gen_prefix"), text_field(fields, "target_delimiter", BLANK)
    is_joined = not prefix or (delimiter == BLANK and not prefix[-1].isspace())
    return is_joined and all(own.get(name) == fields.get(name) for name in _OWN)


def _texts(sample: Sample) -> dict[str, str]:
    """Return the columns of a sample that a card can hold: a text is not blank."""
    texts = {name: str(value) for name, value in sample.items() if not isinstance(value, list)}
    return {name: text for name, text in texts.items() if text.strip()}


def _written(own: Mapping[str, Any], sample: Sample, answer: str) -> str:
    """Return a sample with its answer as the harness shows them."""
    text = _rendered(as_template(text_field(own, "doc_to_text")), sample, "doc_to_text")
    prefix, delimiter = text_field(own, "gen_prefix"), text_field(own, "target_delimiter", BLANK)
    if prefix:
        begun = join_prefix(text, _rendered(prefix, sample, "gen_prefix"), delimiter)
        text, delimiter = begun, "" if begun[-1].isspace() or answer[:1].isspace() else BLANK
    return text + delimiter + answer + text_field(own, "fewshot_delimiter", SEPARATOR) if answer else text


def _answer(own: Mapping[str, Any], sample: Sample) -> str:
    """Return the answer of a sample: what its target says, or the choice at the index that it says."""
    target = own.get("doc_to_target")
    value: object = target
    if isinstance(target, str):
        value = sample[target] if target in sample else _target(target, sample)
    if isinstance(value, str) and _is_index(value) and own.get("doc_to_choice") is not None and target not in sample:
        value = int(value)
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, int) and own.get("doc_to_choice") is not None:
        choices = raw_choices(own["doc_to_choice"])
        value = choices[value] if -len(choices) <= value < len(choices) else None
    if not isinstance(value, str):
        raise InputError("one of them has no answer that is text")
    return value


def _is_index(text: str) -> bool:
    return text.isdecimal() and len(text) <= len(str(MAX_CHARS))


def _target(target: str, sample: Sample) -> str:
    if listed := listed_answers(target):
        answers, column = listed
        index = sample.get(column)
        if isinstance(index, int) and -len(answers) <= index < len(answers):
            return answers[index]
    return _rendered(target, sample, "doc_to_target")


def _rendered(template: str, sample: Sample, where: str) -> str:
    values = {name: value for name, value in sample.items() if not isinstance(value, list)}
    names = tuple(sorted(names_in(tree_of(template))))  # also those that it asks for with "is defined"
    compiled = compile_template(whole_template(template), names, where)
    return render_template(compiled, values, where)
