"""Advice on texts of one's own: the forecasts of a dataset's texts are those that were published of the dataset."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

import taskatlas
from taskatlas.advice.advice import ANSWERS, NEAREST, SUBJECTS
from taskatlas.advice.adviser import Adviser
from taskatlas.advice.students import BATCH, COLUMNS, batches
from taskatlas.advice.texts import OwnTexts, own_texts, parse
from taskatlas.embed.interval import NORMAL_90
from taskatlas.errors import StoreError
from taskatlas.predict.holdout import fitted_on
from taskatlas.project.folders import ProjectFolders
from taskatlas.schemas.tables import TABLES
from taskatlas.store.catalog import rebuild
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Warehouse
from tests.support.cards import change_card

TEN = """\
The battery died after two days.\tnegative
Best kettle I ever bought\tPositive
It broke and nobody answers\tnegative
love it so much\tpositive
awful noise, sent it back\tnegative
works great\tpositive
never again\tNegative
five stars from me\tpositive
cheap plastic junk\tnegative
my kids adore it\tpositive
"""
VALUE = 1 / 64 / 60
"""One draw of one text: rounding of features that were encoded in another batch may turn an answer."""
Make = Callable[..., Adviser]


@pytest.fixture(scope="module")
def reader(published: Path) -> Reader:
    return Reader(ProjectFolders(published).catalog)


@pytest.fixture(scope="module")
def adviser(published: Path, reader: Reader) -> Adviser:
    return Adviser.of(published, reader, "cpu")


@pytest.fixture
def republished(published: Path, reader: Reader, tmp_path: Path) -> Make:
    """An adviser on the published project with other tables: functions by name, table → table."""

    def make(**changes: Callable[[pa.Table], pa.Table]) -> Adviser:
        folder = tmp_path / "project"
        catalog = shutil.ignore_patterns("iceberg*", "catalog.duckdb", "prefect")
        shutil.copytree(published, folder, ignore=catalog)
        tables = {name: reader.sql(f"FROM {name}") for name in TABLES if name != "releases"}
        tables |= {name: change(tables[name]) for name, change in changes.items()}
        warehouse = Warehouse(ProjectFolders(folder).warehouse)
        warehouse.publish(tables, release_id="changed", project="changed", version="0")
        rebuild(warehouse, ProjectFolders(folder).catalog)
        return Adviser.of(folder, Reader(ProjectFolders(folder).catalog), "cpu")

    return make


def train(reader: Reader, dataset: str, *, labelled: bool = True) -> OwnTexts:
    rows = reader.sql("SELECT text, label FROM examples WHERE origin = $1 AND split = 'train'", (dataset,))
    return own_texts(rows["text"].to_pylist(), rows["label"].to_pylist() if labelled else None)


def by(rows: pa.Table, name: str = "subject") -> dict[str, dict[str, object]]:
    return {row[name]: row for row in rows.to_pylist()}


def files(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*"))}


def test_a_datasets_own_texts_get_what_its_students_were_published_to_expect(adviser: Adviser, reader: Reader):
    advised = by(adviser.advise(train(reader, "cafe_reviews")).subjects)
    published = by(reader.sql("FROM forecasts WHERE dataset = 'cafe_reviews' AND metric = 'accuracy'"))
    assert advised.keys() == published.keys()
    assert {"vader", "bayes-recorded", "probe-cafe-reviews", "minilm/stars-one-five"} <= advised.keys()
    for subject, row in advised.items():
        theirs = published[subject]
        assert row["forecast"] == pytest.approx(theirs["student"], abs=2 * VALUE), subject
        assert row["fidelity"] == pytest.approx(theirs["fidelity"], abs=0.005), subject
        assert row["n"] == theirs["n"], "a probe's forecast leaves out what it was fitted on"
        assert row["low"] <= row["forecast"] <= row["high"]
    assert min(row["n"] for row in advised.values()) < max(row["n"] for row in advised.values())


def test_texts_whose_labels_the_surrogate_does_not_see_get_no_forecast_as_their_dataset_does_not(
    adviser: Adviser, reader: Reader
):
    flags = reader.sql("FROM quality WHERE origin = 'gadget_reviews' AND expectation = 'expect_labels_to_be_seen'")
    assert flags.num_rows == 1
    assert not reader.sql("FROM forecasts WHERE dataset = 'gadget_reviews'").num_rows
    unseen = train(reader, "gadget_reviews")
    advice = adviser.advise(unseen)
    assert not advice.subjects.num_rows
    assert not advice.answers.num_rows
    assert any("the surrogate sees nothing of these labels" in note for note in advice.notes)
    few = adviser.advise(own_texts(unseen.texts[:40], (unseen.labels or ())[:40]))
    assert few.subjects.num_rows, "forty labels are too few to say that nothing is seen"


def test_intervals_are_as_wide_as_the_published_ones_but_for_whose_errors_they_are_calibrated_by(
    adviser: Adviser, reader: Reader
):
    advised = by(adviser.advise(train(reader, "cafe_reviews")).subjects)
    published = by(reader.sql("FROM forecasts WHERE dataset = 'cafe_reviews' AND metric = 'accuracy'"))
    inner = [name for name, row in advised.items() if row["high"] < 1 and published[name]["high"] < 1]
    assert len(inner) >= 3
    ratios = [
        (advised[name]["high"] - advised[name]["forecast"]) / (published[name]["high"] - published[name]["value"])
        for name in inner
    ]
    # one factor for all, but for the doubt that few texts leave
    assert max(ratios) / min(ratios) < 1.03


@pytest.mark.parametrize("dataset", ["cafe_reviews", "gadget_reviews"])
def test_the_nearest_dataset_of_its_texts_is_itself(adviser: Adviser, reader: Reader, dataset: str):
    first = by(adviser.advise(train(reader, dataset)).nearest.filter(pc.field("rank") == 1), "method")
    assert first.keys() == {"crosscov", "student", "text"}
    for row in first.values():
        assert row["neighbor"] == dataset
        assert row["similarity"] == pytest.approx(1.0, abs=1e-4)
    bare = adviser.advise(train(reader, dataset, labelled=False)).nearest.to_pylist()
    assert [row["rank"] for row in bare] == [1, 2, 3, 4]
    assert bare[0] == first["text"]


def test_ten_labelled_texts(adviser: Adviser):
    advice = adviser.advise(parse(TEN))
    assert (advice.release, advice.n, advice.labelled) == ("v1", 10, True)
    assert advice.nearest.schema.equals(NEAREST.schema)
    assert advice.subjects.schema.equals(SUBJECTS.schema)
    assert advice.answers.schema.equals(ANSWERS.schema)
    rows = advice.subjects.to_pylist()
    assert [row["forecast"] for row in rows] == sorted((row["forecast"] for row in rows), reverse=True)
    assert {row["basis"] for row in rows} == {"own labels"}
    assert rows[0]["forecast"] > 0.7
    for row in rows:  # ten texts leave doubt, even where all are right: as of 1.35 more hits and as many misses
        share = (10 * row["forecast"] + NORMAL_90**2 / 2) / (10 + NORMAL_90**2)
        least = adviser.interval_factor * NORMAL_90 * np.sqrt(2 * share * (1 - share) / 10)
        assert row["forecast"] - row["low"] >= min(least, row["forecast"])
    assert {row["subject"]: row["prompt"] for row in rows}["minilm/stars-one-five"] == "stars-one-five"
    near = advice.nearest.filter((pc.field("method") == "crosscov") & (pc.field("rank") == 1))
    assert near["neighbor"].to_pylist()[0] in {"cafe_reviews", "gadget_reviews"}
    assert "10 labelled texts are few" in advice.notes[0]


def test_what_students_answer_is_what_their_forecast_counts(adviser: Adviser):
    advice = adviser.advise(parse(TEN))
    best = advice.subjects["subject"].to_pylist()[:5]
    rows = advice.answers.to_pylist()
    assert list(dict.fromkeys(row["subject"] for row in rows)) == best
    assert [row["position"] for row in rows[:10]] == list(range(1, 11))
    assert all(0.5 <= row["share"] <= 1 for row in rows), "the heavier of two"
    for name in best:
        right = np.mean([row["answer"] == row["label"].lower() for row in rows if row["subject"] == name])
        # a forecast is less sure than its student, whose answers it counts with and without residuals
        assert by(advice.subjects)[name]["forecast"] == pytest.approx(right, abs=0.25)


def test_the_order_of_labels_and_texts_changes_nothing(adviser: Adviser):
    lines = TEN.splitlines()
    one, other = adviser.advise(parse(TEN)), adviser.advise(parse("\n".join(reversed(lines))))
    assert by(one.subjects).keys() == by(other.subjects).keys()
    for subject, row in by(one.subjects).items():
        assert row["forecast"] == pytest.approx(by(other.subjects)[subject]["forecast"], abs=0.01)
    for mine, theirs in zip(one.nearest.to_pylist(), other.nearest.to_pylist(), strict=True):
        assert mine["neighbor"] == theirs["neighbor"]
        assert mine["similarity"] == pytest.approx(theirs["similarity"], abs=1e-4)


def test_labels_that_nobody_answers_with(adviser: Adviser):
    advice = adviser.advise(parse("a\tx\nb\ty\nc\tx\nd\ty"))
    assert advice.subjects.num_rows == advice.answers.num_rows == 0
    assert set(advice.nearest["method"].to_pylist()) == {"text", "crosscov", "student"}
    nobody = "No subject answers with the labels x, y. Labels that subjects answer with: negative / positive (7)."
    assert nobody in advice.notes


def test_without_labels_forecasts_are_borrowed(adviser: Adviser, reader: Reader):
    advice = adviser.advise(parse("The espresso was cold.\nFriendly waiter, warm bread\n"))
    assert not advice.labelled
    assert set(advice.nearest["method"].to_pylist()) == {"text"}
    rows = advice.subjects.to_pylist()
    assert rows[0]["borrowed_from"] == "cafe_reviews"
    assert "scene_pairs" not in {row["borrowed_from"] for row in rows}, "single texts are no pairs"
    similar = by(advice.nearest, "neighbor")
    for row in rows:
        query = """
        SELECT f.value, f.low, f.high, s.value AS measured FROM forecasts AS f LEFT JOIN scores AS s
        ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
        WHERE f.subject = $1 AND f.dataset = $2 AND f.metric = $3
        """
        (known,) = reader.sql(query, (row["subject"], row["borrowed_from"], row["metric"])).to_pylist()
        assert [row["forecast"], row["low"], row["high"], row["measured"]] == list(known.values())
        assert row["similarity"] == similar[row["borrowed_from"]]["similarity"]
        assert row["basis"] == "borrowed"
    highest = "SELECT subject FROM forecasts WHERE dataset = $1 AND metric = 'accuracy' ORDER BY value DESC, subject"
    best = reader.sql(f"{highest} LIMIT 5", ("cafe_reviews",))["subject"].to_pylist()
    assert [row["subject"] for row in rows if row["borrowed_from"] == "cafe_reviews"] == best
    assert advice.answers["label"].null_count == advice.answers.num_rows == 2 * 5
    assert any(note.startswith("Without labels no accuracy can be forecast for these texts.") for note in advice.notes)


def test_scores_of_numbers_are_borrowed_too(adviser: Adviser, reader: Reader):
    tickets = reader.sql("SELECT text FROM examples WHERE origin = 'ticket_urgency' AND split = 'train' LIMIT 30")
    advice = adviser.advise(own_texts(tickets["text"].to_pylist()))
    assert advice.nearest["neighbor"][0].as_py() == "ticket_urgency"
    first = advice.subjects.to_pylist()[0]
    assert (first["subject"], first["metric"]) == ("probe-ticket-urgency", "spearman")
    answers = advice.answers.filter(pc.field("subject") == "probe-ticket-urgency")
    assert set(answers["answer"].to_pylist()) == {"a low score", "a high score"}
    assert "30 texts in the train split of ticket_urgency: a model may have been fitted on them." in advice.notes


def test_one_text_of_any_script(adviser: Adviser):
    advice = adviser.advise(parse("\x00خدمة ممتازة 🙂\u202e"))
    assert advice.n == 1
    assert np.isfinite(advice.nearest["similarity"].to_numpy()).all()
    assert advice.answers["text"].to_pylist()[0] == "خدمة ممتازة 🙂"
    assert advice.notes[0].startswith("Of 1 text little can be told about what is near")


def test_texts_that_the_release_holds_are_told_and_those_of_the_corpus_left_out(adviser: Adviser, reader: Reader):
    corpus = reader.sql("SELECT text FROM examples WHERE origin_kind = 'corpus' AND text_pair IS NULL LIMIT 3")
    test = reader.sql("SELECT text, label FROM examples WHERE origin = 'cafe_reviews' AND split = 'test' LIMIT 4")
    own = own_texts(
        corpus["text"].to_pylist() + test["text"].to_pylist(),
        ["negative", "positive", "negative", *test["label"].to_pylist()],
    )
    advice = adviser.advise(own)
    assert set(advice.subjects["n"].to_pylist()) == {4}
    assert any(note.startswith("3 texts in the corpus") and "left out" in note for note in advice.notes)
    assert "4 texts in the test split of cafe_reviews: its scores were measured there." in advice.notes
    alone = adviser.advise(own_texts([*corpus["text"].to_pylist(), "new"], ["negative", "positive"] * 2))
    assert set(alone.subjects["n"].to_pylist()) == {1}


def test_nothing_is_near_to_gibberish(adviser: Adviser):
    advice = adviser.advise(parse("0x3f 0x99 0xa1\n%%%% ____ ####\nqzx vvk jjw"))
    assert any(note.startswith("No dataset is much like these texts: the nearest, ") for note in advice.notes)


def test_nothing_is_written(published: Path, adviser: Adviser, reader: Reader):
    before = files(published)
    Adviser.of(published, reader, "cpu").advise(parse(TEN))
    adviser.advise(parse("A text of a visitor, which nobody shall find on any disk."))
    assert files(published) == before


def test_features_that_are_gone_are_computed_and_not_kept(published: Path, adviser: Adviser, tmp_path: Path):
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    shutil.rmtree(ProjectFolders(folder).parts.root / "features")
    before = files(folder)
    again = Adviser.of(folder, Reader(ProjectFolders(folder).catalog), "cpu")
    assert files(folder) == before
    for one, other in zip(*(by(each.advise(parse(TEN)).subjects).values() for each in (again, adviser)), strict=True):
        assert one["subject"] == other["subject"]
        assert one["forecast"] == pytest.approx(other["forecast"], abs=0.01)


def test_several_ask_at_once(adviser: Adviser):
    texts = [parse(TEN), parse("The espresso was cold.\n"), parse("a\tx\nb\ty\nc\tx\nd\ty")] * 4
    alone = [adviser.advise(own) for own in texts[:3]]
    with ThreadPoolExecutor(6) as pool:
        for index, advice in enumerate(pool.map(adviser.advise, texts)):
            expected = alone[index % 3]
            assert advice.notes == expected.notes
            assert advice.subjects["forecast"].to_pylist() == pytest.approx(expected.subjects["forecast"].to_pylist())
            assert advice.answers["answer"].equals(expected.answers["answer"])


def test_the_surrogate_has_changed_since_the_release(published: Path, tmp_path: Path):
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    reader = Reader(ProjectFolders(folder).catalog)
    (card,) = (folder / "surrogates").glob("*.yaml")
    weights = yaml.safe_load(card.read_text())["weights"]
    change_card(card, weights={**weights, "max_length": 16})
    with pytest.raises(
        StoreError, match=r"release v1: its surrogate 'minilm'.* has changed since. Run `taskatlas run`"
    ):
        Adviser.of(folder, reader, "cpu")
    change_card(folder / "atlas.yaml", surrogate="other")
    change_card(card, weights=weights, name="other")
    with pytest.raises(StoreError, match="its surrogate 'minilm' has no card now"):
        Adviser.of(folder, reader, "cpu")


@pytest.fixture
def basis(published: Path, reader: Reader, tmp_path: Path) -> Path:
    """The arrays of the basis of the text space, in a copy of the published project at tmp_path/project."""
    shutil.copytree(published, tmp_path / "project")
    row = reader.sql("SELECT space_id FROM spaces WHERE method = 'text'")
    return ProjectFolders(tmp_path / "project").parts.path("bases", row["space_id"][0].as_py(), ".npz")


def test_another_basis_than_the_releases_is_told(basis: Path, tmp_path: Path):
    reader = Reader(ProjectFolders(tmp_path / "project").catalog)
    arrays = dict(np.load(basis))
    np.savez(basis, **arrays)
    Adviser.of(tmp_path / "project", reader, "cpu")
    np.savez(basis, **{**arrays, "input_mean": arrays["input_mean"] + 1})
    with pytest.raises(StoreError) as caught:
        Adviser.of(tmp_path / "project", reader, "cpu")
    fault = "the basis of the text vectors of release v1 is another one now. Choose a release that was made in it, put"
    assert str(caught.value).startswith(f"{basis}: {fault}")


RUN = "Run `taskatlas run`, which makes it anew; where that says that it is lost, begin the space anew with"
PUT_BACK = "Put the file back from a backup, or begin the space anew with"


@pytest.mark.parametrize(
    ("damage", "todo"), [(Path.unlink, RUN), (lambda path: path.write_bytes(b"PK"), RUN), (np.savez, PUT_BACK)]
)
def test_a_basis_that_cannot_be_read_is_told(
    basis: Path, tmp_path: Path, damage: Callable[[Path], object], todo: str
):  # that the advice helps is in tests/stages/test_mending.py
    damage(basis)
    with pytest.raises(StoreError) as caught:
        Adviser.of(tmp_path / "project", Reader(ProjectFolders(tmp_path / "project").catalog), "cpu")
    assert str(caught.value).startswith(f"{basis}: the basis of the text vectors of release v1 cannot be read (")
    assert todo in str(caught.value)


def test_labels_that_cards_lead_to_those_of_a_dataset(published: Path, adviser: Adviser, tmp_path: Path):
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    change_card(folder / "datasets/gadget_reviews.yaml", labels=["Bad", "good"])
    change_card(folder / "models/vader.yaml", mapping={"gadget_reviews": {"negative": "bad", "positive": "good"}})
    mapped = TEN.lower().replace("\tnegative", "\tbad").replace("\tpositive", "\tGood")
    advice = Adviser.of(folder, Reader(ProjectFolders(folder).catalog), "cpu").advise(parse(mapped))
    expected = by(adviser.advise(parse(TEN.lower())).subjects)["vader"]
    assert by(advice.subjects) == {"vader": pytest.approx(expected)}
    assert advice.answers["answer"].to_pylist()[0] == "negative", "as it says it itself"


def test_there_is_no_release(small_project: Path):
    with pytest.raises(StoreError, match="there is no release yet"):
        Adviser.of(small_project, Reader(ProjectFolders(small_project).catalog))


def test_a_release_without_subjects(republished: Make):
    adviser = republished(subjects=lambda rows: rows[:0], predictions=lambda rows: rows[:0])
    notes = adviser.advise(parse(TEN)).notes
    assert any("No student answers with classes." in note for note in notes)
    advice = adviser.advise(parse("The espresso was cold."))
    assert advice.subjects.num_rows == advice.answers.num_rows == 0
    assert any("no dataset of the release has forecasts to borrow" in note for note in advice.notes)


def test_the_only_model_was_fitted_on_all_of_the_texts(republished: Make, reader: Reader):
    probe = pc.field("subject") == "probe-cafe-reviews"
    adviser = republished(subjects=lambda rows: rows.filter(probe), predictions=lambda rows: rows.filter(probe))
    rows = reader.sql("SELECT * FROM examples WHERE origin = 'cafe_reviews' AND split = 'train'")
    (fit,) = adviser.fits["cafe_reviews"].values()
    fitted = rows.filter(pa.array(fitted_on(fit, rows)))
    advice = adviser.advise(own_texts(fitted["text"].to_pylist(), fitted["label"].to_pylist()))
    assert advice.subjects.num_rows == 0
    assert "The models that answer with these labels were fitted on all of these texts: give others." in advice.notes


def test_a_model_that_was_fitted_on_all_of_the_texts_is_told_among_others(adviser: Adviser, reader: Reader):
    rows = reader.sql("SELECT * FROM examples WHERE origin = 'cafe_reviews' AND split = 'train'")
    (fit,) = adviser.fits["cafe_reviews"].values()
    fitted = rows.filter(pa.array(fitted_on(fit, rows)))
    advice = adviser.advise(own_texts(fitted["text"].to_pylist(), fitted["label"].to_pylist()))
    assert "probe-cafe-reviews" not in by(advice.subjects).keys() >= {"vader"}
    assert "No forecast for probe-cafe-reviews: its model was fitted on all of these texts." in advice.notes


def test_an_adviser_keeps_to_its_release(republished: Make):
    adviser = republished()
    folders = ProjectFolders(adviser.folder)
    tables = {name: Reader(folders.catalog).sql(f"FROM {name}") for name in TABLES if name != "releases"}
    tables |= {name: tables[name][:0] for name in ("subjects", "predictions", "forecasts", "scores", "examples")}
    warehouse = Warehouse(folders.warehouse)
    warehouse.publish(tables, release_id="empty", project="changed", version="0")
    rebuild(warehouse, folders.catalog)
    texts = [parse(TEN), parse("The espresso was cold.")]
    again = Adviser.of(adviser.folder, Reader(folders.catalog, "v1"), "cpu")
    for own in texts:
        one, other = adviser.advise(own), again.advise(own)
        assert one.release == other.release == "v1"
        assert one.subjects.equals(other.subjects)
        assert one.subjects.num_rows >= 5


def test_a_release_without_students(republished: Make):
    def bare(rows: pa.Table) -> pa.Table:
        return rows.filter(pc.field("method") != "student")

    def trained(rows: pa.Table) -> pa.Table:
        fisher = {**rows.to_pylist()[0], "space": "minilm/fisher/0", "method": "fisher"}
        return pa.concat_tables([bare(rows), pa.Table.from_pylist([fisher], rows.schema)])

    changed = republished(spaces=trained, embeddings=bare, neighbors=bare, forecasts=lambda rows: rows[:0])
    advice = changed.advise(parse(TEN))
    assert advice.subjects.num_rows == 0
    assert set(advice.nearest["method"].to_pylist()) == {"text", "crosscov"}
    every = "`taskatlas run --methods student,crosscov,fisher,text`"  # fewer, and the next release would lack them
    assert any("no vectors of student" in note and every in note for note in advice.notes)
    assert "Without student vectors no accuracy can be forecast for these texts." in advice.notes
    assert not any("No subject" in note for note in advice.notes)


def test_a_release_without_vectors(republished: Make):
    with pytest.raises(StoreError, match="holds no vectors of text, crosscov or student"):
        republished(spaces=lambda rows: rows[:0])


def test_subjects_whose_answers_make_no_student(republished: Make, adviser: Adviser):
    def answers(rows: pa.Table) -> pa.Table:
        """vader is always positive, one prompt answered nothing, and one half of the texts."""
        frame = rows.to_pandas()
        frame = frame[frame["subject"] != "minilm/stars-one-five"]
        half = (frame["subject"] == "minilm/verdict-bad-good") & (frame["text_id"].str.get(0) < "8")
        frame = frame[~half]
        vader = frame["subject"] == "vader"
        frame.loc[vader, ["output", "label"]] = "positive"
        frame.loc[vader, "probabilities"] = None
        return pa.Table.from_pandas(frame, schema=rows.schema, preserve_index=False)

    changed = republished(predictions=answers)
    assert changed.left_out.keys() == {"vader", "minilm/stars-one-five"}
    advice, before = changed.advise(parse(TEN)), adviser.advise(parse(TEN))
    now, known = by(advice.subjects), by(before.subjects)
    assert now.keys() == known.keys() - changed.left_out.keys()
    assert (
        "No forecast for vader: the outputs are the same for every text, so they say nothing about it." in advice.notes
    )
    assert any("minilm/stars-one-five: it answered next to nothing of the corpus." in note for note in advice.notes)
    assert now["minilm/verdict-bad-good"]["fidelity"] != known["minilm/verdict-bad-good"]["fidelity"]
    others = now.keys() - {"minilm/verdict-bad-good"}
    assert {name: now[name]["fidelity"] for name in others} == pytest.approx(
        {name: known[name]["fidelity"] for name in others}, abs=1e-3
    )


def test_subjects_that_answer_freely(republished: Make):
    def free(rows: pa.Table) -> pa.Table:
        index = rows["subject"].to_pylist().index("vader")
        kinds = rows["output_kind"].to_pylist()
        kinds[index] = "text"
        return rows.set_column(rows.schema.get_field_index("output_kind"), "output_kind", pa.array(kinds))

    def talk(rows: pa.Table) -> pa.Table:
        frame = rows.to_pandas()
        vader = frame["subject"] == "vader"
        frame.loc[vader, "output"] = [f"I think number {number}" for number in range(int(vader.sum()))]
        frame.loc[vader, "label"] = None
        return pa.Table.from_pandas(frame, schema=rows.schema, preserve_index=False)

    adviser = republished(subjects=free, predictions=talk)
    assert adviser.left_out == {"vader": "it answers freely"}
    assert "No forecast for vader: it answers freely." in adviser.advise(parse(TEN)).notes


def many_classes(count: int) -> dict[str, Callable[[pa.Table], pa.Table]]:
    """vader with `count` classes, of which it answers two, without probabilities."""

    def classes(rows: pa.Table) -> pa.Table:
        labels = rows["labels"].to_pylist()
        index = rows["subject"].to_pylist().index("vader")
        labels[index] = [*labels[index], *(f"class {number}" for number in range(count - len(labels[index])))]
        column = pa.array(labels, rows.schema.field("labels").type)
        return rows.set_column(rows.schema.get_field_index("labels"), "labels", column)

    def hard(rows: pa.Table) -> pa.Table:
        frame = rows.to_pandas()
        frame.loc[frame["subject"] == "vader", "probabilities"] = None
        return pa.Table.from_pandas(frame, schema=rows.schema, preserve_index=False)

    return {"subjects": classes, "predictions": hard}


def test_many_classes_are_no_free_answers(republished: Make):
    adviser = republished(**many_classes(150))
    assert adviser.left_out == {}
    assert adviser.students["vader"].student.weights.shape[1] == 150
    assert by(adviser.advise(parse(TEN)).subjects)["vader"]["forecast"] > 0.5


def test_a_subject_of_very_many_classes_is_told(republished: Make):
    adviser = republished(**many_classes(301))
    assert adviser.left_out == {"vader": "its 301 classes are more than the 300 that a student is kept for"}
    note = "No forecast for vader: its 301 classes are more than the 300 that a student is kept for."
    assert note in adviser.advise(parse(TEN)).notes


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ([2] * (BATCH + 1), [BATCH, 1]),
        ([COLUMNS - 1, 1, 1], [2, 1]),
        ([COLUMNS + 1, 1, COLUMNS], [1, 1, 1]),
        ([], []),
    ],
)
def test_batches_are_of_so_many_and_so_wide(widths: list[int], expected: list[int]):
    grouped = list(batches(widths, lambda width: width))
    assert [len(batch) for batch in grouped] == expected
    assert [width for batch in grouped for width in batch] == widths


def test_asking_for_advice_is_what_loads_torch():
    heavy = "{'torch', 'transformers', 'duckdb', 'prefect'}"
    modules = "taskatlas.advice.adviser, taskatlas.advice.texts"
    code = f"import sys, {modules}; sys.exit(str({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"


def test_the_python_interface(published: Path, adviser: Adviser):
    atlas = taskatlas.open(published)
    expected = adviser.advise(parse(TEN))
    lines = [line.split("\t") for line in TEN.splitlines()]
    for advice in (atlas.advise(TEN), atlas.advise([text for text, _ in lines], [label for _, label in lines])):
        assert advice.notes == expected.notes
        assert advice.subjects["subject"].to_pylist() == expected.subjects["subject"].to_pylist()
        assert advice.nearest["neighbor"].equals(expected.nearest["neighbor"])
