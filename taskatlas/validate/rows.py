"""Rows of a source, before they become examples: which are bad, and why.

Great Expectations finds the bad rows by the suite `rows`; here they get their reasons and leave for quarantine.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.cards.labels import lead_back
from taskatlas.schemas.cards import MOST_ANSWERS, CorpusCard, DatasetCard
from taskatlas.schemas.inputs import CHOICE_LABELS
from taskatlas.schemas.tables import QUARANTINE
from taskatlas.validate.suites import Json, run, suite
from taskatlas.validate.verdict import UnmetError, Verdict, compact, quality_rows

if TYPE_CHECKING:
    import pandas as pd

_TEXT_CHARS = 500
_MOST_LABELS = 200
"""Labels that are named to be pasted into a card that knows none of them."""
_LABEL_CHARS = 100
_EXCERPT_CHARS = 60
_LABELS_SHOWN = 12
_OTHER_LABELS = ", nor an index from 0 or the text of one choice, as others are"
"""What labels of rows with their own choices may be besides."""
_INDEX = ("split", "row")


def validate_rows(rows: pa.Table, card: DatasetCard | CorpusCard, *, quarantine_limit: float) -> Verdict:
    """Divide the rows of a source into good and bad ones.

    Args:
        rows: row int64, split string, text string, text_pair string or null; of a dataset also label string or null,
            of a "number" dataset value float64 or null, of a "text" dataset answers list of strings; of a corpus
            also source int64, the index in the card's sources; of a card that names fields or choices also these, as
            `read_dataset` gives them. Each (source, split, row) is there once.
        card: the dataset's or corpus' card.
        quarantine_limit: the share of bad rows, in [0, 1), that is still tolerated.

    Raises:
        UnmetError: more than `quarantine_limit` of the rows are bad, or there are none; it carries the verdict.
        ValidationError: an expectation could not be evaluated.
    """
    kind = "dataset" if isinstance(card, DatasetCard) else "corpus"
    where = f"{kind} {card.name}"
    flags, parameters = _terms(card)
    named = rows.set_column(rows.column_names.index("split"), "split", _split_names(rows, card))
    frame = _frame(named)
    asked = suite("rows", flags)
    raw_result = run(asked, frame, parameters, index=_INDEX, where=where)
    order = [entry["meta"].get("reason") for entry in asked["expectations"]]
    reasons = _reasons(raw_result, frame, parameters, order)
    bad = np.zeros(rows.num_rows, dtype=bool)
    bad[list(reasons)] = True
    result = compact(raw_result, kind, card.name)
    verdict = Verdict(
        good=rows.filter(pa.array(~bad)),
        quarantine=_quarantine(
            named.filter(pa.array(bad)), [reasons[position] for position in sorted(reasons)], kind, card.name
        ),
        quality=quality_rows(result, rows.num_rows),
        result=result,
    )
    if not rows.num_rows:
        raise UnmetError("there are no rows", where=where, todo="mend the source of the card", verdict=verdict)
    if len(reasons) > quarantine_limit * rows.num_rows:
        raise _too_many(verdict, frame, reasons, card, quarantine_limit)
    return verdict


def _terms(card: DatasetCard | CorpusCard) -> tuple[set[str], Json]:
    """Return which expectations of the suite the card asks for, and the values of their parameters."""
    parameters: Json = {"max_chars": card.max_chars, "most_choices": len(CHOICE_LABELS), "most_answers": MOST_ANSWERS}
    flags = further_flags(card)
    if isinstance(card, CorpusCard):
        return flags, parameters
    parameters["most_choices"] = len(card.class_labels)
    if card.labels != "text":
        flags.add("number" if card.labels == "number" else "classes")
    if card.columns.text_pair is not None:
        flags.add("pair")
    if card.labels == "number" and card.value_range is not None:
        flags.add("range")
        parameters["low"], parameters["high"] = card.value_range
    parameters["labels"] = list(card.class_labels)
    parameters["own"] = _OTHER_LABELS if card.columns.choices else ""
    return flags, parameters


def further_flags(card: DatasetCard | CorpusCard) -> set[str]:
    """Return which expectations a card asks for by its fields, choices and answers. Those of a corpus are not
    asked for: its sources differ in what they have."""
    if isinstance(card, CorpusCard):
        return {"further"} if any(each.columns.further for each in card.sources) else set()
    flags = {"choices"} if card.columns.choices else set()
    answers = {"answers"} if card.labels == "text" else set()
    return flags | answers | ({"further"} if flags or card.columns.fields else set())


def _split_names(rows: pa.Table, card: DatasetCard | CorpusCard) -> pa.ChunkedArray | pa.Array:
    """Return the quarantine's name for the split of each row; with the row's number it names one row.

    In a dataset it is the split, in a corpus 'corpus', with the number of the source where there are several and the
    split where it has splits: 'corpus:2:test'.
    """
    if isinstance(card, DatasetCard):
        return rows["split"]
    several = len(card.sources) > 1
    names = []
    for source, split in zip(rows["source"].to_pylist(), rows["split"].to_pylist(), strict=True):
        words = ["corpus", *([str(source + 1)] if several else []), *([split] if split in ("train", "test") else [])]
        names.append(":".join(words))
    return pa.array(names, pa.string())


def _frame(rows: pa.Table) -> pd.DataFrame:
    """Return the columns that the suite is about; a text is represented by its number of characters."""
    columns = {name: rows[name] for name in (*_INDEX, "label") if name in rows.column_names}
    for name in ("text", "text_pair"):
        texts = pc.utf8_trim_whitespace(pc.fill_null(pc.cast(rows[name], pa.string()), ""))
        columns[f"{name}_chars"] = pc.utf8_length(texts)
    if "fields" in rows.column_names:
        columns |= _further(rows)
    if "answers" in rows.column_names:
        columns |= _answers(rows)
    if "value" in rows.column_names:
        values = pc.cast(rows["value"], pa.float64())
        columns["value"] = pc.if_else(pc.is_finite(values), values, None)
    return pa.table(columns).to_pandas()


def _further(rows: pa.Table) -> dict[str, pa.Array]:
    """Return the characters of each row's fields and choices, how many choices it has, the place of its label, and
    how many choices read as the right one."""
    fields, choices = rows["fields"].to_pylist(), rows["choices"].to_pylist()
    places: dict[str | None, int] = {label: place for place, label in enumerate(CHOICE_LABELS, start=1)}
    labels = rows["label"].to_pylist() if "label" in rows.column_names else [None] * rows.num_rows
    lengths = [
        sum(len(text) for _, text in own) + sum(map(len, listed)) for own, listed in zip(fields, choices, strict=True)
    ]
    return {
        "further_chars": pa.array(lengths, pa.int64()),
        "n_choices": pa.array([len(listed) for listed in choices], pa.int64()),
        "place": pa.array([places.get(each) for each in labels], pa.int64()),
        "n_right": pa.array([_n_right(*each) for each in zip(labels, choices, strict=True)], pa.int64()),
    }


def _answers(rows: pa.Table) -> dict[str, pa.Array]:
    """Return how many right answers each row has, and the characters of the longest."""
    answers = rows["answers"].to_pylist()
    return {
        "n_answers": pa.array([len(own) for own in answers], pa.int64()),
        "answer_chars": pa.array([max(map(len, own), default=0) for own in answers], pa.int64()),
    }


def _n_right(label: str | None, choices: Sequence[str]) -> int | None:
    """Return how many of a row's choices read as the right one does, 0 where it is blank; None where there is none."""
    if label not in CHOICE_LABELS[: len(choices)]:
        return None
    right = choices[CHOICE_LABELS.index(label)]
    return choices.count(right) if right else 0


def _reasons(
    result_json: Json, frame: pd.DataFrame, parameters: Mapping[str, Any], order: Sequence[str]
) -> dict[int, dict[str, str]]:
    """Return the position of a bad row → the reason's template → the reason in words, in the order of the suite: what
    others follow from comes first."""
    broken: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for result in result_json["results"]:
        for entry in result["result"].get("unexpected_index_list") or ():
            broken[tuple(entry[name] for name in _INDEX)].append(result["expectation_config"]["meta"]["reason"])
    if not broken:
        return {}
    keys = zip(*(frame[name].tolist() for name in _INDEX), strict=True)
    templates = {position: sorted(broken[key], key=order.index) for position, key in enumerate(keys) if key in broken}
    facts = zip(templates, frame.iloc[list(templates)].to_dict("records"), strict=True)
    terms = {**parameters, "labels": _listed(parameters.get("labels", ())) + parameters.get("own", "")}
    return {
        position: {
            template: template.format(**{**terms, **row, "label": _label_in_words(row.get("label"))})
            for template in templates[position]
        }
        for position, row in facts
    }


def _listed(labels: Sequence[str]) -> str:
    more = len(labels) - _LABELS_SHOWN
    return ", ".join(labels[:_LABELS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _label_in_words(label: object) -> str:
    return repr(label[:_LABEL_CHARS]) if isinstance(label, str) else "it is missing"


def _quarantine(bad: pa.Table, reasons: Sequence[Mapping[str, str]], kind: str, name: str) -> pa.Table:
    n = bad.num_rows
    columns = {
        "origin_kind": pa.array([kind] * n, pa.string()),
        "origin": pa.array([name] * n, pa.string()),
        "split": bad["split"],
        "row": bad["row"],
        "reason": pa.array(["; ".join(reason.values()) for reason in reasons], pa.string()),
        "text": pc.utf8_slice_codeunits(pc.cast(bad["text"], pa.string()), 0, _TEXT_CHARS),
        "label": bad["label"] if "label" in bad.column_names else pa.nulls(n, pa.string()),
    }
    return pa.table([columns[field.name] for field in QUARANTINE.schema], schema=QUARANTINE.schema)


def _too_many(
    verdict: Verdict,
    frame: pd.DataFrame,
    reasons: Mapping[int, Mapping[str, str]],
    card: DatasetCard | CorpusCard,
    limit: float,
) -> UnmetError:
    """Return the error for too many bad rows: how many, and the most frequent reason at its first row."""
    positions: dict[str, list[int]] = defaultdict(list)
    for position, templates in reasons.items():
        for template in templates:
            positions[template].append(position)
    template, most = max(positions.items(), key=lambda item: len(item[1]))
    first = frame.iloc[most[0]]
    text = verdict.quarantine["text"][sorted(reasons).index(most[0])].as_py()
    excerpt = f" ({' '.join(text.split())[:_EXCERPT_CHARS]!r})" if first["text_chars"] else ""
    share = len(reasons) / len(frame)
    labels = card.class_labels if isinstance(card, DatasetCard) else ()
    unknown = set(frame["label"].dropna()) - set(labels) if labels else set()
    return UnmetError(
        f"{len(reasons)} of {len(frame)} rows are bad ({share:.1%}; quarantine_limit is {limit:.1%}). "
        f"Most frequent ({len(most)}): row {first['row']} of {first['split']}: {reasons[most[0]][template]}{excerpt}",
        where=f"{'dataset' if isinstance(card, DatasetCard) else 'corpus'} {card.name}",
        todo=lead_back(unknown, labels)
        or _write_labels(frame, unknown)
        or "mend the source or the card's labels, or raise quarantine_limit in atlas.yaml",
        verdict=verdict,
    )


def _write_labels(frame: pd.DataFrame, unknown: Collection[str]) -> str:
    """Return the labels as a person pastes them, where no row has one of the card, which may hold codes; else ''."""
    if not 2 <= len(unknown) <= _MOST_LABELS or not frame["label"].dropna().isin(unknown).all():
        return ""
    named = json.dumps(sorted(unknown), ensure_ascii=False)
    return f"write `labels: {named}` in the card, as no row has one of its own, or lead them there with label_map"
