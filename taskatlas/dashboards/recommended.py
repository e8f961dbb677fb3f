"""What to do on a dataset, in words, as `taskatlas recommend` says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.published import Published
from taskatlas.plan.since import line_since, tried_since
from taskatlas.project.folders import ProjectFolders
from taskatlas.recommend.words import in_words, is_worth_using


def show(release: Published, dataset: str, rows: Sequence[dict[str, Any]]) -> None:
    """Draw what the release says, with a tick only where it is better than what is reached without any subject; and
    below it what was tried since."""
    text = escape(in_words(rows))
    if is_worth_using(rows):
        st.success(f"{text[:1].upper()}{text[1:]}.", icon=":material/check_circle:")
    else:
        st.warning(f"{text[:1].upper()}{text[1:]}.", icon=":material/block:")
    folders = ProjectFolders(release.folder)
    since = tried_since(folders, "prompt", dataset, release.release)
    if since is not None:
        st.info(escape(line_since(folders, release.release, since)), icon=":material/update:")
