"""One project whose models are of every kind: one release, in which all subjects lie in one space."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import taskatlas
from taskatlas.flows.atlas import atlas
from taskatlas.predict.reading import label_of
from taskatlas.predict.render import InputRow
from taskatlas.registry.load import load
from tests.support import checkpoints
from tests.support.cards import change_card
from tests.support.endpoint import USAGE, Body, Handler, Server, running, says, text_of
from tests.support.places import ROOT
from tests.support.projects import GOOD, sentences, write_card, write_project, write_recorded

SENTIMENT = {"families": ["sentiment"]}
CHOICES = {"negative": "bad", "positive": "good"}


def judges(handler: Handler, body: Body) -> None:
    """A server that knows good words."""
    says("good" if set(text_of(body).split()) & set(GOOD) else "it is bad")(handler, body)


def write_kinds(folder: Path, server: Server) -> Path:
    """The made-up project with a model of each further kind."""
    write_project(folder)
    texts = sentences(60, 3, ["lovely", "great", "kind", "warm", "bright", "awful", "cold", "cruel", "dull", "broken"])
    answers = ["positive" if place % 3 else "negative" for place in range(60)]
    write_recorded(folder, "kept", [{"text": t, "output": a} for t, a in zip(texts, answers, strict=True)],
                   min_coverage=0.5)  # fmt: skip
    write_card(folder, "models", "vader", kind="callable", entry_point="taskatlas.predict.vader:vader",
               package="vaderSentiment", revision="3.3.2", labels=["negative", "positive"], **SENTIMENT)  # fmt: skip
    named = {"id2label": {0: "negative", 1: "positive"}, "label2id": {"negative": 0, "positive": 1}}
    weights = checkpoints.bert("BertForSequenceClassification", folder / "w-classifier", **named).model_dump()
    write_card(folder, "models", "tuned", kind="classifier", weights=weights, labels=["negative", "positive"],
               **SENTIMENT)  # fmt: skip
    weights = checkpoints.bert("BertForQuestionAnswering", folder / "w-span").model_dump()
    write_card(folder, "models", "points", kind="span", weights=weights, question="was it good ?")
    chat = checkpoints.causal(folder / "w-chat", chat=True).model_dump()
    write_card(folder, "models", "chat", kind="causal", weights=chat, chat=True, baseline="N/A")
    write_card(folder, "models", "writer", kind="causal", weights=chat, mode="generate", max_tokens=3, stop=[])
    t5 = checkpoints.seq2seq(folder / "w-t5").model_dump()
    write_card(folder, "models", "t5", kind="seq2seq", weights=t5, length="token")
    write_card(folder, "models", "served", kind="endpoint", url=server.url, model="judge", revision="1",
               prompt_price=2.0, completion_price=8.0)  # fmt: skip
    likes = {"models": ["chat", "writer", "t5", "served"], **SENTIMENT}
    write_card(folder, "prompts", "likes", template="review : {{ text }} ; was it good ?", choices=CHOICES,
               verbalisers={"positive": ["great", "kind"]}, system="you are kind", **likes)  # fmt: skip
    nearest = {"choose": "nearest", "dataset": "mood", "count": 2, "separator": " . "}
    write_card(folder, "prompts", "shots", choices=CHOICES, demonstrations=nearest, models=["chat", "t5"], **SENTIMENT)
    write_card(folder, "prompts", "free", template="{{ text }} ; answer :", models=["writer", "served"])
    for name in ("plain", "warm"):
        change_card(folder / "prompts" / f"{name}.yaml", models=["enc"])
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        found.usual = judges
        yield found


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, prefect_server: str, server: Server) -> tuple[Path, dict[str, Any]]:
    folder = write_kinds(tmp_path_factory.mktemp("kinds") / "project", server)
    return folder, atlas(project=str(folder), device="cpu")


SUBJECTS = {
    "enc/plain": "classes", "enc/warm": "classes", "probe": "classes", "kept": "classes", "vader": "classes",
    "tuned": "classes", "points": "text", "chat/likes": "classes", "writer/likes": "text", "writer/free": "text",
    "t5/likes": "classes", "served/likes": "text", "served/free": "text", "chat/shots": "classes",
    "t5/shots": "classes",
}  # fmt: skip


def test_every_subject_lies_in_one_space(mixed: tuple[Path, dict[str, Any]]) -> None:
    folder, result = mixed
    assert (result["release"], result["created"]) == ("v1", True)
    opened = taskatlas.open(folder)
    kinds = {row["subject"]: row["output_kind"] for row in opened.sql("SELECT * FROM subjects").to_pylist()}
    assert kinds == SUBJECTS
    rows = opened.sql("SELECT entity, space FROM embeddings WHERE entity_kind = 'subject' AND method = 'crosscov'")
    flagged = opened.sql("SELECT origin FROM quality WHERE origin_kind = 'subject'")["origin"].to_pylist()
    found = {row["entity"] for row in rows.to_pylist()}
    assert found | set(flagged) == set(SUBJECTS)
    assert len({row["space"] for row in rows.to_pylist()}) == 1
    # random weights may say the same to every text, and then there is a reason and no vector
    assert len(found) >= 13
    assert {"served/likes", "served/free"} <= found


def test_what_is_written_is_kept_and_scored_by_the_label_that_it_means(mixed: tuple[Path, dict[str, Any]]) -> None:
    opened, registry = taskatlas.open(mixed[0]), load(mixed[0])
    rows = opened.sql("SELECT * FROM predictions WHERE subject = 'writer/likes'").to_pylist()
    assert all(row["label"] == label_of(row["output"], registry.prompts["likes"], InputRow("")) for row in rows)
    scored = opened.sql("SELECT DISTINCT subject FROM scores WHERE dataset = 'mood'")["subject"].to_pylist()
    assert {"enc/plain", "vader", "tuned", "chat/likes", "writer/likes", "t5/likes", "served/likes"} <= set(scored)
    assert not {"points", "writer/free", "served/free"} & set(scored)


def test_answers_that_mean_no_label_and_texts_that_were_cut_are_counted(mixed: tuple[Path, dict[str, Any]]) -> None:
    opened = taskatlas.open(mixed[0])
    rows = opened.sql(
        "SELECT origin, expectation, success, n, n_unexpected FROM quality "
        "WHERE table_name = 'predictions' AND origin_kind = 'subject'"
    )
    found = {(row["origin"], row["expectation"]): row for row in rows.to_pylist()}
    cut, meant = "expect_texts_to_be_read_whole", "expect_answers_to_mean_a_label"
    of_writers = {("writer/likes", cut), ("writer/likes", meant), ("writer/free", cut), ("served/likes", meant)}
    assert set(found) == of_writers | {
        (f"{model}/{name}", cut) for model in ("chat", "t5") for name in ("likes", "shots")
    }
    labels = opened.sql("SELECT count(*) - count(label) AS n FROM predictions WHERE subject = 'writer/likes'")
    row = found["writer/likes", meant]
    assert row["n_unexpected"] >= labels["n"][0].as_py() > 0, "a text of two datasets is answered for each"
    assert not row["success"]
    assert found["writer/free", cut]["n"] == 60, "it is asked the corpus alone"


def test_probabilities_are_those_of_labels(mixed: tuple[Path, dict[str, Any]]) -> None:
    found = taskatlas.open(mixed[0]).sql(
        "SELECT subject, min(len(probabilities)) AS low, max(len(probabilities)) AS high FROM predictions "
        "WHERE subject IN ('chat/likes', 'chat/shots', 't5/likes', 'tuned') GROUP BY subject"
    )
    assert {(row["low"], row["high"]) for row in found.to_pylist()} == {(2, 2)}


def test_how_prompts_show_demonstrations_is_in_the_release(mixed: tuple[Path, dict[str, Any]]) -> None:
    found = taskatlas.open(mixed[0]).sql("SELECT prompt, COLUMNS('demonstr') FROM prompts ORDER BY prompt").to_pylist()
    shown = {row.pop("prompt"): tuple(row.values()) for row in found}
    assert shown == {"shots": ("nearest", "mood", 2)} | dict.fromkeys(
        ("free", "likes", "plain", "warm"), (None, None, 0)
    )


def test_what_a_servers_answers_took_is_in_the_release(mixed: tuple[Path, dict[str, Any]], server: Server) -> None:
    opened = taskatlas.open(mixed[0])
    tests = opened.sql("SELECT count(*) AS n FROM examples WHERE split = 'test'")["n"][0].as_py()
    rows = [row for row in map(untimed, opened.sql("FROM costs ORDER BY subject").to_pylist()) if row["requests"]]
    assert rows == [cost_of("served/free", 60), cost_of("served/likes", 60 + tests)]
    assert sum(row["requests"] for row in rows) == len(server.asked)
    told = opened.sql("FROM quality WHERE table_name = 'costs'").to_pylist()
    assert told
    assert all(row["success"] for row in told)


TIMES = ("timed", "seconds_median", "seconds_p95")


def untimed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table costs without what hangs on the machine."""
    return {name: value for name, value in row.items() if name not in TIMES}


def test_how_long_answers_took_is_in_the_release(mixed: tuple[Path, dict[str, Any]]) -> None:
    opened = taskatlas.open(mixed[0])
    rows = {row["subject"]: row for row in opened.sql("FROM costs").to_pylist()}
    recorded = opened.sql(
        "SELECT s.subject FROM subjects AS s JOIN models AS m ON m.model = s.model WHERE m.kind = 'recorded'"
    )["subject"].to_pylist()
    subjects = opened.sql("SELECT subject FROM subjects")["subject"].to_pylist()
    assert rows.keys() == set(subjects) - set(recorded), "all but recorded outputs, whose time nobody knows"
    for row in rows.values():
        assert 0 < row["timed"] <= 2 * row["answers"]
        assert 0 <= row["seconds_median"] <= row["seconds_p95"]


def test_answers_that_are_made_anew_take_another_time_and_make_no_release(
    mixed: tuple[Path, dict[str, Any]], server: Server
) -> None:
    (folder, _), asked = mixed, len(server.asked)
    for path in (folder / "warehouse/parts/predictions").glob("*.parquet"):
        path.unlink()
    again = atlas(project=str(folder), device="cpu")
    assert (again["release"], again["created"], len(server.asked)) == ("v1", False, asked)


def cost_of(subject: str, answers: int, price: float = 2.0) -> dict[str, Any]:
    """A row of the table costs, where each answer took one request."""
    prompt, completion = answers * USAGE["prompt_tokens"], answers * USAGE["completion_tokens"]
    counts = {"answers": answers, "shared": 0, "requests": answers, "uncounted": 0}
    cost = pytest.approx((prompt * price + completion * 8.0) / 1e6)
    return {"subject": subject, **counts, "prompt_tokens": prompt, "completion_tokens": completion, "cost": cost}


def test_the_sql_about_costs_works(mixed: tuple[Path, dict[str, Any]]) -> None:
    (query,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/endpoints.md").read_text(encoding="utf-8"), re.DOTALL)
    rows = taskatlas.open(mixed[0]).sql(query).to_pylist()
    assert {(row["subject"], row["dataset"]) for row in rows} == {("served/likes", "mood"), ("served/likes", "feel")}
    assert all(row["accuracy"] > 0.6 and row["cost"] > 0 and row["tokens"] > 0 for row in rows)


def test_nothing_is_answered_again(mixed: tuple[Path, dict[str, Any]], server: Server) -> None:
    asked = len(server.asked)
    again = atlas(project=str(mixed[0]), device="cpu")
    assert (again["release"], again["created"], again["computed"]) == ("v1", False, 0)
    assert len(server.asked) == asked


def test_another_price_makes_a_release_and_asks_nothing(mixed: tuple[Path, dict[str, Any]], server: Server) -> None:
    (folder, _), asked = mixed, len(server.asked)
    change_card(folder / "models" / "served.yaml", prompt_price=4.0)
    again = atlas(project=str(folder), device="cpu")
    assert (again["release"], again["computed"], len(server.asked)) == ("v2", 0, asked)
    opened = taskatlas.open(folder)
    sql = "FROM {} WHERE subject = 'served/free'"
    for table, price in (("costs", 4.0), ('"costs@v1"', 2.0)):
        assert list(map(untimed, opened.sql(sql.format(table)).to_pylist())) == [cost_of("served/free", 60, price)]


def test_a_changed_prompt_is_another_subject_of_the_same_name(mixed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = mixed
    sql = "SELECT subject_id FROM subjects WHERE subject = 't5/likes'"
    before = taskatlas.open(folder).sql(sql).to_pylist()
    change_card(folder / "prompts" / "likes.yaml", verbalisers={"positive": ["great"]})
    assert atlas(project=str(folder), device="cpu")["release"] == "v3"
    assert taskatlas.open(folder).sql(sql).to_pylist() != before
