"""The table `methods`: the methods that the last run knew, as they are shown. It is no part of a release, as the order
holds for vectors of all releases."""

from __future__ import annotations

import pyarrow as pa

from taskatlas.schemas.columns import column, count, table, text

SHOWN_METHODS = table(
    "methods",
    "a method that vectors can be made by",
    "method",
    text("method", "Name of the method."),
    count("position", "Where it stands where methods are listed, from 1: those of taskatlas, then those of packages."),
    column("forecasts", pa.bool_(), "Whether its space holds students of subjects, which forecast scores."),
)
