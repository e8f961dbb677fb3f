import pytest

from taskatlas.dashboards import queries, visits
from taskatlas.dashboards.published import current_stamp, open_release
from taskatlas.errors import StoreError
from taskatlas.schemas.dictionary import BESIDE
from taskatlas.schemas.tables import TABLES
from taskatlas.store.reader import Reader
from tests.support.releases import AWKWARD, publish
from tests.support.tables import empty

FAULTS = {
    "": "There is no query yet",
    "  \n": "There is no query yet",
    "-- nothing": "no result",
    "SELECT 1; SELECT 2": "2 statements",
    "SELECT " + "1" * 1_000_000: "1,000,007 characters",
    "DROP TABLE scores": "only be read",
    "FROM read_text('/etc/passwd')": "only be read",
    "SELECT * FROM scroes": "scroes",
    "SELECT <b>**x**</b>": "Parser Error",
}


@pytest.fixture
def reader(project):
    return Reader(project / "warehouse" / "catalog.duckdb")


def run(page, query=None):
    if query is not None:
        page.text_area(key="query").set_value(query)
    button = next(button for button in page.button if button.label == "Run")
    page = button.click().run()
    assert not page.exception
    return page


def rows(page):
    return page.dataframe[0].value


def said(page):
    return "\n".join(
        str(element.value) for kind in (page.text, page.markdown, page.caption, page.info) for element in kind
    )


def test_a_query_that_comes_by_link_is_shown_and_not_run(project, draw):
    page = draw("sql", project, query="FROM datasets ORDER BY dataset")
    assert page.text_area(key="query").value == "FROM datasets ORDER BY dataset"
    assert "Nothing was run yet" in said(page)
    assert len(page.dataframe) == 1  # the dictionary


def test_rows_are_those_of_the_reader_and_the_query_is_in_the_address(project, draw, reader):
    sql = "SELECT s.subject, s.dataset, s.value FROM scores AS s ORDER BY ALL"
    page = run(draw("sql", project), sql)
    assert rows(page).to_dict("records") == reader.sql(sql).to_pylist()
    assert page.query_params["query"] == sql
    assert f"{len(rows(page))} rows in " in said(page)
    assert "of release v2" in said(page)
    assert set(AWKWARD[:1]) <= {name.removesuffix(" subject") for name in rows(page)["subject"]}


def test_the_rows_stay_while_another_query_is_typed(project, draw):
    page = run(draw("sql", project), "SELECT 42 AS answer")
    page.text_input(key="find").set_value("fidelity").run()
    assert rows(page)["answer"].tolist() == [42]
    page.selectbox(key="example").set_value("example_costs").run()
    assert rows(page)["answer"].tolist() == [42]
    assert "it was changed since" in said(page)


def test_every_example_runs(project, draw, reader):
    releases = {row["release"]: list(TABLES) for row in reader.releases().to_pylist()}
    page = draw("sql", project)
    assert sorted(visits.EXAMPLES) == [name for name in queries.names() if name.startswith("example_")]
    for name in visits.EXAMPLES:
        page.selectbox(key="example").set_value(name).run()
        sql = page.text_area(key="query").value
        assert sql == queries.resolve(name, "v1", releases)
        run(page)
        expected = reader.sql(sql)
        if expected.num_rows:
            assert rows(page).columns.tolist() == expected.schema.names
            assert len(rows(page)) == expected.num_rows
        else:
            assert name in {"example_costs", "example_missed"}  # nothing was paid for, and no forecast missed
            assert "no row is in its result" in said(page)


def test_an_older_release_answers_with_its_own_rows(project, draw):
    sql = "SELECT avg(value) AS mean FROM scores"
    page = run(draw("sql", project, release="v1"), sql)
    own = Reader(project / "warehouse" / "catalog.duckdb", "v1").sql(sql).to_pylist()
    assert rows(page).to_dict("records") == own
    assert own != Reader(project / "warehouse" / "catalog.duckdb").sql(sql).to_pylist()
    assert "of release v1" in said(page)


def test_what_cannot_run_is_told_as_text(project, draw):
    page = draw("sql", project)
    for query, fault in FAULTS.items():
        run(page, query)
        assert [error.value for error in page.error] == ["There are no rows."]
        assert fault in "\n".join(text.value for text in page.text)
        assert not any("<b>" in element.value for element in (*page.markdown, *page.error, *page.caption))


def test_a_long_query_is_not_in_the_address(project, draw):
    page = run(draw("sql", project), "SELECT 1 --" + "x" * visits.LONGEST)
    assert "query" not in page.query_params


def test_no_row_and_too_many_rows_are_said(project, draw):
    page = run(draw("sql", project), "FROM scores WHERE false")
    assert "no row is in its result" in said(page)
    page = run(page, "SELECT i FROM range(20000) AS r(i)")
    assert len(rows(page)) == 10_000
    assert [warning.value for warning in page.warning] == ["These are the first 10,000 rows; the query has more."]


def test_vectors_are_whole_in_the_files(project, draw, reader):
    sql = "FROM embeddings ORDER BY space, entity_kind, entity LIMIT 3"
    page = run(draw("sql", project), sql)
    assert rows(page)["vector"].str.endswith("16 in all]").all()
    table = visits.table(page.session_state["visit"])
    assert table.to_pylist() == reader.sql(sql).to_pylist()
    assert {button.label for button in page.get("download_button")} == {"CSV", "Parquet"}


def test_results_that_made_room_are_told_and_push_none_out(project, draw):
    page = run(draw("sql", project), "SELECT 42 AS answer")
    opened = open_release(project, current_stamp(project))
    large = [visits.run(opened, "SELECT repeat('x', 60000000) AS x") for _ in range(5)]  # 256 MB are kept
    page.run()
    assert "no longer kept" in "\n".join(text.value for text in page.text)
    assert visits.result(large[0]).table is None
    for _ in range(2):
        assert all(visits.result(query).table.num_rows == 1 for query in large[1:])
        with pytest.raises(StoreError, match="no longer kept"):
            visits.table(large[0])


def test_a_query_stays_while_another_page_is_looked_at(project, draw):
    page = run(draw("sql", project), "SELECT 42 AS answer")
    page.switch_page("app_pages/choose.py").run()
    page.switch_page("app_pages/sql.py").run()
    assert page.text_area(key="query").value == "SELECT 42 AS answer"
    assert rows(page)["answer"].tolist() == [42]


def test_who_goes_back_to_an_earlier_query_sees_it(project, draw):
    page = run(run(draw("sql", project), "SELECT 1 AS one"), "SELECT 2 AS two")
    page.query_params["query"] = "SELECT 1 AS one"
    assert page.run().text_area(key="query").value == "SELECT 1 AS one"


def test_no_address_holds_a_query_that_is_not_the_one_run(project, draw):
    page = run(draw("sql", project), "SELECT 1")
    assert "query" not in run(page, "SELECT 1 --" + "x" * visits.LONGEST).query_params


def test_the_dictionary_has_every_column_and_is_searched(project, draw):
    page = draw("sql", project)
    words = page.dataframe[-1].value
    assert len(words) == sum(len(table.schema) for table in (*TABLES.values(), *BESIDE))
    page.text_input(key="find").set_value("Fidelity").run()
    assert page.dataframe[-1].value[["table", "column"]].values.tolist() == [["forecasts", "fidelity"]]
    page.text_input(key="find").set_value("<nothing>").run()
    assert "No table and no column is like that." in said(page)


def test_a_release_without_a_row(tmp_path, draw):
    publish(tmp_path / "project", empty(), "none")
    page = run(draw("sql", tmp_path / "project"))
    assert "no row is in its result" in said(page)
