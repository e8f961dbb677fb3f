"""The one public module: which names it has, what each says of itself, and that importing it alone costs nothing."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import taskatlas
from taskatlas import errors

NAMES = [
    "Advice",
    "Answers",
    "Atlas",
    "Axes",
    "Basis",
    "CallableModel",
    "Card",
    "CardError",
    "CausalModel",
    "ClassifierModel",
    "ClosedForm",
    "ClosedShared",
    "CorpusCard",
    "DamagedPartError",
    "DatasetCard",
    "Demonstration",
    "Demonstrations",
    "Embeddings",
    "EncoderModel",
    "EndpointModel",
    "EntityOutputs",
    "Example",
    "FaultsError",
    "InputError",
    "Inputs",
    "Kind",
    "Method",
    "Model",
    "ModelCard",
    "ModelContext",
    "ModelError",
    "Options",
    "Outputs",
    "ProbeModel",
    "ProjectCard",
    "PromptCard",
    "PromptError",
    "Recommendation",
    "RecordedModel",
    "Seq2SeqModel",
    "Shared",
    "SpanModel",
    "SpendError",
    "StoreError",
    "SurrogateCard",
    "TaskatlasError",
    "TunedMethod",
    "UnknownNameError",
    "ValidationError",
    "VectorResult",
    "VllmModel",
    "Weights",
    "WrittenExample",
    "__version__",
    "from_labels",
    "from_numbers",
    "from_probabilities",
    "from_texts",
    "open",
]
"""A name that goes, or is called otherwise, breaks what others have written: it stands in the changelog."""


def test_the_public_names_are_these():
    assert sorted(taskatlas.__all__) == NAMES
    assert set(NAMES) <= set(dir(taskatlas))


def test_what_checkers_see_is_what_is_imported():
    """Type checkers read the imports below TYPE_CHECKING, Python the table."""
    tree = ast.parse(Path(taskatlas.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: str(node.module)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {name: f"taskatlas.{module}" for name, module in taskatlas._MODULE_OF.items()}
    assert {*seen, "__version__"} == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__version__"])
def test_a_public_name_says_what_it_is(name: str):
    found = getattr(taskatlas, name)
    assert found.__module__.startswith("taskatlas.")
    assert inspect.cleandoc(found.__doc__ or ""), "a docstring of its own, not its base's"


def test_every_error_is_public():
    kinds = {name for name, found in vars(errors).items() if inspect.isclass(found) and issubclass(found, Exception)}
    assert kinds <= set(NAMES)


def test_all_can_be_imported_at_once():
    names: dict[str, object] = {}
    exec("from taskatlas import *", names)
    assert set(NAMES) <= names.keys()
    assert names["open"] is taskatlas.open
    assert str(names["__version__"]).count(".") == 2


def test_there_is_no_other_name():
    with pytest.raises(AttributeError, match="module 'taskatlas' has no attribute 'atlas'"):
        taskatlas.atlas  # noqa: B018


def test_the_import_alone_loads_no_other_package():
    code = (
        "import sys; before = set(sys.modules); import taskatlas\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "sys.exit(str(loaded - sys.stdlib_module_names - {'taskatlas'}) if loaded - sys.stdlib_module_names - "
        "{'taskatlas'} else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
