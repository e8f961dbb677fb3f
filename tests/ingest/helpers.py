"""Small projects for the tests of ingest."""

from pathlib import Path

import pytest

from taskatlas.errors import InputError
from taskatlas.schemas.cards import Columns, CorpusCard, DatasetCard

LABELS = ("negative", "positive")


def dataset_card(source: str, **fields: object) -> DatasetCard:
    return DatasetCard.model_validate(
        {"name": "reviews", "description": "d", "family": "f", "domain": "d", "source": source, "labels": LABELS}
        | fields
    )


def pair_columns(**fields: str) -> Columns:
    return Columns.model_validate({"text_pair": "text_pair"} | fields)


def corpus_card(*sources: dict[str, object] | str, **fields: object) -> CorpusCard:
    listed = [{"source": each} if isinstance(each, str) else each for each in sources]
    return CorpusCard.model_validate({"name": "texts", "description": "d", "sources": listed} | fields)


def write(project: Path, name: str, content: str | bytes) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fault(call: object, *args: object, **options: object) -> InputError:
    """The InputError that a call raises."""
    assert callable(call)
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.where
    assert caught.value.todo
    return caught.value
