"""The rows of any query as Python holds them: every column under a name of its own, and every value, whatever its type.

SQL has more than Python: two columns of one name, times of infinity and of the year 294247, maps whose keys are lists.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa

_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY_SECONDS = 86_400
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
"""After which the calendar is the same again."""
_INFINITE = {2**31 - 1, 2**63 - 1}
"""How DuckDB writes infinity, as days or as a time."""


def with_names(table: pa.Table) -> pa.Table:
    """Give each column a name of its own: `SELECT 1 AS a, 2 AS a` gives a and a_1."""
    names: list[str] = []
    for name in table.schema.names:
        count, unique = 0, name or "column"
        while unique in names:
            count, unique = count + 1, f"{name or 'column'}_{count + 1}"
        names.append(unique)
    return table.rename_columns(names)


def values_of(column: pa.ChunkedArray | pa.Array, *, dicts: bool = False) -> list[Any]:
    """Return the values of a column; a time that Python cannot hold becomes text.

    Args:
        column: of any type.
        dicts: whether a map becomes a dict, instead of its pairs.
    """
    if not _is_misread(column.type):
        try:
            whole: list[Any] = column.to_pylist(maps_as_pydicts="strict" if dicts else None)
        except (ValueError, OverflowError, TypeError, KeyError):
            pass  # one of them cannot be held: each by itself
        else:
            return whole
    return [_value(scalar, dicts=dicts) for scalar in column]


def _value(scalar: pa.Scalar, *, dicts: bool) -> Any:
    if not scalar.is_valid:
        return None
    kind = scalar.type
    if pa.types.is_map(kind):
        pairs = [(_value(entry[0], dicts=dicts), _value(entry[1], dicts=dicts)) for entry in scalar.values]
        return {_key(key): value for key, value in pairs} if dicts else pairs
    if pa.types.is_struct(kind):
        return {kind.field(place).name: _value(scalar[place], dicts=dicts) for place in range(kind.num_fields)}
    if pa.types.is_union(kind):
        return _value(scalar.value, dicts=dicts)
    if kind.num_fields:  # lists of every make
        return [_value(inner, dicts=dicts) for inner in scalar.values]
    return _time(scalar) if pa.types.is_temporal(kind) else scalar.as_py()


def _key(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value


def _time(scalar: pa.Scalar) -> Any:
    """Return a date or a time; as text, as DuckDB writes it, where Python has none."""
    kind, dated = scalar.type, pa.types.is_date(scalar.type) or pa.types.is_timestamp(scalar.type)
    if dated and abs(scalar.value) in _INFINITE:
        return "infinity" if scalar.value > 0 else "-infinity"
    if pa.types.is_time(kind) and scalar.value >= _DAY_SECONDS * _SECOND[kind.unit]:
        return "24:00:00"
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return _far_day(scalar) if dated else str(scalar.value)


def _far_day(scalar: pa.Scalar) -> str:
    """Write a date, with its time if it has one, of a year that Python does not know."""
    kind = scalar.type
    if pa.types.is_date(kind):
        days, hours = scalar.cast(pa.date32()).value, ""
    else:
        whole, part = divmod(scalar.value, _SECOND[kind.unit])
        days, seconds = divmod(whole, _DAY_SECONDS)
        fraction = f".{part:0{len(str(_SECOND[kind.unit])) - 1}d}" * bool(part)
        hours = f" {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
    cycles, days = divmod(days, _CYCLE_DAYS)
    day = date(1970, 1, 1) + timedelta(days)
    year = day.year + _CYCLE_YEARS * cycles
    return f"{year if year > 0 else 1 - year:04d}-{day:%m-%d}{hours}{' (BC)' * (year < 1)}"


def _is_misread(kind: pa.DataType) -> bool:
    """Whether a type holds values of which pyarrow makes others without a word: 24:00 becomes 00:00, and infinity in
    nanoseconds the year 2262."""
    if pa.types.is_time(kind) or (pa.types.is_timestamp(kind) and kind.unit == "ns"):
        return True
    return any(_is_misread(kind.field(place).type) for place in range(kind.num_fields))
