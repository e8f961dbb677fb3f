"""promptfoo: a YAML file with prompts as texts, chats or files beside it, and tests with what is to come out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.closed import Instance
from taskatlas.importers.draft import Draft, Template, names_of
from taskatlas.importers.files import read_text, read_yaml_or_json
from taskatlas.importers.messages import Message, chat_draft, messages_of
from taskatlas.importers.syntax import literal_template, names_in, tree_of
from taskatlas.importers.within import files_within

MAX_PROMPTS = 1_000
_FILE_ENDINGS = (".txt", ".md", ".j2", ".json", ".yaml", ".yml")
_UNREAD = ("nunjucksFilters", "extensions", "scenarios", "derivedMetrics")
"""Fields that can change what is asked or how it is read."""
_RULE = "\n---\n"
"""Between several prompts of a text file."""


@dataclass(frozen=True)
class Shown:
    """What a file shows with every prompt.

    Attributes:
        constants: variables that are the same for every test, with their texts.
        prefix: before the prompt.
        suffix: after it.
    """

    constants: Mapping[str, str]
    prefix: str
    suffix: str

    @classmethod
    def of(cls, content: Mapping[str, Any], entry: Mapping[str, Any]) -> Shown:
        """Return what the fields of a file and of one of its prompts say.

        Raises:
            InputError: a prefix or a suffix is no text.
        """
        default = _fields(content.get("defaultTest"))
        options = _fields(default.get("options")) | _fields(entry.get("config"))
        around = [options.get(name) or "" for name in ("prefix", "suffix")]
        if not all(isinstance(text, str) for text in around):
            raise InputError("its prefix or suffix is no text")
        values = _fields(default.get("vars"))
        constants = {name: text for name, text in values.items() if isinstance(text, str) and "{{" not in text}
        return cls(constants, *map(str, around))

    def around(self, prompt: object) -> object:
        """Return a prompt with what stands before and after it.

        Raises:
            InputError: it is a chat, to which nothing can be added.
        """
        if not (self.prefix or self.suffix):
            return prompt
        if not isinstance(prompt, str) or prompt.lstrip().startswith("[{"):
            raise InputError("a prefix and a suffix are for texts, and it is a chat")
        return f"{self.prefix}{prompt}{self.suffix}"

    def filled(self, message: Message) -> Message:
        """Return a message with its constants written out."""
        text = message.content
        for name, value in self.constants.items():
            place = re.compile(rf"\{{\{{\s*{re.escape(name)}\s*\}}\}}")
            text = place.sub(lambda _, value=value: literal_template(value), text)  # type: ignore[misc]
        return replace(message, content=text)


def _fields(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def is_promptfoo(content: Mapping[str, Any]) -> bool:
    """Return whether the fields of a file are those of promptfoo."""
    return "prompts" in content and bool({"providers", "targets", "tests", "defaultTest"} & set(content))


def promptfoo_templates(content: Mapping[str, Any], file: Path) -> list[Template]:
    """Return the templates of a file, each with what it says or why it cannot be taken.

    Raises:
        InputError: it holds none, or too many.

    """
    entries = content.get("prompts")
    if isinstance(entries, dict):  # file → what the prompt is called
        entries = [{"raw": path, "label": label} for path, label in entries.items()]
    listed = [entries] if isinstance(entries, str) else entries
    if not isinstance(listed, list) or not listed:
        raise InputError("holds no prompts", where=f"{file}: prompts", todo="name another file")
    templates: list[Template] = []
    for number, entry in enumerate(listed, 1):
        templates += _templates(entry, number, content, file)
        if len(templates) > MAX_PROMPTS:
            raise InputError(
                f"holds more than {MAX_PROMPTS:,} prompts", where=str(file), todo="cut it into several files"
            )
    return templates


def promptfoo_rows(content: Mapping[str, Any], templates: list[Template]) -> list[Instance]:
    """Return the texts of its tests with what is to come out, where they have one text and one answer."""
    drafts = [each.draft_or_error for each in templates if isinstance(each.draft_or_error, Draft)]
    columns = set().union(*(names_in(tree_of(draft.template)) for draft in drafts)) if drafts else set()
    tests = content.get("tests")
    if len(columns) != 1 or not isinstance(tests, list):
        return []
    (column,) = columns
    return [row for test in tests if (row := _row(test, column)) is not None]


def _templates(entry: object, number: int, content: Mapping[str, Any], file: Path) -> Iterator[Template]:
    fields: Mapping[str, Any] = entry if isinstance(entry, dict) else {"raw": entry}
    label = fields.get("label") or fields.get("id")
    title = label if isinstance(label, str) and "://" not in label else f"prompt {number}"
    note = "; ".join(filter(None, [_providers_note(content), _unread_note(content)])) if number == 1 else ""
    about = (promptfoo_title(content, file), title)
    try:
        shown = Shown.of(content, fields)
        texts = list(_texts(fields.get("raw", fields.get("id")), file.parent))
    except TaskatlasError as error:
        yield Template(title, about, InputError(error.what, where=error.where))
        return
    for at, text in enumerate(texts, 1):
        further = () if len(texts) == 1 else (str(at),)
        yield Template(" ".join((title, *further)), (*about, *further), _draft_or_error(text, shown, note))


def _texts(raw: object, folder: Path) -> Iterator[object]:
    """Yield the prompts that one entry stands for: itself, or those of the files that it names."""
    if not isinstance(raw, str):
        yield raw
        return
    name = raw.removeprefix("file://")
    if name == raw and not (raw.endswith(_FILE_ENDINGS) and not set(raw) & set(" \n{")):
        yield raw
        return
    for path in files_within(folder, name):
        if path.suffix.lower() not in _FILE_ENDINGS:
            raise InputError(f"it names {name[:80]!r}, which is no text: nothing is run")
        if path.suffix.lower() in {".json", ".yaml", ".yml"}:
            yield read_yaml_or_json(path)
        else:
            yield from (text for text in read_text(path).replace("\r\n", "\n").split(_RULE) if text.strip())


def _draft_or_error(prompt: object, shown: Shown, note: str) -> Draft | InputError:
    try:
        return chat_draft([shown.filled(message) for message in _messages(shown.around(prompt))], note)
    except TaskatlasError as error:
        return InputError(error.what, where=error.where)


def _messages(prompt: object) -> list[Message]:
    """Return the messages of a prompt: a list of them, the same as a text in JSON, or one question."""
    if isinstance(prompt, str) and prompt.lstrip().startswith("[{"):
        try:
            prompt = json.loads(prompt)
        except (ValueError, RecursionError) as error:
            raise InputError("it begins as a chat in JSON and is none") from error
    if isinstance(prompt, str):
        return [Message("user", prompt)]
    return messages_of(prompt)


def _row(test: object, column: str) -> Instance | None:
    fields = test if isinstance(test, dict) else {}
    values, checks = fields.get("vars"), fields.get("assert")
    text = values.get(column) if isinstance(values, dict) else None
    listed = checks if isinstance(checks, list) else []
    equal = [check.get("value") for check in listed if isinstance(check, dict) and check.get("type") == "equals"]
    if not isinstance(text, str) or not text.strip() or text.startswith("file://") or len(equal) != 1:
        return None
    label = equal[0].strip() if isinstance(equal[0], str) else ""
    return Instance(text, (label,)) if label and "{{" not in label else None


def _providers_note(content: Mapping[str, Any]) -> str:
    providers = content.get("providers", content.get("targets"))
    listed = providers if isinstance(providers, list) else [providers]
    names = [each if isinstance(each, str) else each.get("id") for each in listed if isinstance(each, str | dict)]
    told = ", ".join(str(name)[:60] for name in names[:5] if name)
    return f"models that the file asks, whose cards are yours to write: {told}" if told else ""


def _unread_note(content: Mapping[str, Any]) -> str:
    unread = [name for name in _UNREAD if content.get(name)]
    return f"of the file, these fields are not taken: {', '.join(unread)}" if unread else ""


def promptfoo_title(content: Mapping[str, Any], file: Path) -> str:
    """Return what the file is about: its description, as most such files are called alike."""
    description = content.get("description")
    return description if isinstance(description, str) and description.strip() else " ".join(names_of(file))
