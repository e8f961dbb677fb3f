"""Read the named queries: queries/NAME.sql holds one statement, and its first line is a comment, the question.

A plain table is that of the release that is shown. `"scores@$before"` is the table of one other release,
`"scores@$both"` the two in one, with a column `now` that says which, and `"scores@$every"` that of all releases in one,
with a column `release`. Values are bound, but a table's name cannot be, so it is written in: only for releases that are
known. A table that a release does not have is empty there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MOST = 50
"""How many releases `$every` spans: the newest."""
_PARAMETER = re.compile(r"\$([a-z_]+)")
_ELSEWHERE = re.compile(r'"([a-z_]+)@\$(before|both|every)"')
_BOTH = "(SELECT true AS now, * FROM {table} UNION ALL BY NAME SELECT false AS now, * FROM {other})"
_RELEASE = re.compile(r"v[0-9]+")
Value = str | int | float | None
"""Of a $parameter."""


def names() -> list[str]:
    """Return the names of all queries, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


@cache
def text(name: str) -> str:
    """Return the SQL of a query as its file holds it."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip()


def resolve(name: str, before: str | None, releases: Mapping[str, Collection[str]]) -> str:
    """Return the SQL of a query with the tables of other releases written in.

    Args:
        name: of the query.
        before: the release that `$before` means; where there is none, its tables are empty.
        releases: every release, newest last, with the names of its tables.

    Raises:
        KeyError: `before` is no release.
        ValueError: a release has a name that may not be written into SQL.
    """

    def source(match: re.Match[str]) -> str:
        table, which = match[1], match[2]
        spanned = list(releases)[-MOST:] if which == "every" else [before]
        holding = [release for release in spanned if release is not None and table in releases[release]]
        if not all(_RELEASE.fullmatch(release) for release in holding):
            raise ValueError(f"no names of releases: {holding}")
        if which != "every":
            other = f'"{table}@{holding[0]}"' if holding else f"(FROM {table} LIMIT 0)"
            return other if which == "before" else _BOTH.format(table=table, other=other)
        parts = [f"SELECT '{release}' AS release, * FROM \"{table}@{release}\"" for release in holding]  # noqa: S608
        none = f"SELECT NULL::VARCHAR AS release, * FROM {table} LIMIT 0"  # noqa: S608
        return f"({' UNION ALL BY NAME '.join(parts) or none})"

    return _ELSEWHERE.sub(source, text(name))


def parameters(name: str) -> set[str]:
    """Return the names of a query's $parameters."""
    return set(_PARAMETER.findall(_ELSEWHERE.sub("", text(name))))


def inline(sql: str, values: Mapping[str, Value]) -> str:
    """Write values into SQL, for a person to read and run elsewhere; it is never run like that here."""
    return _PARAMETER.sub(lambda match: _literal(values[match[1]]), sql)


def _literal(value: Value) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
