"""Tasks of mteb become cards by what the package says; nothing is fetched, and what no card could hold is told."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from benchmarks.mteb_rows import has_own_transform, reads_the_same
from taskatlas.importers.importing import import_files
from taskatlas.importers.mteb.counted import counted_rows
from taskatlas.importers.mteb.package import load_mteb
from taskatlas.importers.mteb.transform import rows_on_hub
from taskatlas.importers.options import ImportOptions
from taskatlas.importers.report import Outcome
from taskatlas.ingest.read import read_dataset
from taskatlas.installed import extras
from taskatlas.registry.load import load
from taskatlas.schemas.cards import DatasetCard
from tests.support.command_line import run_cli
from tests.support.imported_files import one

pytest.importorskip("mteb", reason="mteb is not installed")
AMAZON = "hf:mteb/amazon_counterfactual@1f7e6a9d6fa6e64c53d146e428565640410c0df1"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch):
    """No test here may reach for the network."""

    def refuse(*_: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def imported(project: Path, *words: str, **options: object) -> list[Outcome]:
    return import_files(project, [Path(word) for word in words], ImportOptions(**options))  # type: ignore[arg-type]


def card_of(project: Path, word: str, **options: object) -> tuple[DatasetCard, str]:
    (outcome,) = imported(project, word, **options)
    assert outcome.state == "imported", outcome.note
    return load(project).datasets[Path(outcome.card or "").stem], outcome.note


def test_a_card_says_what_mteb_says(project: Path):
    (outcome,) = imported(project, "mteb:AmazonCounterfactualClassification/en")
    assert outcome == Outcome(
        "mteb:AmazonCounterfactualClassification/en", "", "imported",
        "datasets/amazoncounterfactualclassification-en.yaml",
        "2 labels, codes without names: give them with --labels, or with label_map on the card; "
        "mteb evaluates on validation, too; family: amazoncounterfactualclassification (--family)",
    )  # fmt: skip
    fields = yaml.safe_load((project / (outcome.card or "")).read_text())
    description = fields.pop("description")
    assert description.startswith("mteb:AmazonCounterfactualClassification/en, Classification, as mteb 2.")
    assert "Languages: eng-Latn. Labels are codes without names. Reference: https://arxiv.org/" in description
    assert fields == {
        "name": "amazoncounterfactualclassification-en",
        "license": "cc-by-4.0",
        "family": "amazoncounterfactualclassification",
        "domain": "Reviews, Written",
        "source": f"{AMAZON}:en:{{split}}",
        "labels": ["0", "1"],
    }
    (again,) = imported(project, "mteb:amazoncounterfactualclassification/EN")
    assert again.state == "there already"


@pytest.mark.parametrize(("word", "columns", "source", "labels"), [
    ("Banking77Classification", ("text", None, "label"), "hf:mteb/banking77@*:{split}", 77),
    ("MassiveScenarioClassification/en", ("text", None, "label"), "hf:mteb/amazon_massive_scenario@*:en:{split}", 18),
    ("TweetSarcasmClassification", ("tweet", None, "sarcasm"), "*:{split}", 2),  # mteb renames both
    ("MasakhaNEWSClassification/eng", ("text", None, "category"), "*:eng:{split}", 6),  # in a loop over languages
    ("WRIMEClassification.v2", ("text", None, "label"), "hf:mteb/wrime@*:ver2:{split}", 5),  # a configuration
    ("SprintDuplicateQuestions", ("sent1", "sent2", "labels"), "*::test", 2),
    ("PubChemSynonymPC", ("title", "synonyms", "labels"), "*::test", 2),  # mteb packs the pairs
    ("STSBenchmark", ("sentence1", "sentence2", "score"), "*::test", (0, 5)),
    ("CDSC-R", ("sentence1", "sentence2", "score"), "*::test", (0, 5)),  # it says 1, and 0 was counted
    ("STSBenchmarkMultilingualSTS/de", ("sentence1", "sentence2", "similarity_score"), "*:de:test", (0, 5)),
    ("STS17/en-de", ("sentence1", "sentence2", "score"), "*:en-de:test", (0, 5)),
    ("RuSciBenchYearPublRegression/yearpubl_en", ("text", None, "value"), "*:yearpubl_en:{split}", (2007, 2022)),
])  # fmt: skip
def test_columns_source_and_labels(
    project: Path, word: str, columns: tuple[str | None, ...], source: str, labels: int | tuple[float, float]
):
    card, note = card_of(project, f"mteb:{word}")
    assert (card.columns.text, card.columns.text_pair, card.columns.label) == columns
    before, _, after = source.partition("*")
    assert card.source.startswith(before)
    assert card.source.endswith(after)
    assert len(card.source.partition("@")[2].partition(":")[0]) == 40, "a whole commit"
    if isinstance(labels, int):
        assert len(card.labels) == labels
        assert f"{labels} labels" in note
    else:
        assert (card.labels, card.value_range) == ("number", labels)
        assert f"numbers from {labels[0]} to {labels[1]}" in note
    assert ("alone, which is divided" in note) == ("{split}" not in source)
    assert ("pairs lie in lists" in note) == (word == "SprintDuplicateQuestions")


@pytest.mark.parametrize("name", [
    "TweetSarcasmClassification", "LanguageClassification", "VaccinChatNLClassification", "MasakhaNEWSClassification",
    "STSBenchmarkMultilingualSTS", "PubChemSynonymPC", "PubChemWikiPairClassification", "Assin2RTE", "Ddisco",
])  # fmt: skip
def test_mteb_itself_finds_texts_and_labels_in_the_columns_of_the_card(name: str):
    task = load_mteb().tasks[name]
    assert has_own_transform(task)
    assert reads_the_same(task, rows_on_hub(task))
    columns = rows_on_hub(task).columns
    exchanged = columns.model_copy(update={"text": columns.label, "label": columns.text})
    assert not reads_the_same(task, replace(rows_on_hub(task), columns=exchanged))


def test_what_else_a_person_should_know_is_told(project: Path):
    _, superseded = card_of(project, "mteb:Banking77Classification")
    assert "superseded by Banking77Classification.v2" in superseded
    sampled, note = card_of(project, "mteb:ToxicConversationsClassification", family="toxicity")
    assert "mteb takes a sample of its rows, and the card all" in note
    assert sampled.family == "toxicity"
    assert "family" not in note
    long, _ = card_of(project, "mteb:ArxivClassification")
    assert long.max_chars > 8_000


@pytest.mark.parametrize(("word", "reason"), [
    ("NFCorpus", "it ranks documents by queries"),
    ("SciDocsRR", "it ranks documents by queries"),
    ("TwentyNewsgroupsClustering", "it groups texts"),
    ("SummEval", "it rates many summaries of a text at once"),
    ("Tatoeba/deu-eng", "it looks for translations"),
    ("MultiEURLEXMultilabelClassification/en", "a text of it has several labels"),
    ("RuToxicOKMLCUPMultilabelClassification", "a text of it has several labels"),
    ("CIFAR10", "it is made of more than text (image)"),
    ("SynPerChatbotConvSAClassification", "of other tasks"),
    ("XNLI/en", "code of mteb makes its rows"),
    ("KLUE-TC", "code of mteb makes its rows"),
    ("TweetTopicSingleClassification", "code of mteb makes its rows"),  # one split becomes another
    ("TurkicClassification/ba", "code of mteb makes its rows"),  # it loads them by itself
    ("SouthAfricanLangClassification", "its column ' text' begins or ends with a blank"),
    ("AfriXNLI/gaz", "mteb has not counted its labels"),
    ("banking", "no task of mteb is called 'banking'. Known are: Banking77Classification, Ban"),
    ("Bankng77Classification", "Did you mean 'Banking77Classification'?"),
    ("Massive", "Known are: MassiveIntentClassification, Massive"),
    ("*nothing like it*", "no task of mteb is called like that. Write a pattern in quotes, such as 'mteb:*Intent*'"),
    ("STS17/xx", "no subset of STS17 is called 'xx'. Known are: ar-ar, en-ar"),
    ("STSBenchmark/en", "the task has no subsets. Write mteb:STSBenchmark"),
])  # fmt: skip
def test_what_is_left_out_says_why(project: Path, word: str, reason: str):
    before = sorted(project.rglob("*"))
    (outcome,) = imported(project, f"mteb:{word}")
    assert outcome.file.startswith("mteb:")
    assert (outcome.state, outcome.card) == ("left out", None)
    assert reason in outcome.note
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(("statistics", "reason"), [
    (None, "mteb has not counted its labels"),
    ({"test": {"label_statistics": {"labels": {"1": {"count": 9}}}}}, "all its rows have one label"),
])  # fmt: skip
def test_rows_that_make_no_dataset(statistics: dict[str, object] | None, reason: str):
    with pytest.raises(Exception, match=reason):
        counted_rows(statistics, ["test"], None)


def test_patterns_mean_tasks_that_nothing_supersedes(project: Path):
    outcomes = imported(project, "mteb:*banking*", "mteb:Massive*/[de][en]")
    assert [(each.file, each.state) for each in outcomes] == [
        ("mteb:Banking77Classification.v2", "imported"),
        ("mteb:Banking77VNClassification", "imported"),
        ("mteb:MassiveIntentClassification/de", "imported"),
        ("mteb:MassiveIntentClassification/en", "imported"),
        ("mteb:MassiveScenarioClassification/de", "imported"),
        ("mteb:MassiveScenarioClassification/en", "imported"),
    ]


def test_a_task_without_a_subset_is_all_of_them(project: Path):
    outcomes = imported(project, "mteb:AmazonCounterfactualClassification")
    assert {each.file.partition("/")[2] for each in outcomes} == {"en", "en-ext", "de", "ja"}
    families = {load(project).datasets[Path(each.card or "").stem].family for each in outcomes}
    assert families == {"amazoncounterfactualclassification"}


def test_codes_are_read_under_the_names_that_a_person_gives_them(project: Path):
    word = "mteb:AmazonCounterfactualClassification/de"
    card, note = card_of(project, word, labels=("fact", "counterfactual"))
    assert card.label_map == {"0": "fact", "1": "counterfactual"}
    assert "2 labels: 0 → fact, 1 → counterfactual" in note
    assert "codes without names" not in card.description
    rows = project / "rows"
    rows.mkdir()
    for split in ("train", "test"):  # as they stand on the hub
        lines = [json.dumps({"text": f"{split} {n}", "label": n % 2}) for n in range(4)]
        (rows / f"{split}.jsonl").write_text("\n".join(lines))
    table = read_dataset(card.model_copy(update={"source": "hf:./rows:{split}"}), project)
    assert table["label"].to_pylist() == ["fact", "counterfactual"] * 4
    (other,) = imported(project, word, labels=("a", "b", "c"))
    assert other.note == (
        "it has 2 labels, and --labels names 3. Name all of them, in the order of their codes, or none"
    )
    (number,) = imported(project, "mteb:STSBenchmark", labels=("a", "b"))
    assert number.note == "its labels are numbers, and --labels names classes. Leave --labels out"


def test_another_card_of_the_name_stays_unless_it_is_to_be_replaced(project: Path):
    card_of(project, "mteb:CDSC-R")
    (other,) = imported(project, "mteb:CDSC-R", family="likeness")
    assert (other.state, "another card is called 'cdsc-r'" in other.note) == ("left out", True)
    (replaced,) = imported(project, "mteb:CDSC-R", family="likeness", replace=True)
    assert replaced.state == "replaced"
    assert load(project).datasets["cdsc-r"].family == "likeness"


def test_the_command_takes_tasks_and_files(project: Path, tmp_path: Path):
    sheet = tmp_path / "templates.yaml"
    sheet.write_text(one("{{review}} ||| {{answer_choices[label]}}"))
    done = run_cli("import", "mteb:STSBenchmark", sheet, "--project", project, "--json")
    assert (done.code, done.err) == (0, "")
    assert [row["card"].partition("/")[0] for row in json.loads(done.out)] == ["datasets", "prompts"]
    told = run_cli("import", "tasks", "mteb:CDSC-R", "mteb:NFCorpus", "--family", "likeness", "-p", project)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[:3] == [
        "imported       datasets/cdsc-r.yaml  (numbers from 0 to 5; the split test alone, which is divided)",
        "left out       mteb:NFCorpus  (it ranks documents by queries, and a dataset has texts with labels)",
        "1 imported, 0 there already, 1 left out.",
    ]
    assert run_cli("import", "tasks", "mteb:NFCorpus", "-p", project).code == 1


def test_many_that_are_left_out_are_counted_by_reason(project: Path):
    words = ["NFCorpus", "SciFact", "ArguAna", "SummEval", "KLUE-TC", "XNLI/de"]
    told = run_cli("import", "tasks", *(f"mteb:{word}" for word in words), "-p", project)
    assert told.out.splitlines()[-4:] == [
        "0 imported, 0 there already, 6 left out.",
        "       3  it ranks documents by queries, and a dataset has texts with labels",
        "       2  code of mteb makes its rows of those on the hub, and a card runs no code",
        "       1  it rates many summaries of a text at once, and a row of a dataset has one label",
    ]


def test_without_the_package_its_extra_is_named(project: Path, monkeypatch: pytest.MonkeyPatch):
    load_mteb.cache_clear()
    monkeypatch.setitem(sys.modules, "mteb", None)
    monkeypatch.setattr(extras, "_installed", lambda _: False)
    failed = run_cli("import", "tasks", "mteb:STSBenchmark", "-p", project)
    assert (failed.code, failed.out) == (2, "")
    assert "the package mteb is not installed" in failed.err
    assert "pip install 'taskatlas[mteb]'" in failed.err


def test_where_the_package_cannot_make_its_folder_that_is_told(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "mteb.py").write_text("raise PermissionError(13, 'Permission denied', '/home/nobody')")
    load_mteb.cache_clear()
    monkeypatch.delitem(sys.modules, "mteb")
    monkeypatch.syspath_prepend(tmp_path)
    failed = run_cli("import", "tasks", "mteb:STSBenchmark", "-p", project)
    assert (failed.code, failed.out) == (2, "")
    assert "mteb cannot make its folder (Permission denied: /home/nobody). Set MTEB_CACHE to a" in failed.err
