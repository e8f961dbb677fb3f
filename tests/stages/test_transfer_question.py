"""The question transfer: rankings of sources against what was measured, with the target left out."""

from __future__ import annotations

from typing import Any

import pytest

from taskatlas.stages.questions.transfer import TransferCase, transfer_rows

NAMES = [f"d{at}" for at in range(6)]
SCORES = {
    target: {source: 0.5 + 0.08 * place for place, source in enumerate(NAMES) if source != target} for target in NAMES
}
GAINS = {target: {source: score - 0.6 for source, score in of.items()} for target, of in SCORES.items()}
KINDS = {name: place % 2 for place, name in enumerate(NAMES)}


def reached(**changed: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    right = {(target, source): score for target, of in SCORES.items() for source, score in of.items()}
    known = {
        "scores": SCORES, "gains": GAINS, "kinds": KINDS, "likeness": lambda: SCORES, "forecast": dict,
        "near": {"crosscov": right, "text": {pair: -score for pair, score in right.items()}},
    }  # fmt: skip
    rows = transfer_rows(TransferCase(**{**known, **changed}))
    return {(row["benchmark"], row["method"], row["metric"]): row for row in rows}


def test_the_right_order_is_the_oracles_and_the_turned_one_the_worst():
    rows = reached()
    for way in ("oracle", "likeness", "cosine crosscov", "mean elsewhere"):
        assert rows["transfer", way, "ndcg"]["value"] == pytest.approx(1.0), way
        assert rows["transfer", way, "regret_1"]["value"] == 0.0, way
    turned, random = (rows["transfer", way, "ndcg"]["value"] for way in ("cosine text", "random"))
    assert turned < random < 1.0
    assert rows["transfer", "cosine text", "regret_1"]["value"] == pytest.approx(
        sum((max(of.values()) - min(of.values())) / max(of.values()) for of in SCORES.values()) / len(SCORES)
    )
    assert rows["transfer", "cosine crosscov", "ndcg"]["baseline"] == "mean elsewhere"
    assert ("transfer", "forecast of transfers", "ndcg") not in rows, "it says nothing"


def test_in_class_sources_are_of_the_targets_kind():
    assert not any(benchmark == "transfer_in_class" for benchmark, _, _ in reached()), "two of each kind are too few"
    rows = reached(kinds=dict.fromkeys(NAMES[:5], 0) | {NAMES[5]: 1})
    assert rows["transfer_in_class", "oracle", "ndcg"]["n"] == 5


def test_what_was_measured_with_the_target_ranks_nobody():
    odd = {**GAINS, "d0": {source: -gain for source, gain in GAINS["d0"].items()}}
    assert reached(gains=odd)["transfer", "mean elsewhere", "ndcg"]["value"] == pytest.approx(
        reached()["transfer", "mean elsewhere", "ndcg"]["value"], abs=0.3
    )
    alone = {"d0": odd["d0"], "d1": {}}
    rows = reached(scores={"d0": SCORES["d0"]}, gains=alone)
    assert ("transfer", "mean elsewhere", "ndcg") not in rows, "nothing is known elsewhere"


def test_of_too_few_sources_nothing_is_asked():
    assert reached(scores={"d0": {"d1": 0.5, "d2": 0.6}}) == {}
