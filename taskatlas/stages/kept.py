"""Answers that are kept where a text set changed: those to texts that are still in it are not asked for again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.errors import StoreError
from taskatlas.plan.items import AnswerSet
from taskatlas.predict.needs import Needs
from taskatlas.predict.predict import SubjectAnswers, distinct
from taskatlas.store.parts import Parts

_RECOUNTED = {"unmapped", "halved"}
"""Counts that answers and texts tell themselves. Where something else was counted, nobody knows of which texts."""


@dataclass(frozen=True)
class KeptAnswers:
    """What a subject has answered of a text set before.

    Attributes:
        rows: its answers, in the schema of TABLES['predictions'].
        seconds: seconds per answer → how many took them, of all answers of that time.
        counted: names of what was counted of them.
    """

    rows: pa.Table
    seconds: Mapping[str, int]
    counted: frozenset[str]

    @property
    def text_ids(self) -> tuple[str, ...]:
        """The texts that are answered."""
        return tuple(self.rows["text_id"].to_pylist())


def kept_answers(parts: Parts, answers: AnswerSet, texts: pa.Table) -> KeptAnswers | None:
    """Return the answers to texts of `texts` that are there from before; None where there are none.

    Only answers of which nothing was counted but how many mean no label are kept: of others, as those that were cut,
    nobody knows to which texts they belong. What servers answered is in their ledger, and is found again there.
    """
    for key in answers.earlier:
        manifest = manifest_of_answers(parts, key)
        counts = manifest.get("counts", {}) if manifest else {}
        if manifest is None or any(n for name, n in counts.items() if name not in _RECOUNTED):
            continue
        rows = parts.read("predictions", key)
        rows = rows.filter(pc.is_in(rows["text_id"], texts["text_id"].combine_chunks()))
        if rows.num_rows:
            return KeptAnswers(rows, manifest.get("seconds", {}), frozenset(counts))
    return None


def without(texts: pa.Table, text_ids: Iterable[str]) -> pa.Table:
    """Return the texts but for those."""
    return texts.filter(pc.invert(pc.is_in(texts["text_id"], pa.array(list(text_ids), pa.string()))))


def joined(
    kept: KeptAnswers, made: SubjectAnswers | None, texts: pa.Table, needs: Needs | None = None
) -> SubjectAnswers:
    """Return all answers of a subject in the order of the texts.

    Args:
        kept: from before.
        made: now; None where there was nothing to answer.
        texts: the whole text set.
        needs: what texts are split for.
    """
    rows = kept.rows if made is None else pa.concat_tables([kept.rows, made.rows])
    place = {text_id: index for index, text_id in enumerate(texts["text_id"].to_pylist())}
    order = sorted(range(rows.num_rows), key=[place[each] for each in rows["text_id"].to_pylist()].__getitem__)
    anew = {
        "unmapped": rows["label"].null_count,
        "halved": sum(bool(needs.lacking(each)) for each in distinct(texts)) if needs else 0,
    }
    counts = dict.fromkeys(kept.counted, 0) | (dict(made.counts) if made else {})
    counts |= {name: n for name, n in anew.items() if name in counts}
    seconds = {float(each): n for each, n in kept.seconds.items()}
    for each, n in (made.seconds if made else {}).items():
        seconds[each] = seconds.get(each, 0) + n
    return SubjectAnswers(rows.take(order), counts, seconds)


def manifest_of_answers(parts: Parts, key: str) -> dict[str, Any] | None:
    """Return what is noted with answers; None where they are gone, which costs no more than they did."""
    try:
        return parts.manifest("predictions", key) if parts.has("predictions", key) else None
    except StoreError:
        return None
