import pytest

from taskatlas.dashboards.queries import resolve
from taskatlas.store.reader import Reader
from tests.support.releases import publish
from tests.support.tables import empty, rows

ONE, OTHER = "<script>alert(1)</script> subject", 'it\'s "5"; -- DROP subject'
PAIR = {"one": ONE, "other": OTHER}


@pytest.fixture
def reader(project):
    return Reader(project / "warehouse" / "catalog.duckdb")


def frame(page, *columns):
    """The first table of the page that has these columns."""
    return next(element.value for element in page.dataframe if set(columns) <= set(element.value.columns))


def said(page):
    return "\n".join(
        str(element.value) for kind in (page.text, page.markdown, page.caption, page.info) for element in kind
    )


def test_two_subjects(project, draw, reader):
    page = draw("compare", project, subject_a=ONE, subject_b=OTHER)
    assert not page.exception
    assert (page.selectbox(key="subject_a").value, page.selectbox(key="subject_b").value) == (ONE, OTHER)
    cosines = frame(page, "cosine").set_index("space")["cosine"]
    vectors = {
        (row["space"], row["entity"]): row["vector"]
        for row in reader.sql("FROM embeddings WHERE entity_kind = 'subject'").to_pylist()
    }
    assert len(cosines) == 3
    for space, cosine in cosines.items():
        own, others = vectors[space, ONE], vectors[space, OTHER]
        assert cosine == pytest.approx(sum(a * b for a, b in zip(own, others, strict=True)), abs=1e-5)
    scores = frame(page, "measured_one").set_index(["dataset", "metric"])
    for table, kind in (("scores", "measured"), ("forecasts", "forecast")):
        for name, side in ((ONE, "one"), (OTHER, "other")):
            for row in reader.sql(f"FROM {table} WHERE subject = $1", (name,)).to_pylist():
                assert scores.loc[(row["dataset"], row["metric"]), f"{kind}_{side}"] == row["value"]
    assert (scores["forecast_difference"] == scores["forecast_one"] - scores["forecast_other"]).all()
    near = frame(page, "similarity_other")
    best = reader.sql("FROM neighbors WHERE entity = $1 AND rank = 1 ORDER BY space, neighbor_kind", (OTHER,))
    assert near[near["rank"] == 1]["other"].tolist() == best["neighbor"].to_pylist()


def test_where_two_subjects_answer_differently(project, draw, reader):
    page = draw("compare", project, subject_a=ONE, subject_b=OTHER)
    answers = {
        name: {
            row["text_id"]: row["label"]
            for row in reader.sql("SELECT text_id, label FROM predictions WHERE subject = $1", (name,)).to_pylist()
        }
        for name in (ONE, OTHER)
    }
    texts = reader.sql("FROM examples").to_pylist()
    agreement = frame(page, "origin", "same").set_index("origin")
    assert set(agreement.index) == {row["origin"] for row in texts}
    for origin, row in agreement.iterrows():
        own = [text for text in texts if text["origin"] == origin]
        equal = sum(answers[ONE][text["text_id"]] == answers[OTHER][text["text_id"]] for text in own)
        right = sum(answers[ONE][text["text_id"]] == text["label"] for text in own)
        assert (row["texts"], row["same"], row["differ"]) == (len(own), equal / len(own), len(own) - equal)
        assert row["right_one"] == right / len(own)
    kind, origin = page.selectbox(key="origin").value
    assert kind == "dataset"
    shown = frame(page, "text", "one", "other")
    by_text = {text["text"]: text for text in texts}
    assert len(shown) == agreement.loc[origin, "differ"] > 0
    for row in shown.to_dict("records"):
        text = by_text[row["text"]]
        assert (text["origin"], text["label"]) == (origin, row["label"])
        assert (row["one"], row["other"]) == (answers[ONE][text["text_id"]], answers[OTHER][text["text_id"]])
        assert row["one"] != row["other"]
    other = page.selectbox(key="origin").options[1]
    page = draw("compare", project, subject_a=ONE, subject_b=OTHER, origin=other)
    assert " ".join(page.selectbox(key="origin").value) == other
    assert {by_text[text]["origin"] for text in frame(page, "text", "one")["text"]} == {other.removeprefix("dataset ")}


def test_drift_is_the_cosine_with_the_newest_release(reader):
    releases = {row["release"]: ["embeddings"] for row in reader.releases().to_pylist()}
    drift = reader.sql(resolve("compare_drift", "v1", releases), PAIR | {"since": 1}).to_pylist()
    assert len(drift) == 2 * 2 * 3
    for row in drift:
        own = "SELECT vector FROM \"embeddings@{}\" WHERE space = $1 AND entity_kind = 'subject' AND entity = $2"
        vectors = [
            reader.sql(own.format(name), (row["space"], row["subject"]))["vector"][0].as_py()
            for name in (row["release"], "v2")
        ]
        assert row["cosine"] == pytest.approx(sum(a * b for a, b in zip(*vectors, strict=True)), abs=1e-5)
    late = reader.sql(resolve("compare_drift", "v1", releases), PAIR | {"since": 2}).to_pylist()
    assert {row["release"] for row in late} == {"v2"}
    assert [row["cosine"] for row in late] == pytest.approx([1.0] * 6)


def test_scores_of_every_release_are_drawn(project, draw, reader):
    page = draw("compare", project, subject_a=ONE, subject_b=OTHER, scored="dataset-0, accuracy")
    assert page.selectbox(key="scored").value == ("dataset-0", "accuracy")
    releases = {row["release"]: ["scores", "forecasts"] for row in reader.releases().to_pylist()}
    values = PAIR | {"dataset": "dataset-0", "metric": "accuracy", "since": 1}
    history = reader.sql(resolve("compare_history", None, releases), values).to_pylist()
    for release in releases:
        for table, kind in (("scores", "measured"), ("forecasts", "forecast")):
            held = reader.sql(
                f"SELECT subject, value FROM \"{table}@{release}\" WHERE dataset = 'dataset-0' AND metric = 'accuracy'"
            )
            own = {row["subject"]: row["value"] for row in held.to_pylist() if row["subject"] in PAIR.values()}
            rows = [row for row in history if (row["release"], row["score"]) == (release, kind)]
            assert {row["subject"]: row["value"] for row in rows} == own


def test_two_prompts_are_compared_through_one_model(project, draw, reader):
    pair = reader.sql(
        "SELECT a.prompt AS one, b.prompt AS other, a.subject AS s_one, b.subject AS s_other, a.model "
        "FROM subjects AS a JOIN subjects AS b ON a.model = b.model AND a.prompt < b.prompt ORDER BY ALL LIMIT 1"
    ).to_pylist()[0]
    page = draw("compare", project, what="Prompts", prompt_a=pair["one"], prompt_b=pair["other"])
    assert not page.exception
    assert page.selectbox(key="model").value == pair["model"]
    cards = reader.sql("FROM prompts WHERE prompt IN ($1, $2)", (pair["one"], pair["other"])).to_pylist()
    assert {card["template"] for card in cards} <= {code.value for code in page.code}
    assert f"A: {pair['s_one']}" in said(page)
    assert f"B: {pair['s_other']}" in said(page)
    assert len(frame(page, "cosine")) == 3


def test_prompts_without_a_common_model(project, draw, reader):
    pair = reader.sql(
        "SELECT a.prompt AS one, b.prompt AS other FROM subjects AS a JOIN subjects AS b ON a.model <> b.model "
        "WHERE a.prompt IS NOT NULL AND b.prompt IS NOT NULL ORDER BY ALL LIMIT 1"
    ).to_pylist()[0]
    page = draw("compare", project, what="Prompts", prompt_a=pair["one"], prompt_b=pair["other"])
    assert "No model answers with both" in said(page)
    assert not page.exception


def test_two_releases(project, draw, reader):
    page = draw("compare", project, what="Releases")
    assert page.selectbox(key="against").value == "v1"
    assert "Both hold the same" in said(page)
    moved = frame(page, "gain")
    for row in moved.to_dict("records"):
        table = {"measured": "scores", "forecast": "forecasts"}[row["what"]]
        values = [
            reader.sql(
                f'SELECT value FROM "{table}@{release}" WHERE subject = $1 AND dataset = $2 AND metric = $3',
                (row["subject"], row["dataset"], row["metric"]),
            )["value"][0].as_py()
            for release in ("v1", "v2")
        ]
        assert [row["before"], row["now"]] == values
    drifted = frame(page, "cosine")
    vectors = 'SELECT space, entity_kind, entity, vector FROM "embeddings@{}" ORDER BY 1, 2, 3'
    then, now = (reader.sql(vectors.format(name)).to_pylist() for name in ("v1", "v2"))
    cosines = [
        sum(a * b for a, b in zip(old["vector"], new["vector"], strict=True))
        for old, new in zip(then, now, strict=True)
    ]
    assert drifted["cosine"].tolist() == pytest.approx(sorted(cosines), abs=1e-5)


def test_an_older_release_beside_a_newer_one(project, draw):
    page = draw("compare", project, what="Releases", release="v1")
    assert page.selectbox(key="against").value == "v2"
    assert "from **v1** to **v2**" in said(page)
    newer = frame(draw("compare", project, what="Releases"), "gain")
    assert frame(page, "gain").equals(newer)


def test_subjects_without_a_label_in_common_are_not_said_to_differ(tmp_path, draw):
    texts = [
        {"origin_kind": "corpus", "origin": "c", "split": "corpus", "text_id": f"t{i}", "text": f"text {i}"}
        for i in range(2)
    ]
    words = {"a": ["Neg", "Pos"], "b": ["0", "1"], "c": ["neg", "pos"]}
    content = {
        "subjects": rows("subjects", *({"subject": name, "labels": labels} for name, labels in words.items())),
        "examples": rows("examples", *(text | {"label": None, "value": None, "text_pair": None} for text in texts)),
        "predictions": rows(
            "predictions",
            *(
                {"subject": name, "text_id": f"t{i}", "output": label, "value": None, "label": label}
                for name, labels in words.items()
                for i, label in enumerate(labels)
            ),
        ),
    }
    publish(tmp_path, empty() | content, "labels")
    page = draw("compare", tmp_path, subject_a="a", subject_b="b")
    row = frame(page, "origin", "same").iloc[0]
    assert row["texts"] == 2
    assert row[["same", "differ"]].isna().all()
    assert "no label in common" in said(page)
    assert frame(page, "text", "one")[["one", "other"]].values.tolist() == [["Neg", "0"], ["Pos", "1"]]
    page = draw("compare", tmp_path, subject_a="a", subject_b="c")
    assert frame(page, "origin", "same").iloc[0]["same"] == 1.0
    assert "They answer every text the same." in said(page)


def test_the_same_twice_and_nothing_at_all(project, tmp_path, draw):
    page = draw("compare", project, subject_a=ONE, subject_b=ONE)
    assert "the same subject" in said(page)
    publish(tmp_path / "project", empty(), "none")
    for what, notice in (("Subjects", "has 0"), ("Prompts", "has 0"), ("Releases", "one release so far")):
        page = draw("compare", tmp_path / "project", what=what)
        assert not page.exception
        assert notice in said(page)


def test_subjects_about_which_nothing_is_known(tmp_path, draw):
    publish(tmp_path / "project", empty() | {"subjects": rows("subjects", {"subject": "a"}, {"subject": "b"})}, "bare")
    page = draw("compare", tmp_path / "project")
    assert not page.exception
    for notice in ("no vector in a common space", "Neither is measured", "no text that both", "nothing can drift"):
        assert notice in said(page)
    assert "one release so far" in said(page)


def test_numbers_are_compared_by_how_far_they_are_apart(tmp_path, draw):
    texts = [
        {"origin_kind": "dataset", "origin": "d", "split": "test", "text_id": f"t{i}", "text": f"text {i}"}
        for i in range(3)
    ]
    said_by = {"a": (0.0, 0.5, 1.0), "b": (0.25, 0.5, 0.0)}
    content = {
        "subjects": rows("subjects", *({"subject": name} for name in said_by)),
        "examples": rows("examples", *(text | {"label": None, "value": 0.125, "text_pair": None} for text in texts)),
        "predictions": rows(
            "predictions",
            *(
                {
                    "subject": name,
                    "text_id": f"t{i}",
                    "output": str(value),
                    "value": value,
                    "label": None,
                    "probabilities": None,
                }
                for name, values in said_by.items()
                for i, value in enumerate(values)
            ),
        ),
    }
    publish(tmp_path / "project", empty() | content, "numbers")
    page = draw("compare", tmp_path / "project")
    row = frame(page, "apart").iloc[0]
    assert (row["texts"], row["differ"], row["apart"]) == (3, 2, pytest.approx(1.25 / 3))
    shown = frame(page, "text", "one")
    assert shown[["text", "label", "one", "other"]].values.tolist() == [
        ["text 2", "0.125", "1.0", "0.0"],
        ["text 0", "0.125", "0.0", "0.25"],
    ]


def test_lines_span_the_newest_releases(project, draw, monkeypatch):
    monkeypatch.setattr("taskatlas.dashboards.compare.drift.MOST", 1)
    page = draw("compare", project)
    assert "The newest 1 of 2 releases." in said(page)
    assert ">= 2" in next(code.value for code in page.code if "embeddings@v2" in code.value)
