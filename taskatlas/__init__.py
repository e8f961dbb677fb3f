"""taskatlas: an atlas of tasks, models and prompts.

In a notebook:

    import taskatlas

    atlas = taskatlas.open("my-atlas")
    atlas.nearest("cafe_reviews")
    atlas.embeddings(method="student").to_numpy()

This is the one public module. Every name in `__all__` is meant for users and for packages that bring kinds of model and
methods; what lies in modules below it may change. A name is imported when it is first asked for, so that `import
taskatlas` costs next to nothing, and so that the core has names whose extra is not installed: they say which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskatlas.advice.advice import Advice
    from taskatlas.api.atlas import Atlas, Embeddings
    from taskatlas.api.atlas import open_atlas as open  # noqa: A004 - taskatlas.open(DIR), as one opens a file
    from taskatlas.embed import Options
    from taskatlas.embed.basis import Basis
    from taskatlas.embed.method import (
        Axes,
        ClosedForm,
        ClosedShared,
        EntityOutputs,
        Inputs,
        Method,
        Shared,
        VectorResult,
    )
    from taskatlas.embed.outputs import Outputs
    from taskatlas.embed.tuned.method import TunedMethod
    from taskatlas.errors import (
        CardError,
        DamagedPartError,
        FaultsError,
        InputError,
        ModelError,
        PromptError,
        SpendError,
        StoreError,
        TaskatlasError,
        UnknownNameError,
        ValidationError,
    )
    from taskatlas.predict.model import Demonstration, Example, Model, ModelContext
    from taskatlas.predict.outputs import Answers, from_labels, from_numbers, from_probabilities, from_texts
    from taskatlas.predict.plugins import Kind
    from taskatlas.recommend.recommendation import Recommendation
    from taskatlas.schemas.cards import Card, CorpusCard, DatasetCard, Weights
    from taskatlas.schemas.encoding import SurrogateCard
    from taskatlas.schemas.endpoint import EndpointModel
    from taskatlas.schemas.language import CausalModel, Seq2SeqModel, VllmModel
    from taskatlas.schemas.modelcard import ModelCard
    from taskatlas.schemas.models import (
        CallableModel,
        ClassifierModel,
        EncoderModel,
        ProbeModel,
        RecordedModel,
        SpanModel,
    )
    from taskatlas.schemas.project import ProjectCard
    from taskatlas.schemas.prompts import Demonstrations, PromptCard, WrittenExample

    __version__: str

__all__ = [
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

_MODULES = {
    "advice.advice": "Advice",
    "api.atlas": "Atlas Embeddings open",
    "embed": "Options",
    "embed.basis": "Basis",
    "embed.method": "EntityOutputs Axes ClosedForm ClosedShared Inputs VectorResult Method Shared",
    "embed.outputs": "Outputs",
    "embed.tuned.method": "TunedMethod",
    "errors": (
        "CardError DamagedPartError FaultsError InputError ModelError PromptError SpendError StoreError TaskatlasError "
        "UnknownNameError "
        "ValidationError"
    ),
    "predict.model": "Demonstration Example Model ModelContext",
    "predict.outputs": "Answers from_labels from_numbers from_probabilities from_texts",
    "predict.plugins": "Kind",
    "recommend.recommendation": "Recommendation",
    "schemas.cards": "Card CorpusCard DatasetCard Weights",
    "schemas.encoding": "SurrogateCard",
    "schemas.endpoint": "EndpointModel",
    "schemas.language": "CausalModel Seq2SeqModel VllmModel",
    "schemas.modelcard": "ModelCard",
    "schemas.models": "CallableModel ClassifierModel EncoderModel ProbeModel RecordedModel SpanModel",
    "schemas.project": "ProjectCard",
    "schemas.prompts": "Demonstrations PromptCard WrittenExample",
}
"""Module below taskatlas → the public names that it holds."""
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}
_NAMED_THERE = {"open": "open_atlas"}
"""Public names that are called otherwise where they are made."""


def __getattr__(name: str) -> Any:
    """The public name, imported; it is kept, so that this is asked once.

    Raises:
        AttributeError: there is no such name.
        TaskatlasError: the extra that it needs is not installed.
    """
    from importlib import import_module
    from importlib.metadata import version

    from taskatlas.installed.extras import needed

    if name == "__version__":
        value: Any = version("taskatlas")
    elif name in _MODULE_OF:
        with needed():
            module = import_module(f"taskatlas.{_MODULE_OF[name]}")
        value = getattr(module, name, None) or getattr(module, _NAMED_THERE[name])
    else:
        raise AttributeError(f"module 'taskatlas' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
