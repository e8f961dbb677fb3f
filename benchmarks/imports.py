"""How much of public collections of prompts becomes cards, and why the rest does not.

python -m benchmarks.imports --promptsource FOLDER --harness FOLDER takes folders with PromptSource's templates.yaml and
with the tasks of lm-evaluation-harness, such as public checkouts; either may be left away.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from benchmarks.harness_rendering import harness_texts
from benchmarks.promptsource_rendering import OWN, compared, put
from benchmarks.report import Section, write
from taskatlas.importers.files import Tagged, read_tagged_yaml
from taskatlas.importers.harness import whole_fields
from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.predict.demonstrations import join_turns
from taskatlas.predict.render import InputRow, answers_by_row, render_answer, render_inputs
from taskatlas.project.starter import write_starter
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard

SUMMARY = "Templates of public collections that `taskatlas import prompts` takes without options."
REASONS = 15
ROLE = re.compile(r"(text|text_pair) is ([^,;]+)")
FIELD = re.compile(r"field (\w+) is ([^,;]+)")
NAMED = re.compile(r"(?:^|[ ,])fields ([^;]+)")
DELIMITER = re.compile(r'write delimiter: ("(?:[^"\\]|\\.)*") on')
BLURRED = re.compile(r"\([^()]*\)|(?<=line )\d+|'[^']*'|\S*/\S*, |\b\d+(?= columns)")
"""What differs from file to file in a reason."""
TOLD = re.compile(r"description stands in|white space around|num_fewshot is|samples are (?:left out|not shown)")
"""Notes that say that a prompt is not what the harness shows."""


def main() -> None:
    """Import, count, and write results/imports.*."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    for name in ("promptsource", "harness"):
        parser.add_argument(f"--{name}", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    sections, figures = [], {}
    if given.promptsource:
        section, figures["promptsource"] = _promptsource(sorted(given.promptsource.rglob("templates.yaml")))
        reasons = figures["promptsource"]["reasons_with_choices"]
        sections += [section, _reasons("PromptSource with answer choices", {"reasons": reasons})]
    if given.harness:
        section, figures["harness"] = _harness(sorted(given.harness.rglob("*.yaml")))
        sections += [section, _reasons("lm-evaluation-harness", figures["harness"])]
    write("imports", SUMMARY, sections, figures)


def _promptsource(files: Sequence[Path]) -> tuple[Section, dict[str, Any]]:
    outcomes, cards = _imported(files)
    entries = [fields for file in files for fields in _entries(file)]
    chosen = [bool(fields.get("answer_choices")) for fields in entries]
    held = Counter(
        compared(fields, cards[Path(each.card).stem], each.note)
        for each, fields in zip(outcomes, entries, strict=True)
        if each.card and each.state in {"imported", "the same"}
    )
    kinds = {
        "all": outcomes,
        "with answer choices": [each for each, is_chosen in zip(outcomes, chosen, strict=True) if is_chosen],
        "of free text": [each for each, is_chosen in zip(outcomes, chosen, strict=True) if not is_chosen],
    }
    rows = [_share(kind, among) for kind, among in kinds.items()]
    definition = "Share of templates that become a card, by whether the file gives answer choices."
    columns = ("templates", "there", "imported", "share")
    reasons = {"reasons": _counts(outcomes), "reasons_with_choices": _counts(kinds["with answer choices"])}
    figures = {"contents": _digest(files), "shares": rows, "rendering": dict(held), **reasons}
    said = ", ".join(f"{what}: {count}" for what, count in sorted(held.items()))
    remarks = [
        f"{len(files)} files, contents {figures['contents']}.",
        f"Rendering and answers, against the template's own on made-up rows: {said}.",
    ]
    return Section("PromptSource", definition, columns, rows, remarks), figures


def _harness(files: Sequence[Path]) -> tuple[Section, dict[str, Any]]:
    outcomes, cards = _imported(files)
    tasks = [each for each in outcomes if "it is a group" not in each.note]
    compared = Counter(
        _compare(Path(each.file), cards[Path(each.card).stem], each.note)
        for each in outcomes
        if each.card and each.state in {"imported", "the same"}
    )
    rows = [_share("all but groups", tasks)]
    definition = (
        "Share of files that become a card. Each card is held to what the harness shows of a made-up row: the whole "
        "text with its samples, and with each answer where answers are chosen from."
    )
    figures = {"contents": _digest(files), "shares": rows, "rendering": dict(compared), "reasons": _counts(outcomes)}
    said = ", ".join(f"{what}: {count}" for what, count in sorted(compared.items()))
    remarks = [f"{len(files)} files, contents {figures['contents']}.", f"Rendering: {said}."]
    return Section("lm-evaluation-harness", definition, ("files", "there", "imported", "share"), rows, remarks), figures


def _imported(files: Sequence[Path]) -> tuple[list[Outcome], dict[str, PromptCard]]:
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "project"
        write_starter(project)
        outcomes = import_files(project, files, ImportOptions())
        return outcomes, dict(load(project).prompts)


def _entries(file: Path) -> list[dict[str, Any]]:
    entries = read_tagged_yaml(file)["templates"].values()
    return [entry.value if isinstance(entry, Tagged) else {} for entry in entries]


def _compare(file: Path, card: PromptCard, note: str) -> str:
    """Whether a card shows what the harness does."""
    # columns that are called like variables are what they are called, and no line says so
    columns: dict[str, str] = dict(ROLE.findall(note)) or {"text": "text", "text_pair": "text_pair"}
    columns |= dict(FIELD.findall(note))
    columns |= {name: name for found in NAMED.findall(note) for name in found.split(", ")}
    texts = {column: f"<{column} of it>" for column in columns.values()}
    taken = [column for found in OWN.findall(note) for column in found.split(", ")]
    choices = tuple(f"<{taken[0] if len(taken) == 1 else taken[at]}, {at}>" for at in range(_n_choices(card, taken)))
    row: dict[str, Any] = {}
    for column, text in texts.items():
        put(row, column.split("."), text)
    for column, text in [(taken[0], list(choices))] if len(taken) == 1 else zip(taken, choices, strict=True):
        put(row, column.split("."), text)
    try:
        wanted = harness_texts(whole_fields(file), row)
    except (TemplateError, KeyError, TypeError):
        return "not to be compared"
    fields = tuple((name, texts[columns[name]]) for name in card.fields if name in columns)
    own = InputRow(texts.get(columns.get("text", ""), ""), texts.get(columns.get("text_pair", "")), fields, choices)
    if _shown(card, own, note, is_chosen=len(wanted) > 1) == wanted:
        return "the same"
    return "another, told" if TOLD.search(note) else "another, not told"


def _n_choices(card: PromptCard, taken: Sequence[str]) -> int:
    """How many choices a made-up row has."""
    if len(taken) != 1:
        return len(taken)
    return 4 if card.takes_all_choices else len(card.choices)


def _shown(card: PromptCard, own: InputRow, note: str, *, is_chosen: bool) -> list[str]:
    """What a model reads, with the delimiter that the note advises."""
    advised = DELIMITER.search(note)
    delimiter = str(ast.literal_eval(advised[1])) if advised else " "
    examples = card.demonstrations.examples if card.demonstrations else ()
    shots = [InputRow(each.text, each.text_pair, tuple(sorted(each.fields.items()))) for each in examples]
    inputs = render_inputs(card, [*shots, own])
    turns = tuple(
        (text, render_answer(card, InputRow(each.text), each.label))
        for text, each in zip(inputs, examples, strict=False)
    )
    shown = join_turns(turns, inputs[-1], delimiter, card)
    answers = [each for each in answers_by_row(card, [own])[0] if each]
    return [shown + delimiter + answer for answer in answers] if is_chosen else [shown]


def _share(kind: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    taken = sum(each.state != "left out" for each in outcomes)
    return kind, str(len(outcomes)), str(taken), f"{taken / max(len(outcomes), 1):.0%}"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many templates each reason leaves out."""
    reasons = Counter(BLURRED.sub("…", each.note)[:110] for each in outcomes if each.state == "left out")
    return dict(reasons.most_common())


def _reasons(title: str, figures: dict[str, Any]) -> Section:
    reasons = [*figures["reasons"].items()]
    rows = [(why.replace("|", r"\|"), str(count)) for why, count in reasons[:REASONS]]
    rest = sum(count for _, count in reasons[REASONS:])
    rows += [("other reasons", str(rest))] if rest else []
    return Section(f"{title}: what is left out", "By reason.", ("reason", "templates"), rows)


def _digest(files: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return f"sha256 {whole.hexdigest()[:16]}"


if __name__ == "__main__":
    main()
