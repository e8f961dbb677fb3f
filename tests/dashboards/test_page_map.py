"""The page Map shows the published positions, and what is near by the published neighbours."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from taskatlas.dashboards import queries
from taskatlas.dashboards.charts.labels import legible
from taskatlas.dashboards.charts.picture import MOST, OTHER, PICKED, SIGNS, group_categories, picture
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish, tables
from tests.support.tables import empty

SUBJECT = f"{AWKWARD[0]} subject"
SPACE = "mini/student"


def rows(folder: Path, sql: str, release: str | None = None, **values):
    return Reader(folder / "warehouse" / "catalog.duckdb", release).sql(sql, values).to_pylist()


def points(folder: Path, **values) -> pd.DataFrame:
    parameters = {"space": SPACE, "means": 0, "score": None, "dataset": None} | values
    return Reader(folder / "warehouse" / "catalog.duckdb").sql(queries.text("map_points"), parameters).to_pandas()


def drawn(page) -> pd.DataFrame:
    """The points that the picture draws."""
    stream = page.get("vega_lite_chart")[0].proto.datasets[0].data.data
    read = pa.ipc.open_stream(stream).read_pandas()
    read[["what", "name"]] = read["point"].str.split(": ", n=1, expand=True)
    return read


def click(page, point: str | None):
    """What a browser sends when a point of the picture, or the empty space beside, was clicked."""
    picked = {"selection": {PICKED: [{"point": point}] if point else {}}}
    states = page._tree.get_widget_states()
    states.widgets.append(WidgetState(id=page.get("vega_lite_chart")[0].proto.id, string_value=json.dumps(picked)))
    return page._run(states)


def test_every_published_position_is_a_point(project: Path, draw):
    page = draw("map", project)
    assert not page.exception
    assert page.selectbox(key="space").value == "crosscov"
    shown = drawn(page)
    published = (
        "SELECT m.entity_kind AS what, m.entity AS name, m.x, m.y FROM maps AS m WHERE m.space = 'mini/crosscov'"
    )
    assert sorted(map(tuple, shown[["what", "name", "x", "y"]].to_numpy())) == sorted(
        tuple(row.values()) for row in rows(project, published)
    )
    (trust,) = rows(project, "SELECT s.trustworthiness AS value FROM spaces AS s WHERE s.space = 'mini/crosscov'")
    assert any(f"Trustworthiness {trust['value']:.2f}" in text.value for text in page.caption)


def test_a_link_opens_a_point_of_a_space(project: Path, draw):
    page = draw("map", project, space="student", colour="kind", entity=f"subject: {SUBJECT}")
    assert not page.exception
    assert page.selectbox(key="entity").value == f"subject: {SUBJECT}"
    (near,) = [element.value for element in page.dataframe if "similarity" in element.value]
    query = (
        "SELECT n.neighbor_kind, n.neighbor, n.similarity FROM neighbors AS n WHERE n.space = $space "
        "AND n.entity_kind = 'subject' AND n.entity = $name AND n.rank <= 5 ORDER BY n.neighbor_kind, n.rank"
    )
    expected = [tuple(row.values()) for row in rows(project, query, space=SPACE, name=SUBJECT)]
    assert [tuple(row) for row in near[["kind", "neighbor", "similarity"]].itertuples(index=False)] == expected
    assert len(expected) == 10
    assert any("\\<script\\>" in text.value for text in page.markdown)
    ringed = page.get("vega_lite_chart")[0].proto.datasets[1].data.data
    for _, neighbor, _ in expected:
        assert neighbor.encode() in ringed


def test_scores_that_nobody_has_leave_no_colours(tmp_path: Path, draw):
    content = tables(awkward=False)
    publish(tmp_path, content | {"scores": content["scores"].slice(0, 0)}, "one")
    page = draw("map", tmp_path, colour="measured", dataset="dataset-1")
    assert not page.exception
    assert any(r"No subject is measured on dataset\-1" in info.value for info in page.info)
    spec = json.loads(page.get("vega_lite_chart")[0].proto.spec)
    assert spec["layer"][0]["encoding"]["color"]["legend"] is None
    page = draw("map", tmp_path, colour="forecast", dataset="dataset-1")
    spec = json.loads(page.get("vega_lite_chart")[0].proto.spec)
    assert spec["layer"][0]["encoding"]["color"]["legend"]["title"] == "forecast accuracy on dataset-1"


def test_a_click_chooses_a_point_and_the_box_has_the_last_word(project: Path, draw):
    first, second = f"subject: {SUBJECT}", f"dataset: {AWKWARD[2]} dataset"
    page = click(draw("map", project), first)
    assert page.selectbox(key="entity").value == first
    assert page.query_params["entity"] == first
    page.selectbox(key="entity").set_value(second).run()
    assert page.selectbox(key="entity").value == second
    page = click(page, first)
    assert page.selectbox(key="entity").value == first
    assert click(page, None).selectbox(key="entity").value == first
    assert not page.exception


def test_models_and_prompts_lie_in_the_middle_of_their_subjects(project: Path, draw):
    page = draw("map", project, space="student", show="true", entity="model: model-1")
    assert not page.exception
    shown = drawn(page)
    for kind in ("model", "prompt"):
        middle = (
            f"SELECT s.{kind} AS name, avg(m.x) AS x, avg(m.y) AS y FROM maps AS m JOIN subjects AS s "
            f"ON s.subject = m.entity WHERE m.space = $space AND m.entity_kind = 'subject' AND s.{kind} IS NOT NULL "
            f"GROUP BY s.{kind} ORDER BY s.{kind}"
        )
        expected = pd.DataFrame(rows(project, middle, space=SPACE))
        own = shown[shown["what"] == kind].sort_values("name")
        assert list(own["name"]) == list(expected["name"])
        assert own[["x", "y"]].to_numpy() == pytest.approx(expected[["x", "y"]].to_numpy())
    assert any("mean position of their subjects" in text.value for text in page.caption)
    assert any("none of its own" in info.value for info in page.info)


def test_scores_of_a_dataset_colour_its_subjects(project: Path, draw):
    dataset = f"{AWKWARD[1]} dataset"
    page = draw("map", project, colour="measured", dataset=dataset)
    assert not page.exception
    shades = drawn(page).set_index("point")
    shades = shades[shades["scored"]]["shade"]
    query = "SELECT s.subject, s.value FROM scores AS s WHERE s.dataset = $dataset AND s.metric = 'accuracy'"
    expected = {f"subject: {row['subject']}": row["value"] for row in rows(project, query, dataset=dataset)}
    assert shades.to_dict() == expected
    assert 0 < len(expected) < len(drawn(page))
    assert any("What is grey has no such score" in text.value for text in page.caption)


def test_a_card_says_what_a_subject_is(project: Path):
    cards = points(project).set_index("point")
    query = (
        "SELECT s.model, s.prompt, m.kind, s.families[1] AS family FROM subjects AS s JOIN models AS m USING (model)"
    )
    (card,) = rows(project, f"{query} WHERE s.subject = $name", name=SUBJECT)
    row = cards.loc[f"subject: {SUBJECT}"]
    assert row[["model", "kind", "family"]].to_dict() == {key: card[key] for key in ("model", "kind", "family")}
    assert row["prompt"] == "none"
    assert card["prompt"] is None
    best = (
        "SELECT format('{:.2f} on {}', f.value, f.dataset) AS best FROM forecasts AS f WHERE f.subject = $name "
        "AND f.metric = 'accuracy' ORDER BY f.value DESC LIMIT 1"
    )
    assert [row["best"]] == [entry["best"] for entry in rows(project, best, name=SUBJECT)]


def test_an_older_release_has_its_own_positions(project: Path, draw):
    page = draw("map", project, release="v1")
    assert not page.exception
    published = "SELECT m.x FROM maps AS m WHERE m.space = 'mini/crosscov'"
    assert sorted(drawn(page)["x"]) == sorted(row["x"] for row in rows(project, published, "v1"))
    assert sorted(drawn(page)["x"]) != sorted(row["x"] for row in rows(project, published))


@pytest.mark.parametrize(
    "content", [empty(), tables() | {"maps": empty()["maps"]}], ids=["nothing", "without the table"]
)
def test_a_release_without_a_map_says_how_to_draw_one(tmp_path: Path, draw, content):
    publish(tmp_path, content, "one")
    page = draw("map", tmp_path)
    assert not page.exception
    assert not page.get("vega_lite_chart")
    assert any("`taskatlas run` with this version draws the map" in info.value for info in page.info)


def test_names_of_one_kind_and_the_other_are_kept_apart(tmp_path: Path, draw):
    content = tables(awkward=False)
    subjects = content["subjects"].to_pylist()
    name = subjects[0]["subject"]
    twin = {**content["datasets"].to_pylist()[0], "dataset": name}
    content["datasets"] = type(content["datasets"]).from_pylist(
        [*content["datasets"].to_pylist(), twin], content["datasets"].schema
    )
    position = {**content["maps"].to_pylist()[0], "entity_kind": "dataset", "entity": name}
    content["maps"] = pa.Table.from_pylist([*content["maps"].to_pylist(), position], content["maps"].schema)
    publish(tmp_path, content, "one")
    page = draw("map", tmp_path, entity=f"dataset: {name}")
    assert not page.exception
    assert not [
        element for element in page.dataframe if "similarity" in element.value
    ]  # the subject's are not shown as its
    page = draw("map", tmp_path, entity=f"subject: {name}")
    assert [len(element.value) for element in page.dataframe if "similarity" in element.value] == [10]


def test_the_most_frequent_categories_are_told_apart():
    few = pd.Series(["a"] * 3 + ["b"] * 5 + ["c"])
    assert group_categories(few)[1] == ["b", "a", "c"]
    assert list(group_categories(few)[0]) == list(few)
    many = pd.Series([name for index, name in enumerate("abcdefghij") for _ in range(20 - index)])
    shown, legend = group_categories(many)
    assert legend == [*"abcdefg", OTHER]
    assert len(legend) == MOST
    assert set(shown) == set(legend)
    assert (shown == OTHER).sum() == 13 + 12 + 11
    real = many.replace("b", OTHER)
    assert group_categories(real)[1] == ["a", OTHER, *"cdefg"]


def described(chart: dict, layer: int) -> pd.DataFrame:
    return pd.DataFrame(chart["datasets"][chart["layer"][layer]["data"]["name"]])


def test_points_are_drawn_as_the_legend_says(project: Path):
    rows_drawn = points(project, means=1)
    for colour in ("family", "kind", "model"):
        chart = picture(rows_drawn, colour).to_dict()
        legend = chart["layer"][-1]["encoding"]
        colours, shapes = legend["color"]["scale"], legend["shape"]["scale"]
        assert colours["domain"] == shapes["domain"] == described(chart, -1)["group"].tolist()
        assert len(set(colours["range"])) == len(set(shapes["range"])) == len(colours["domain"]) > 2
        shown = described(chart, 0).set_index("point")
        by_name = dict(zip(colours["domain"], zip(colours["range"], shapes["range"], strict=True), strict=True))
        for row in rows_drawn.to_dict("records"):
            own = shown.loc[row["point"]]
            assert own["color"] == by_name[row[colour]][0]
            if row["what"] == "subject" or (colour == "kind" and row["what"] != "model"):
                assert own["shape"] == by_name[row[colour]][1]
            else:
                assert own["shape"] == SIGNS[row["what"]]


def test_a_score_is_on_the_card_and_none_leaves_a_point_pale(project: Path):
    dataset = f"{AWKWARD[1]} dataset"
    rows_drawn = points(project, score="measured", dataset=dataset)
    chart = picture(rows_drawn, f"measured accuracy on {dataset}").to_dict()
    shown = described(chart, 0).set_index("point")
    for row in rows_drawn.to_dict("records"):
        own = shown.loc[row["point"]]
        if row["what"] == "subject":
            scored = not pd.isna(row["score"])
            assert own["tooltip"].get(f"measured accuracy on {dataset}") == (f"{row['score']:.3f}" if scored else None)
            assert (own["opacity"] > 0.9) == scored
    assert set(shown["spoken"]) == set(rows_drawn["what"] + " " + rows_drawn["name"])


def test_only_data_differ_between_two_choices(project: Path):
    rows_drawn = points(project)
    marked = pd.DataFrame({"point": rows_drawn["point"].head(3), "role": ["selected", "near", "near"]})
    plain, ringed = (picture(rows_drawn, "family", which).to_dict() for which in (None, marked))
    assert described(ringed, 1)["name"].tolist() == rows_drawn["name"].head(3).tolist()
    assert set(described(ringed, 2)["name"]) <= set(rows_drawn["name"].head(3))
    for chart in (plain, ringed):
        del chart["datasets"]
        for layer in chart["layer"]:
            del layer["data"]
    assert plain == ringed


def test_no_name_covers_another():
    row = {"name": "abcd", "limit": 150, "top": 0.0}  # 26 pixels wide
    lefts = [0.0, 25.0, 26.0, 52.5]
    names = pd.DataFrame(
        [row | {"left": left} for left in lefts] + [row | {"left": 1.0, "top": top} for top in (13, 14)]
    )
    assert legible(names)["left"].tolist() == [0.0, 26.0, 52.5, 1.0]
    assert legible(names.iloc[::-1])["left"].tolist() == [1.0, 52.5, 26.0, 0.0]
    long = pd.DataFrame([row | {"left": 0.0}, row | {"left": 90.0, "name": "a" * 100}])
    assert len(legible(long)) == 2
    assert len(legible(long.assign(limit=160))) == 1
    assert legible(names.iloc[:0]).empty


def test_names_that_would_cover_others_are_left_out(project: Path):
    rows_drawn = points(project)
    crowded = rows_drawn.assign(
        x=rows_drawn["x"].where(rows_drawn["what"] == "subject", 0.0),
        y=rows_drawn["y"].where(rows_drawn["what"] == "subject", 0.0),
    )
    alone, all_in_one = (described(picture(rows, "family").to_dict(), 3)["name"] for rows in (rows_drawn, crowded))
    assert len(all_in_one) == 1 < len(alone)
    selected = rows_drawn[rows_drawn["what"] == "dataset"]["point"].iloc[-1]
    marked = pd.DataFrame({"point": [selected], "role": ["selected"]})
    chart = picture(crowded, "family", marked).to_dict()
    assert described(chart, 2)["name"].tolist() == [selected.removeprefix("dataset: ")]
    assert selected.removeprefix("dataset: ") not in described(chart, 3)["name"].tolist()
