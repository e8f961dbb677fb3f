"""Where the repository lies, and the data that tests read besides it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TASKBANK = Path(os.environ.get("TASKBANK", ROOT.parent / "shared" / "taskbank"))
