"""Validation with Great Expectations: bad rows are kept apart with their reasons, bad tables stop the run.

The promises are the suites in schemas/expectations/, one JSON file per table and `rows.json` for what comes out of a
source. Every validation gives a `Verdict`; the results of a run's verdicts, cached or new, make its Data Docs.
"""

from taskatlas.validate.docs import write_docs
from taskatlas.validate.rows import validate_rows
from taskatlas.validate.suites import suite_names
from taskatlas.validate.tables import validate_table
from taskatlas.validate.verdict import UnmetError, Verdict

__all__ = ["UnmetError", "Verdict", "suite_names", "validate_rows", "validate_table", "write_docs"]
