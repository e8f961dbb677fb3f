"""What the core reads; run by the core's own Python: reads.py PROJECT. Prints the names of what is installed there."""

import sys
from collections.abc import Callable
from importlib.metadata import distributions

import taskatlas

atlas = taskatlas.open(sys.argv[1])
assert atlas.sql("SELECT count(*) AS n FROM datasets")["n"][0].as_py() > 0
changes = 'SELECT * FROM scores AS now JOIN "scores@v1" AS before USING (subject, dataset, metric)'
assert atlas.sql(changes).num_rows > 0
assert atlas.nearest("mood", 2).num_rows > 0
assert atlas.recommend("prompt", "mood").rows.num_rows > 0
assert [row["release"] for row in atlas.releases().to_pylist()] == ["v1", "v2", "v3"]
vectors = atlas.embeddings("student")
assert vectors.to_numpy().shape[0] == len(vectors.names) > 0


def told(ask: Callable[[], object]) -> str:
    """The error that asking raises."""
    try:
        ask()
    except taskatlas.TaskatlasError as error:
        return str(error)
    return "it works"


for ask in (lambda: atlas.advise(["a text", "another"]), vectors.to_pandas, lambda: taskatlas.Method):
    assert told(ask).endswith("Install what this needs with `pip install 'taskatlas[run]'`"), told(ask)
    assert "\n" not in told(ask)

assert taskatlas.Kind.__module__ == "taskatlas.predict.plugins"
assert taskatlas.PromptCard(name="p", description="d").template == "{{ text }}"
print(*(found.name.lower() for found in distributions()))
