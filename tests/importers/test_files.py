"""Files that are refused as a whole: what is wrong, and nothing in them is ever run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.errors import CardError, InputError
from taskatlas.importers import files
from taskatlas.importers.files import Tagged, read_json, read_tagged_yaml, read_text
from taskatlas.importers.importing import import_files
from taskatlas.importers.options import ImportOptions
from tests.support.cards import BOMB
from tests.support.imported_files import one, template, templates

NESTED = "[" * 3000 + "]" * 3000

REFUSED = {
    "empty": ("", "the file is empty. Name another one"),
    "blank": (" \n\t\n", "the file is empty. Name another one"),
    "a list": ("- a\n- b\n", "is in no format that is imported: holds no objects. Look at docs/formats.md"),
    "a text": ("templates", "holds no fields. Name a file in one of the formats of docs/prompts.md"),
    "something else": ("name: x\n", "is in no format that is imported: its fields are name. Look at docs/formats.md"),
    "no YAML": ("templates: [\n", "line 2: is not valid YAML: expected the node content"),
    "a tab": ("templates:\n\tx: 1\n", "line 2: is not valid YAML: found character '\\t'"),
    "a control character": ("templates: '\x01'\n", "is not valid YAML: "),
    "a field twice": ("dataset: a\ndataset: b\n", "line 2: is not valid YAML: 'dataset' is given twice"),
    "a template twice": (templates(template(), template()), "is not valid YAML: 'k-1' is given twice"),
    "a date that is none": ("task: 2024-13-45\n", "holds a number or a date that is none"),
    "a number that is none": (f"task: {'9' * 5000}\n", "line 1: holds a number of more than 100 characters"),
    "aliases": (BOMB, "line 5: holds aliases that stand for more than 10,000 values"),
    "an alias of itself": ("a: &a [*a]\n", "line 1: holds an alias within what it is an alias of"),
    "nested": (f"templates: {NESTED}\n", "is nested too deeply"),
    "no data set": ("templates: {a: !Template {name: x}}\n", "dataset: names no data set. Give its name as text"),
    "a data set that is none": ("dataset: [a]\ntemplates: {}\n", "dataset: names no data set. Give its name as text"),
    "no templates": ("dataset: a\ntemplates: {}\n", "templates: holds no templates. Name another file"),
    "a list of templates": ("dataset: a\ntemplates: [a]\n", "templates: holds no templates. Name another file"),
    "a tag of Python": (
        "dataset: !!python/object/apply:os.mkdir ['ran']\ntemplates: {}\n",
        "line 1: is not valid YAML: the tag tag:yaml.org,2002:python/object/apply:os.mkdir is not known here",
    ),
    "a tag of somebody": (f"x: !Prompt {{a: b}}\n{one()}", "line 1: is not valid YAML: the tag !Prompt is not known"),
    "a tag that is nearly known": (one().replace("!Template\n", "!Template2\n"), "the tag !Template2 is not known"),
    "a tag of Python on a template": (
        one().replace("!TemplateMetadata", "!!python/object/new:os.system"),
        "the tag tag:yaml.org,2002:python/object/new:os.system is not known here",
    ),
    "a list with a tag": ("task: !function [a]\n", "line 1: is not valid YAML: the tag !function is no list's"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_in_a_persons_words(reason: Callable[..., str], case: str):
    before = sorted(Path.cwd().iterdir())
    content, why = REFUSED[case]
    assert why in reason(content)
    assert sorted(Path.cwd().iterdir()) == before


def test_other_codings(reason: Callable[..., str], card: Callable[..., object]):
    assert reason("dataset: Größe".encode("latin-1")) == "is not UTF-8 (byte 11). Save it as UTF-8"
    assert reason(one().encode("utf-16")) == "is not UTF-8 (byte 0). Save it as UTF-8"
    assert card("\ufeff" + one())


def test_huge_files(reason: Callable[..., str], monkeypatch: pytest.MonkeyPatch):
    assert reason(b"#" * 10_000_001) == "is over 10,000,000 bytes. Cut it into several files"
    monkeypatch.setattr(files, "MAX_BYTES", len(one()) - 1)
    assert "is over" in reason(one())


def test_yaml_that_means_far_more_than_it_says_is_not_written_out(reason: Callable[..., str]):
    of_harness = "task: *i\ndataset_path: *i\ndataset_name: *i\noutput_type: *i\ndoc_to_text: x\n"
    refused = "line 5: holds aliases that stand for more than 10,000 values. Mend that line"
    assert reason(BOMB + of_harness) == refused
    fields = "{name: *i, jinja: *i, answer_choices: *i}"
    for entry in ("*i", f"!Template {fields}", fields):
        assert reason(f"{BOMB}dataset: x\ntemplates: {{k: {entry}}}\n") == refused


def test_some_aliases_are_fine(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("a: &a [x, x]\nb: [*a, *a]\n")
    assert read_tagged_yaml(file) == {"a": ["x", "x"], "b": [["x", "x"], ["x", "x"]]}


def test_files_that_are_not_there_or_cannot_be_read(project: Path, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    names = ["gone.yaml", "folder", "folder/../gone/x.yaml"]
    outcomes = import_files(project, [tmp_path / name for name in names], ImportOptions())
    assert [(each.state, each.file) for each in outcomes] == [("left out", str(tmp_path / name)) for name in names]
    assert [each.note for each in outcomes] == [
        "there is no such file. Mend its name",
        "this is a folder or a device, not a file. Name the files in it",
        "there is no such file. Mend its name",
    ]
    with pytest.raises(InputError, match="a folder or a device"):
        read_text(Path("/dev/zero"))
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path / ("x" * 300))


def test_the_readers_say_where(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("a: [")
    with pytest.raises(CardError) as of_yaml:
        read_tagged_yaml(file)
    assert of_yaml.value.where == f"{file}, line 1"
    with pytest.raises(InputError) as of_json:
        read_json(file)
    assert of_json.value.where == f"{file}, line 1"


def test_tags_are_kept_as_they_were_written(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("a: !function os.getcwd\nb: !Template {x: !TemplateMetadata {y: 1}}\n")
    assert read_tagged_yaml(file) == {
        "a": Tagged("!function", "os.getcwd"),
        "b": Tagged("!Template", {"x": Tagged("!TemplateMetadata", {"y": 1})}),
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "line 1: is not JSON (Expecting property name enclosed in double quotes, column 2)"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        (f'{{"a": {NESTED}}}', "is nested too deeply"),
        (f'{{"a": {"[" * 60}{"]" * 60}}}', "is nested too deeply, in more than 50 levels"),
        (f'{{"a": {"9" * 5000}}}', "holds a number that is none"),
        ("[]", "holds no fields"),
    ],
)
def test_json_that_is_refused(tmp_path: Path, content: str, why: str):
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(InputError) as raised:
        read_json(file)
    assert why in str(raised.value)
    assert str(file) in raised.value.where
