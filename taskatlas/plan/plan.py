"""The plan: all that a run of a project owes, and what of it is missing.

Keys are computed once, from one reading of cards and state. What later stages owe depends on what earlier ones make
(the content of the examples, the basis of a space, who has a vector), so a plan grows as the stages do their part, and
each of its steps is fixed once it was asked for. What is there is looked up by one look into a folder, and anew after
a stage has made something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import pyarrow as pa

from taskatlas.errors import StoreError
from taskatlas.ingest.known import known_key
from taskatlas.plan.added import plan_added
from taskatlas.plan.answers import Identities, answer_sets_of, measures_of_texts
from taskatlas.plan.cardcontents import card_contents
from taskatlas.plan.cardtables import card_tables
from taskatlas.plan.costs import cost_table
from taskatlas.plan.earlier import earlier_contents, remember_contents
from taskatlas.plan.ingestion import Ingestion
from taskatlas.plan.items import AddedWork, AnswerSet, BenchmarkWork, ModelWork, Source, SpaceWork, TextSet, Vector
from taskatlas.plan.project import Project
from taskatlas.plan.release import release_id
from taskatlas.plan.sources import changed_names, names_of, source_of
from taskatlas.plan.spaces import Space, requested_methods, space_of
from taskatlas.plan.state import State
from taskatlas.plan.transfers import kept_learnt, kept_transfers
from taskatlas.plan.tried import kept_batches
from taskatlas.plan.vectors import SpacePlan, plan_space
from taskatlas.predict.features import encoder_key
from taskatlas.predict.manner import manner_of
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES


class Plan:
    """What one run owes.

    Args:
        project: the project.
        methods: of the spaces; None are those of the last embed stage, or of the project's card where a run asks for
            them.
        measure_only: subjects that have not answered the corpus do not owe it; they get scores, and no vectors and no
            forecasts.
    """

    def __init__(self, project: Project, methods: Sequence[str] | None = None, *, measure_only: bool = False) -> None:
        project.parts.adopt()
        self._measure_only = measure_only
        self.project, self.state = project, State(project.folders.state)
        self._methods = list(methods) if methods else None
        self._text_sets: tuple[TextSet, ...] | None = None
        self._spaces: dict[str, SpacePlan] = {}
        self._basis_ids: dict[str, str] = {}
        self._there: dict[str, frozenset[str]] = {}

    def look_again(self) -> None:
        """Take note that parts were made: what is there is looked up anew when it is asked for next."""
        self._there.clear()

    def start_over(self) -> None:
        """Look at everything anew, as after a part was lost."""
        folder, methods, measure_only = self.project.folder, self._methods, self._measure_only
        vars(self).clear()
        Plan.__init__(self, Project(folder), methods, measure_only=measure_only)

    def measure_alone(self) -> None:
        """Have subjects answer test splits, and the corpus only where they have done so already."""
        self._measure_only = True
        vars(self).pop("answer_sets", None)

    # ingest

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Everything that is to be read and checked, the corpus last. Reads the bytes of the sources."""
        return tuple(source_of(self.project, kind, name) for kind, name in names_of(self.project))

    @cached_property
    def ingestion(self) -> Ingestion:
        """What the ingest stage owes of the sources."""
        return Ingestion(self.project, self.sources)

    @cached_property
    def known_scores(self) -> dict[str, str]:
        """The key of each card's known scores, by its name."""
        return {name: known_key(card) for name, card in self.project.registry.known_scores.items()}

    @cached_property
    def known_transfers(self) -> dict[str, str]:
        """The key of each card's known transfers, by its name."""
        return {name: known_key(card) for name, card in self.project.registry.known_transfers.items()}

    @property
    def known(self) -> list[tuple[str, str, str]]:
        """What is known from elsewhere: the kind of part, the card's name, and the key."""
        return [
            *(("known_scores", name, key) for name, key in self.known_scores.items()),
            *(("known_transfers", name, key) for name, key in self.known_transfers.items()),
        ]

    def recall_text_sets(self) -> bool:
        """Take note of all text sets where they and all that is known from elsewhere are there already; return whether
        they are."""
        is_known = all(self.project.parts.has(kind, key) for kind, _, key in self.known)
        if not is_known or not self.ingestion.is_complete():
            return False
        self.take_text_sets()
        return True

    def look_at_text_sets(self) -> None:
        """Take note of the text sets, all of which are there, for this plan alone."""
        self._text_sets = tuple(self.ingestion.text_set(source) for source in self.sources)

    def take_text_sets(self) -> None:
        """Take note of the text sets, all of which are there, and remember them for runs of later stages alone."""
        self.look_at_text_sets()
        assert self._text_sets is not None, "they are noted"
        remember_contents(self.state, self._text_sets)
        self.state.write("ingest", {"origins": [text_set.as_stored() for text_set in self._text_sets]})

    @property
    def text_sets(self) -> tuple[TextSet, ...]:
        """What the ingest stage left: every dataset, then the corpus.

        Raises:
            StoreError: it has not run yet, or not since a dataset or the corpus was added, renamed or removed.
        """
        if self._text_sets is None:
            try:
                text_sets = tuple(TextSet.stored(entry) for entry in self.state.read("ingest")["origins"])
                [corpus] = [text_set for text_set in text_sets if text_set.kind == "corpus"]
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise StoreError("what the ingest stage left cannot be read", todo="run `taskatlas run`") from error
            if changed := changed_names(self.project, text_sets):
                what = f"the ingest stage has not run since cards came or went: {', '.join(sorted(changed))}"
                raise StoreError(what, todo="run the ingest flow first, or `taskatlas run`")
            self._text_sets = (*(text_set for text_set in text_sets if text_set is not corpus), corpus)
        return self._text_sets

    def require_ingested(self) -> None:
        """Hold the ingest stage to have run on sources and cards as they are.

        Raises:
            StoreError: it has not.
        """
        if not self.recall_text_sets() and self.text_sets:  # these say themselves which cards came or went
            what = "the ingest stage has not run since a source or its card changed"
            raise StoreError(what, todo="run the ingest flow first, or `taskatlas run`")

    @property
    def corpus(self) -> TextSet:
        """The ingested corpus."""
        return self.text_sets[-1]

    @cached_property
    def datasets(self) -> dict[str, TextSet]:
        """The ingested datasets by name."""
        return {text_set.name: text_set for text_set in self.text_sets[:-1]}

    # predict

    @cached_property
    def identities(self) -> Identities:
        """The content hashes of models and subjects."""
        return Identities(self.project, self.datasets)

    @cached_property
    def answer_sets(self) -> dict[str, list[AnswerSet]]:
        """All answer sets that are owed, and those to datasets that runs measure no more, as far as they are there, by
        model."""
        owed: dict[str, list[AnswerSet]] = {model: [] for model in self.project.registry.models}
        earlier = earlier_contents(self.state, self.text_sets)
        for subject in self.project.subjects.values():
            meant = self.project.registry.meant(subject)
            asked = [self.corpus, *(self.datasets[card.name] for card in meant)]
            sets = answer_sets_of(self.project, subject, self.identities, asked, earlier)
            owed[subject.model.name] += filter(self._is_owed_or_there, sets)
        return owed

    def _is_owed_or_there(self, answers: AnswerSet) -> bool:
        kind, name = answers.text_set
        if kind == "corpus":
            return not self._measure_only or answers.key in self._keys("predictions")
        if self.project.registry.datasets[name].measure:
            return True
        return answers.key in self._keys("predictions") and answers.scores in self._keys("scores")

    @property
    def all_answer_sets(self) -> list[AnswerSet]:
        """All answer sets that are owed, of all models."""
        return [each for sets in self.answer_sets.values() for each in sets]

    def model_works(self) -> list[ModelWork]:
        """Return what every model is to answer, as it is now."""
        answered, scored = self._keys("predictions"), self._keys("scores")
        works = []
        for model, sets in self.answer_sets.items():
            missing = tuple(
                each for each in sets if each.key not in answered or (each.scores and each.scores not in scored)
            )
            works.append(ModelWork(model, missing, len(sets), self.text_sets))
        return works

    def is_answered(self) -> bool:
        """Return whether the predict stage has nothing to do."""
        return not any(work.answer_sets for work in self.model_works())

    def require_answers(self) -> None:
        """Hold the predict stage to have answered all that subjects owe.

        Raises:
            StoreError: it has not, or the ingest stage has not run.
        """
        works = self.model_works()
        missing = sum(len(work.answer_sets) for work in works)
        _require("predict", missing, sum(work.total for work in works), "answer sets")

    @cached_property
    def tried(self) -> dict[tuple[str, str], list[str]]:
        """The batches of calls that `taskatlas try` has kept, by subject and dataset."""
        there = self._keys("tried")
        return kept_batches(self.project, self.identities, self.datasets, there) if there else {}

    # transfers

    @cached_property
    def transfers(self) -> dict[tuple[str | None, str], str]:
        """The transfers that `taskatlas transfer` has measured as the project's card says, by source and target."""
        return kept_transfers(self.project, self.datasets, self._keys("measured_transfers"))

    @property
    def learnt(self) -> dict[str, str]:
        """What `taskatlas transfer` has tuned on datasets, by dataset."""
        return kept_learnt(self.project, self.datasets, self._keys("learnt"))

    # embed

    @property
    def methods(self) -> list[str]:
        """The methods of this run, else of the last embed stage.

        Raises:
            StoreError: there was none, or what it left cannot be read.
            UnknownNameError: it left a name that is no method's.
        """
        if self._methods is None:
            names = self.state.read("embed").get("methods")
            if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
                raise StoreError("what the embed stage left cannot be read", todo="run `taskatlas run`")
            self._methods = requested_methods(self.project.registry, names)
        return self._methods

    def request_methods(self, names: Sequence[str] | None) -> list[str]:
        """Choose the methods of this run: these, else those of the project's card.

        Raises:
            UnknownNameError: a name that is no method's.
        """
        self._methods = requested_methods(self.project.registry, names)
        return self._methods

    def keep_methods(self) -> None:
        """Remember the methods of this run for runs of later stages alone."""
        self.state.write("embed", {"methods": self.methods})

    @cached_property
    def spaces(self) -> dict[str, Space]:
        """The space of each method."""
        return {method: space_of(self.project.registry, method) for method in self.methods}

    def is_pinned(self, method: str) -> bool:
        """Return whether the space's basis, or its initialisation, is pinned already."""
        key = self.spaces[method].space_id
        return self.project.parts.has("bases", key) and self.project.parts.has("bases", key, ".npz")

    @property
    def renewed_spaces(self) -> list[str]:
        """Ids of the spaces that somebody asked to begin anew, although vectors of theirs were published."""
        try:
            return [str(space_id) for space_id in self.state.read("renewed_spaces")["space_ids"]]
        except (StoreError, KeyError, TypeError):
            return []

    def renew_spaces(self, space_ids: Iterable[str]) -> None:
        """Remember that spaces are to be begun anew."""
        self.state.write("renewed_spaces", {"space_ids": sorted({*self.renewed_spaces, *space_ids})})

    def renewals_published(self) -> None:
        """Take note that vectors of today's bases are published; none is made anew again unless somebody asks."""
        if self.renewed_spaces:
            self.state.write("renewed_spaces", {"space_ids": []})

    def basis_id(self, method: str) -> str:
        """Return the content hash of what a space has pinned, without reading it."""
        if method not in self._basis_ids:
            manifest = self.project.parts.manifest("bases", self.spaces[method].space_id)
            self._basis_ids[method] = str(manifest["basis_id"])
        return self._basis_ids[method]

    def space_plan(self, method: str) -> SpacePlan:
        """Return what a method's space owes. Its basis must be pinned."""
        if method not in self._spaces:
            space, basis_id = self.spaces[method], self.basis_id(method)
            self._spaces[method] = plan_space(self.project, space, basis_id, self.text_sets, self.all_answer_sets)
        return self._spaces[method]

    def dataset_vectors(self, method: str) -> tuple[Vector, ...]:
        """Return the vectors of datasets that a method's space owes, which can be told without any answers."""
        plan = plan_space(self.project, self.spaces[method], self.basis_id(method), self.text_sets, ())
        return plan.vectors

    def space_work(self, method: str) -> SpaceWork:
        """Return what is to be made in a method's space, as it is now."""
        plan = self.space_plan(method)
        embedded, flagged, raw = self._keys("embeddings"), self._keys("flags"), self._keys("raw_forecasts")

        def is_missing(vector: Vector) -> bool:
            if vector.key in flagged:
                return False
            return vector.key not in embedded or (vector.raw_forecasts is not None and vector.raw_forecasts not in raw)

        missing = tuple(vector for vector in plan.vectors if is_missing(vector))
        flags = sum(vector.key in flagged for vector in plan.vectors)
        unchecked = plan.seed_check and not self.project.parts.has("seed_checks", plan.seed_check)
        check = plan.seed_check if unchecked else None
        return SpaceWork(method, missing, len(plan.vectors), flags, check, plan.sample, self.text_sets)

    def recall_vectors(self) -> bool:
        """Take note of this run's methods where all that their spaces owe is there already, and return whether it
        is."""
        if not all(self.is_pinned(method) for method in self.methods):
            return False
        if any(work.vectors or work.seed_check for work in map(self.space_work, self.methods)):
            return False
        if not self._keys("neighbors").issuperset(self.neighbors.values()):
            return False
        self.keep_methods()
        return True

    def require_vectors(self) -> None:
        """Hold the embed stage to have made every vector of its methods.

        Raises:
            StoreError: it has not, or a stage before it has not run.
        """
        self.require_answers()
        for method in self.methods:
            if not self.is_pinned(method):
                _require("embed", 1, 1, f"bases (of {self.spaces[method].name})")
        works = [self.space_work(method) for method in self.methods]
        missing = sum(len(work.vectors) + bool(work.seed_check) for work in works)
        _require("embed", missing, sum(work.total for work in works), "vectors")

    @cached_property
    def vectors(self) -> dict[str, tuple[Vector, ...]]:
        """The vectors that are there, by method, once the embed stage is done; a space that has none is left out."""
        embedded = self._keys("embeddings")
        there = {
            method: tuple(vector for vector in self.space_plan(method).vectors if vector.key in embedded)
            for method in self.methods
        }
        return {method: vectors for method, vectors in there.items() if vectors}

    @cached_property
    def neighbors(self) -> dict[str, str]:
        """The key of the neighbours in each space that has vectors, by method: its vectors, and how many are kept."""
        count = self.project.registry.project.neighbors
        return {
            method: GRAPH["neighbors"].key(self.spaces[method].name, count, sorted(vector.key for vector in vectors))
            for method, vectors in self.vectors.items()
        }

    # benchmark

    @cached_property
    def benchmark_work(self) -> BenchmarkWork:
        """What forecasts are calibrated by and held against, once the embed stage is done."""
        raw_there = self._keys("raw_forecasts")
        vectors = [vector for of_space in self.vectors.values() for vector in of_space]
        raw = [each.raw_forecasts for each in vectors if each.raw_forecasts and each.raw_forecasts in raw_there]
        scored = tuple(each for each in self.all_answer_sets if each.scores)
        scores = [each.scores for each in scored if each.scores]
        forecasts = GRAPH["forecasts"].key(sorted(raw), sorted(scores))
        families = {name: card.family for name, card in self.project.registry.datasets.items()}
        # datasets with fields or choices were once taken for single texts; without such ones, nothing changed
        further = sorted(name for name, card in self.project.registry.datasets.items() if card.columns.further)
        further_names = [further] if further else []
        transfers = sorted(self.transfers.values())
        measured = [{"transfers": transfers}] if transfers else []
        elsewhere = sorted(self.known_transfers.values())
        measured += [{"known_transfers": elsewhere}] if elsewhere else []
        vector_keys = sorted(vector.key for vector in vectors)
        key = GRAPH["benchmarks"].key(vector_keys, forecasts, families, *further_names, *measured)
        known = (tuple(raw), tuple(scores), scored, self.vectors, self.text_sets, tuple(transfers), tuple(elsewhere))
        return BenchmarkWork(key, forecasts, *known)

    def is_measured(self) -> bool:
        """Return whether vectors and forecasts have been held against what was measured."""
        work, parts = self.benchmark_work, self.project.parts
        owed = (("benchmarks", work.key), ("forecasts", work.forecasts), ("forecast_flags", work.forecasts))
        return all(parts.has(kind, key) for kind, key in owed)

    def is_benchmarked(self) -> bool:
        """Return whether the benchmark stage, and those that are an entry of the graph, have nothing to do."""
        return self.is_measured() and all(self.is_stored(work) for work in self.added_works)

    # stages that are an entry of the graph

    @cached_property
    def added_works(self) -> list[AddedWork]:
        """What stages make that were added by an entry of the graph, in its order."""
        keys = {
            **self._stage_parts,
            "rows": [text_set.rows for text_set in self.text_sets],
            "good": [text_set.quality for text_set in self.text_sets],
            "seed_checks": self.seed_checks,
            "raw_forecasts": list(self.benchmark_work.raw_forecasts),
            # all texts of the surrogate, whose parts begin with its key
            "features": [self._surrogate_key],
            "bases": [self.basis_id(method) for method in self.methods],
            "cards": [*card_contents(self.project), *measures_of_texts(self.project)],
            "tried": [key for keys in self.tried.values() for key in keys],
            "measured_transfers": list(self.transfers.values()),
        }
        return plan_added(keys)

    @property
    def _surrogate_key(self) -> str:
        card = self.project.registry.surrogate
        # its manner depends on no device
        return encoder_key(card.weights, manner_of(card, "cpu"))

    def is_stored(self, work: AddedWork) -> bool:
        """Return whether the part of a stage that is an entry of the graph is there."""
        return self.project.parts.has(work.kind, work.key)

    # publish

    @cached_property
    def table_parts(self) -> dict[str, list[str]]:
        """Keys of the parts that each table of a release is put together from."""
        added = {work.kind: [work.key] for work in self.added_works if work.kind in TABLES}
        return {**self._stage_parts, **added}

    @cached_property
    def _stage_parts(self) -> dict[str, list[str]]:
        """Keys of the parts of the stages up to the benchmark, by table."""
        answer_sets, quality = self.all_answer_sets, [text_set.quality for text_set in self.text_sets]
        return {
            "examples": [text_set.examples for text_set in self.text_sets],
            "quality": quality,
            "quarantine": quality,
            "known_scores": list(self.known_scores.values()),
            "known_transfers": list(self.known_transfers.values()),
            "predictions": [each.key for each in answer_sets],
            "scores": [each.scores for each in answer_sets if each.scores],
            "embeddings": [vector.key for vectors in self.vectors.values() for vector in vectors],
            "neighbors": list(self.neighbors.values()),
            "forecasts": [self.benchmark_work.forecasts],
            "benchmarks": [self.benchmark_work.key],
        }

    @cached_property
    def map_ids(self) -> dict[str, str]:
        """By method, the content hash of what a space's picture is made from: its vectors, and how they are laid out.

        The picture before is not in it, so where the vectors stay, every point does.
        """
        layout = self.project.registry.project.layout
        return {
            method: GRAPH["maps"].key(self.spaces[method].name, layout, sorted(vector.key for vector in vectors))
            for method, vectors in self.vectors.items()
        }

    @cached_property
    def card_tables(self) -> dict[str, pa.Table]:
        """The tables of a release that hang on what cards say, by name."""
        costs = cost_table(self.project, self.answer_sets, self.tried)
        return {**card_tables(self.project, self.identities, self.text_sets), "costs": costs}

    @cached_property
    def release_id(self) -> str:
        """The content hash of the release that the stages have left; each has done its part."""
        return release_id(self.table_parts, self.map_ids.values(), self.seed_checks, self.card_tables)

    @property
    def seed_checks(self) -> list[str]:
        """Keys of the seed checks, of the spaces whose method trains."""
        return [key for method in self.methods if (key := self.space_plan(method).seed_check)]

    def require_parts(self) -> None:
        """Hold every part that a release is put together from to be there.

        Raises:
            StoreError: one is missing.
        """
        for table, keys in self.table_parts.items():
            there = self._keys(table)
            missing = sum(key not in there for key in keys)
            _require(GRAPH[table].stage, missing, len(keys), f"parts of the table {table}")

    def _keys(self, kind: str) -> frozenset[str]:
        """Keys of the parts that were there when the plan looked last."""
        if kind not in self._there:
            self._there[kind] = self.project.parts.keys(kind)
        return self._there[kind]


def _require(stage: str, missing: int, owed: int, unit: str) -> None:
    if missing:
        since = "has not run yet, or not since something changed"
        what = f"the {stage} stage {since}: {missing} of {owed} {unit} are missing"
        raise StoreError(what, todo=f"run the {stage} flow first, or `taskatlas run`")
