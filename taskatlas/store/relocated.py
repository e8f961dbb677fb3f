"""Iceberg files that were moved together with their project.

Iceberg's metadata names every file by its absolute path, so a project that is moved, copied or mounted elsewhere would
look for its files where they were, and a copy would write into its original. The paths stay as they were recorded
(`HOME`, the folder of the first publish) and are read as names: what is below `HOME` lies below `HERE`, where the
project is now. Other Iceberg engines read a moved project once it is moved back, or with their own path rewriting.
"""

from __future__ import annotations

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

HOME = "taskatlas.home"
"""Catalog property: where the files lay when the warehouse was made, an absolute path without a trailing slash."""
HERE = "taskatlas.here"
"""Catalog property: where the files lie now."""


class RelocatedIO(PyArrowFileIO):
    """Reads and writes files below `HERE` under the names that they have below `HOME`."""

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        """Return (scheme, host, path) of a recorded location, the path as it is now.

        Args:
            location: absolute path or URI, as recorded in Iceberg's metadata.
            properties: of the catalog, with HOME and HERE.
        """
        home, here = properties.get(HOME), properties.get(HERE)
        if home and here and location.startswith(f"{home}/"):
            location = here + location.removeprefix(home)
        return PyArrowFileIO.parse_location(location, properties)


def current_path(location: str, properties: Properties) -> str:
    """Return where a recorded file lies now: an absolute path, or a URI where it is not on this machine's disks."""
    if "://" in location:
        return location
    return RelocatedIO.parse_location(location, properties)[2]
