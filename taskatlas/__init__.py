"""taskatlas: an atlas of tasks, models and prompts.

In a notebook:

    import taskatlas

    atlas = taskatlas.open("my-atlas")
    atlas.nearest("cafe_reviews").to_pandas()
    atlas.embeddings(method="student").to_numpy()
"""

from taskatlas.api.atlas import Atlas, Embeddings
from taskatlas.api.atlas import open_atlas as open  # noqa: A004 - taskatlas.open(DIR), as one opens a file
from taskatlas.errors import TaskatlasError

__all__ = ["Atlas", "Embeddings", "TaskatlasError", "open"]
