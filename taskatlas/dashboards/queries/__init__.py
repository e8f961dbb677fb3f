"""The named queries: queries/NAME.sql holds one statement, and its first line says in a comment what it answers.

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
"""What may stand for a $name in a query."""


def names() -> list[str]:
    """The names of all queries."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


@cache
def text(name: str) -> str:
    """The SQL of a query."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip()


def placed(name: str, before: str | None, releases: Mapping[str, Collection[str]]) -> str:
    """The SQL of a query with the tables of other releases in place.

    Args:
        name: of the query.
        before: the release that `$before` means; where there is none, its tables are empty.
        releases: every release, newest last, with the names of its tables.
    """

    def table(found: re.Match[str]) -> str:
        wanted = list(releases)[-MOST:] if found[2] == "every" else [before]
        held = [release for release in wanted if release is not None and found[1] in releases[release]]
        if not all(_RELEASE.fullmatch(release) for release in held):
            raise ValueError(f"no names of releases: {held}")
        if found[2] != "every":
            other = f'"{found[1]}@{held[0]}"' if held else f"(FROM {found[1]} LIMIT 0)"
            return other if found[2] == "before" else _BOTH.format(table=found[1], other=other)
        parts = [f"SELECT '{release}' AS release, * FROM \"{found[1]}@{release}\"" for release in held]  # noqa: S608
        none = f"SELECT NULL::VARCHAR AS release, * FROM {found[1]} LIMIT 0"  # noqa: S608
        return f"({' UNION ALL BY NAME '.join(parts) or none})"

    return _ELSEWHERE.sub(table, text(name))


def parameters(name: str) -> set[str]:
    """The names of its $parameters."""
    return set(_PARAMETER.findall(_ELSEWHERE.sub("", text(name))))


def filled(sql: str, values: Mapping[str, Value]) -> str:
    """SQL with its values written in, for a person to read and run elsewhere; it is never run like that here."""
    return _PARAMETER.sub(lambda found: _literal(values[found[1]]), sql)


def _literal(value: Value) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
