"""LangChain: a prompt as YAML or JSON, with `_type: prompt` or `few_shot` and columns as `{column}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.braces import from_fstring, from_mustache
from taskatlas.importers.draft import Draft, Shot, Template, names_of
from taskatlas.importers.files import read_text, read_yaml_or_json
from taskatlas.importers.syntax import literal_template, names_in, tree_of
from taskatlas.importers.within import files_within
from taskatlas.predict.sandbox import compile_template, render_template

_NOTE = "its examples are written out"
_KINDS = ("prompt", "few_shot")
_MAX_EXAMPLES = 64


def is_langchain(content: Mapping[str, Any]) -> bool:
    """Return whether the fields of a file are those of LangChain."""
    return "_type" in content or "lc" in content or {"input_variables"} < set(content)


def langchain_template(content: Mapping[str, Any], file: Path) -> Template:
    """Return the one template of a file with what it says, or why it cannot be taken."""
    name = content.get("name")
    title = name if isinstance(name, str) and name.strip() else file.stem
    about = (title,) if title == name else names_of(file)
    try:
        return Template(title, about, _draft(content, file.parent))
    except TaskatlasError as error:
        return Template(title, about, InputError(error.what, where=error.where))


def _draft(content: Mapping[str, Any], folder: Path) -> Draft:
    fields, kind = _fields_and_kind(content)
    if kind == "prompt":
        return _open_draft(_template(fields, folder))
    if kind == "few_shot":
        return _few_shot(fields, folder)
    raise InputError(f"its _type is {str(kind)[:40]!r}: prompt and few_shot are read")


def _fields_and_kind(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], object]:
    """Return the fields of a prompt and its kind, of a file that names them or of a dumped object."""
    if "lc" not in content:
        return content, content.get("_type", "few_shot" if "suffix" in content else "prompt")
    path, fields = content.get("id"), content.get("kwargs")
    if not isinstance(path, list) or not path or not isinstance(fields, dict):
        raise InputError("it is no dumped prompt: it has no id, or no kwargs")
    return fields, {"PromptTemplate": "prompt", "FewShotPromptTemplate": "few_shot"}.get(str(path[-1]), path[-1])


def _open_draft(template: str, note: str = "", shots: tuple[Shot, ...] = (), separator: str = "\n\n") -> Draft:
    return Draft(template.strip(), (), frozenset({"label"}), True, note, shots, separator, says_choices=False)


def _template(fields: Mapping[str, Any], folder: Path, part: str = "template") -> str:
    """Return a field as Jinja2, whatever syntax the prompt says its templates have."""
    text = fields.get(part)
    if text is None and isinstance(path := fields.get(f"{part}_path"), str):
        text = "\n".join(read_text(file) for file in files_within(folder, path))
    if not isinstance(text, str):
        raise InputError(f"its {part} is no text")
    constants = fields.get("partial_variables") or {}
    if not isinstance(constants, dict) or not all(isinstance(value, str) for value in constants.values()):
        raise InputError("its partial_variables are no texts")
    form = fields.get("template_format") or "f-string"
    if form == "f-string":
        return from_fstring(text, constants)
    if constants:
        raise InputError(f"it has partial_variables in a template of {str(form)[:40]}")
    if form == "jinja2":
        return text
    if form == "mustache":
        return from_mustache(text)
    raise InputError(f"its template_format is {str(form)[:40]!r}: f-string, jinja2 and mustache are read")


def _few_shot(fields: Mapping[str, Any], folder: Path) -> Draft:
    example_template = _template(_example_prompt(fields, folder), folder)
    examples = _examples(fields.get("examples"), folder)
    prefix = _template(fields, folder, "prefix") if fields.get("prefix") else ""
    suffix = _template(fields, folder, "suffix")
    separator = fields.get("example_separator", "\n\n")
    if not isinstance(separator, str):
        raise InputError("its example_separator is no text")
    if not prefix and (shots := _shots(example_template, suffix, examples)):
        return _open_draft(suffix.rstrip(), f"its {len(shots)} examples are demonstrations", shots, separator)
    shown = [literal_template(_rendered(example_template, example)) for example in examples]
    return _open_draft(literal_template(separator).join(filter(None, [prefix, *shown, suffix])), _NOTE)


def _example_prompt(fields: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    prompt = fields.get("example_prompt")
    if prompt is None and isinstance(path := fields.get("example_prompt_path"), str):
        prompt = read_yaml_or_json(files_within(folder, path)[0])
    if isinstance(prompt, dict) and "lc" in prompt:
        prompt = prompt.get("kwargs")
    if not isinstance(prompt, dict):
        raise InputError("it has no example_prompt")
    return prompt


def _examples(examples: object, folder: Path) -> list[dict[str, str]]:
    if isinstance(examples, str):
        examples = read_yaml_or_json(files_within(folder, examples)[0])
    if not isinstance(examples, list) or not examples:
        raise InputError("its examples are no list, or an empty one")
    if len(examples) > _MAX_EXAMPLES:
        raise InputError(f"it has more than {_MAX_EXAMPLES} examples")
    if not all(isinstance(each, dict) and all(isinstance(value, str) for value in each.values()) for each in examples):
        raise InputError("an example holds something that is no text")
    return examples


def _shots(template: str, suffix: str, examples: Sequence[Mapping[str, str]]) -> tuple[Shot, ...]:
    """Return the examples as what is shown first, where each is the question as the suffix shows it, and its answer."""
    asked, _, last = template.rstrip().rpartition("{{ ")
    answer = last.removesuffix(" }}")
    columns = set(examples[0]) - {answer}
    if (
        not last.endswith(" }}")
        or len(columns) != 1
        or any(set(each) != {answer, *columns} or not all(each.values()) for each in examples)
    ):
        return ()
    (text,) = columns
    question = suffix.rstrip()
    if question.count("{{ ") != 1 or _without_names(question) != _without_names(asked.rstrip()):
        return ()
    (column,) = names_in(tree_of(suffix))
    return tuple(Shot({column: each[text]}, each[answer]) for each in examples)


def _without_names(template: str) -> str:
    """Return a template with all of its columns called alike."""
    head, opening, rest = template.partition("{{ ")
    return head + opening + rest.partition(" }}")[2]


def _rendered(template: str, example: Mapping[str, str]) -> str:
    tree_of(template)
    where = "example_prompt"
    return render_template(compile_template(template, tuple(sorted(example)), where), example, where)
