"""The tables of a release; `docs/data_dictionary.md` is generated from here."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from taskatlas.schemas.columns import FIELDS, FLOATS, Table, column, count, names, number, table, text
from taskatlas.schemas.vectors import EMBEDDINGS, MAPS, NEIGHBORS, REGIONS, SPACES

_DATASET = text("dataset", "Name of the dataset's card.")
_SUBJECT = text("subject", "Name of the subject: model/prompt, or the model alone where it takes no prompt.")
_ORIGIN_KIND = text("origin_kind", "'dataset' or 'corpus'.")
_ORIGIN = text("origin", "Name of the dataset or corpus.")
_SPLIT = text("split", "'train' or 'test' of a dataset; 'corpus' of a corpus.")
_TEXT_ID = text(
    "text_id", "Content hash of the cleaned text and text_pair, and of fields and choices where there are any."
)
_METRIC = text("metric", "accuracy and macro_f1 for classes; spearman for numbers.")
_SCORES_METRIC = text(
    "metric",
    "accuracy and macro_f1 for classes; spearman for numbers; exact_match, f1, rouge_l and chrf for texts, and "
    "similarity where the dataset's card says so.",
)
_LOW = number("low", "Lower end of the 90% interval.")
_HIGH = number("high", "Upper end of the 90% interval.")

DATASETS = table(
    "datasets",
    "a dataset of the registry",
    "dataset",
    _DATASET,
    text("dataset_id", "Content hash of its cleaned examples."),
    text("family", "The kind of task, as the card says."),
    text("domain", "What the texts are about, as the card says."),
    text("language", "What the texts are written in, as the card says: a tag of BCP 47; mul: several.", nullable=True),
    text("description", "As the card says."),
    text("license", "As the card says."),
    text("source", "As the card says; no path of a machine."),
    text("label_kind", "'classes', 'number' or 'text'."),
    names("labels", "The class names; empty for numbers and texts."),
    column("pair", pa.bool_(), "Whether examples have a second text."),
    count("n_train", "Labelled examples in the train split, after cleaning and sampling."),
    count("n_test", "Labelled examples in the test split, after cleaning and sampling."),
    count("n_duplicates", "Exact duplicates removed."),
    count("n_near_duplicates", "Near duplicates with the same label that were removed.", nullable=True),
    count("n_near_kept", "Near duplicates that stayed, as its texts are alike by nature.", nullable=True),
    count("n_conflicting", "Texts that were there with several labels: one of them stays.", nullable=True),
    count("n_near_conflicting", "Near duplicates with another label, which stay.", nullable=True),
    count("n_quarantined", "Bad rows kept apart in quarantine."),
)
MODELS = table(
    "models",
    "a model of the registry",
    "model",
    text("model", "Name of the model's card."),
    text("model_id", "Content hash of everything on the card that changes its outputs."),
    text("kind", "How it answers, as the card says: encoder, probe, classifier, causal, endpoint, ..."),
    text("description", "As the card says."),
    text("license", "As the card says."),
    text("revision", "Pinned revision of the weights, package or file.", nullable=True),
    text("sha256", "Of the weights or the file, where there is one; verified at load.", nullable=True),
)
PROMPTS = table(
    "prompts",
    "a prompt of the registry",
    "prompt",
    text("prompt", "Name of the prompt's card."),
    text("prompt_version", "Content hash of all that it shows and of its choices."),
    text("description", "As the card says."),
    text("template", "How the input is shown (Jinja2)."),
    text("answer", "How an answer choice is shown (Jinja2)."),
    text("followup", "How the second question is shown after the first answer (Jinja2); null: none.", nullable=True),
    names("labels", "The labels that can be answered."),
    names("choices", "Their answer texts, in the order of labels."),
    names("families", "Families that the prompt is meant for."),
    names("datasets", "Datasets that the prompt is meant for, besides those of its families."),
    text("demonstrations", "'fixed', 'random' or 'nearest': how shown examples are chosen; null: none.", nullable=True),
    text("demonstrations_of", "The dataset whose train split they are taken from; null: the card.", nullable=True),
    count("n_demonstrations", "At most how many answered examples the prompt shows."),
)
SUBJECTS = table(
    "subjects",
    "a subject: one (model@revision, prompt@version)",
    "subject",
    _SUBJECT,
    text("subject_id", "Content hash of model_id, prompt_version and what demonstrations are taken from."),
    text("model", "Name of the model's card."),
    text("prompt", "Name of the prompt's card; null for a model without prompts.", nullable=True),
    text("output_kind", "'classes', 'number' or 'text'."),
    names("labels", "The labels that it can answer; predictions.probabilities are in this order."),
    names("families", "Families whose test splits it answers."),
)
CORPORA = table(
    "corpora",
    "a corpus of the registry",
    "corpus",
    text("corpus", "Name of the corpus' card."),
    text("corpus_id", "Content hash of its cleaned texts."),
    text("description", "As the card says."),
    text("license", "As the card says."),
    text("language", "What the texts are written in, as the card says: a tag of BCP 47; mul: several.", nullable=True),
    count("n_texts", "Texts after cleaning and sampling."),
    count("n_duplicates", "Exact duplicates removed."),
    count("n_near_duplicates", "Near duplicates removed.", nullable=True),
    count("n_leaked", "Texts removed because they equal or nearly equal a labelled test text."),
    count("n_quarantined", "Bad rows kept apart in quarantine."),
)
EXAMPLES = table(
    "examples",
    "a cleaned text: a labelled example of a dataset or an unlabelled text of a corpus",
    "origin_kind origin split text_id",
    _ORIGIN_KIND,
    _ORIGIN,
    _SPLIT,
    _TEXT_ID,
    text("text", "Cleaned text: Unicode NFC, control characters stripped."),
    text("text_pair", "Second text of a pair.", nullable=True),
    text("label", "Class name; null for numbers, texts and corpora.", nullable=True),
    number("value", "Score; null for classes, texts and corpora.", nullable=True),
    column("fields", FIELDS, "Further texts that the card names: name → cleaned text.", nullable=True),
    names("choices", "The row's own choices, of multiple choice; the label says their place: A, B, ...", nullable=True),
    names(
        "answers", "What is right, where answers are texts: any of these; '' where no answer is right.", nullable=True
    ),
)
PREDICTIONS = table(
    "predictions",
    "a subject's answer to a text",
    "subject text_id",
    _SUBJECT,
    _TEXT_ID,
    text("output", "The answer as text."),
    text("label", "The answer's label; null for numbers and free text.", nullable=True),
    number("value", "The answer as a number; null for classes and free text.", nullable=True),
    column("probabilities", FLOATS, "Probability of each of the subject's labels, in their order.", nullable=True),
)
COSTS = table(
    "costs",
    "a subject, with what its answers took: money and tokens where a server gave them, seconds where they were timed",
    "subject",
    _SUBJECT,
    count(
        "answers",
        "Different texts that it answers in the release, or was tried on; those of two datasets are counted apart, and "
        "the two rounds of a followup together.",
    ),
    count("shared", "Of these, those that another subject asked first: paid for once, and counted for each."),
    count(
        "requests",
        "Requests that these answers took, those sent again included, whenever they were sent; 0 where no server was "
        "asked, as for tokens.",
    ),
    count("prompt_tokens", "Tokens that were read, as the server counted them."),
    count("completion_tokens", "Tokens that were written, as the server counted them."),
    count("uncounted", "Answers whose tokens the server did not count; they took more than is said here."),
    number("cost", "These tokens at the prices on the model's card; null where it has none.", nullable=True),
    count(
        "timed",
        "Answers whose seconds are known: none of recorded outputs, and of answers from before seconds were kept. An "
        "answer that several batches made counts in each; a text that is encoded once for several subjects in each.",
        nullable=True,
    ),
    number(
        "seconds_median",
        "Median of the seconds per answer: of a batch's texts each has an equal share; of a server's answers it is the "
        "time from asking to the answer, waits included, divided by how many were under way at once. It is of the "
        "machine and the load that they were made under, and other ones make no release. Null: unknown.",
        nullable=True,
    ),
    number("seconds_p95", "Their 95th percentile; null: unknown.", nullable=True),
)
FORECASTS = table(
    "forecasts",
    "the score that a subject is expected to reach on a dataset, without a call of it there",
    "subject dataset metric",
    _SUBJECT,
    _DATASET,
    _METRIC,
    number("value", "Forecast score: what the student expects, corrected by what scores on other datasets teach."),
    _LOW,
    _HIGH,
    number("student", "What the subject's student alone expects, run on the dataset's labelled train texts."),
    count("n", "Labelled texts that the forecast used."),
    number("fidelity", "Agreement of the student with its subject on corpus texts it was not fitted on."),
)
SCORES = table(
    "scores",
    "the measured score of a subject on a dataset's test split",
    "subject dataset metric",
    _SUBJECT,
    _DATASET,
    _SCORES_METRIC,
    number("value", "Measured score."),
    _LOW,
    _HIGH,
    count("n", "Test examples."),
)
KNOWN_SCORES = table(
    "known_scores",
    "a score that somebody else measured, as it was imported; never mixed with those of the table scores",
    "card subject dataset metric",
    text("card", "Name of the card in known_scores/ that holds it; the same score may stand on several."),
    text("subject", "The subject as its source calls it; one of the registry where the names are equal."),
    text("dataset", "The dataset as its source calls it; one of the registry where the names are equal."),
    text("metric", "accuracy, macro_f1, spearman, or another one under its own name; only like may be compared."),
    number("value", "The score: a share where the metric is one, in whatever way it was written; else as it was."),
    count("n", "Examples that it was measured on; null where nobody says.", nullable=True),
    text("date", "When it was measured: YYYY, YYYY-MM or YYYY-MM-DD; null where nobody says.", nullable=True),
)
KNOWN_TRANSFERS = table(
    "known_transfers",
    "a transfer that somebody else measured, as it was imported; never mixed with those of the table transfers",
    "card setup target source",
    text("card", "Name of the card in known_transfers/ that holds it."),
    text("setup", "The model and how it was trained, as its source calls it; gains of one setup can be compared."),
    text(
        "target", "The dataset that was scored, as its source calls it; one of the registry where the names are equal."
    ),
    text("source", "The dataset that was learnt first, as its source calls it."),
    number("gain", "What the score was more than without the source, as difference or share, as the file has it."),
)
TRANSFERS = table(
    "transfers",
    "how well the surrogate does at a dataset, the target, after it has learnt another one, the source, first",
    "setup target source",
    text("setup", "The surrogate, what of it is tuned, and the first characters of the hash of how it is trained."),
    text("target", "Name of the dataset that it is scored on."),
    text("source", "Name of the dataset that it has learnt first."),
    text("metric", "accuracy for classes; spearman for numbers."),
    number("value", "Score on the target's test split."),
    number("alone", "Score, on the same texts, without the source."),
    number("gain", "value less alone."),
    number("low", "Lower end of the gain's 90% interval, in pairs on the same test texts."),
    number("high", "Upper end of the gain's 90% interval."),
    count("n", "Test examples: those of the target that the source does not hold."),
    count("labels", "Labelled texts of the target that were learnt."),
)
BENCHMARKS = table(
    "benchmarks",
    "how well one way of answering a question did in this release",
    "benchmark method metric",
    text(
        "benchmark",
        "The question: siblings, siblings_hidden (without the names of labels), choice, choice_distinct (without "
        "subjects that make it easy), choice_models, sources, transfer, transfer_in_class (from datasets of the same "
        "kind of task), known_transfer, known_transfer_in_class (of transfers on cards), "
        "forecast, stability (where a part of the corpus is answered).",
    ),
    text("method", "The way of answering it; 'random' is the floor, 'oracle' the best there is."),
    _METRIC,
    number("value", "Result."),
    _LOW,
    _HIGH,
    count("n", "Datasets, or pairs of subject and dataset, averaged over."),
    text("labels_used", "Labels of the target that the method saw."),
    text("calls_used", "Calls of the subject on the target that the method used."),
    text("definition", "What the metric means."),
    text(
        "baseline",
        "The best baseline, which this method is held against; null for itself, and where methods are not compared. "
        "Baselines use no vector or forecast of a subject, and at most 64 labels with calls.",
        nullable=True,
    ),
    number("lead", "Mean over the targets of both of how much better it did than the baseline.", nullable=True),
    number("lead_low", "Lower end of the lead's 90% interval.", nullable=True),
    number("lead_high", "Upper end of the lead's 90% interval.", nullable=True),
    number("p_value", "Two-sided p-value of the lead, of a sign-flip test over the targets.", nullable=True),
)
DESCRIBED = table(
    "described",
    "a dataset of which there is a description and no text yet",
    "dataset",
    text("dataset", "Name of its card in described/."),
    text("description", "As the card says."),
    text("instructions", "What somebody is told who labels it, as the card says.", nullable=True),
    text("license", "As the card says."),
    text("language", "What its texts are to be written in, as the card says: a tag of BCP 47.", nullable=True),
    names("labels", "The class names."),
    text(
        "space",
        "The space `text`, in which its description stands for its texts; null where the run makes no such space.",
        nullable=True,
    ),
    column("vector", FLOATS, "Its vector there, of unit length; null without the space.", nullable=True),
    text("nearest", "The dataset whose description is nearest; null where there is no dataset.", nullable=True),
    number("similarity", "Cosine of the two descriptions in the surrogate.", nullable=True),
)
RECOMMENDATIONS = table(
    "recommendations",
    "a candidate for a question on a dataset, with its place among the others",
    "question dataset candidate",
    text("question", "'prompt': which subject to use, 'model': which model, 'source': which labelled dataset."),
    _DATASET,
    text("candidate", "Name of the subject, model or other dataset; or of a subject of which only scores are known."),
    count(
        "rank",
        "Its place, from 1: by verdict, then by expected score; of those not known to beat the baseline, whoever may "
        "do so first.",
    ),
    text(
        "verdict",
        "'best', 'tied with the best' (the 90% interval of the difference holds 0, in pairs on the same test texts "
        "where both were measured), 'worse', 'no better than always answering' the baseline's class (of numbers: 'no "
        "better than chance'), or 'unknown'.",
    ),
    text(
        "evidence",
        "What that rests on first: 'measured' on the whole test split, 'tried' on some of it, 'known' from elsewhere, "
        "'forecast', or of a dataset without a text its 'description' alone; null: nothing.",
        nullable=True,
    ),
    text(
        "subject",
        "By which it is judged: itself, the model's first, or what was fitted on the dataset or does best "
        "there; null: none.",
        nullable=True,
    ),
    text("metric", "accuracy for classes; spearman for numbers; for texts what the dataset's card says, else f1."),
    number(
        "expected",
        "Mean of all that is known of its score: measured, tried, known, forecast, or several weighted by their "
        "errors.",
        nullable=True,
    ),
    number("low", "Lower end of the 90% interval of the expected score.", nullable=True),
    number("high", "Upper end of the 90% interval of the expected score.", nullable=True),
    number("measured", "Measured score, as in `scores`.", nullable=True),
    number(
        "forecast",
        "Forecast score, as in `forecasts`; else what known scores on other datasets lead one to expect.",
        nullable=True,
    ),
    count(
        "n",
        "Test texts that it was measured or tried on; else examples of the known score, taken as 30 where nobody says; "
        "else labelled texts that the forecast used, or examples of the known scores that it rests on; of a dataset "
        "without a text the datasets that it was measured on; 0 where nothing is known.",
    ),
    number(
        "baseline",
        "What is reached on the test split without any subject: accuracy of always answering its commoner class; of "
        "numbers 0; of texts the more of always answering one of the commonest and of repeating the text. Null where "
        "the test split holds one class, number or answer alone, so that scores there tell nothing, and of a dataset "
        "without a text.",
        nullable=True,
    ),
    text("baseline_label", "That class or answer; null for numbers.", nullable=True),
    number(
        "similarity",
        "Of a source: how much it promises by its likeness, the mean cosine of what the texts are about and of what is "
        "answered, each seen from the mean of all datasets, and a head start for broad sources (`docs/methods.md`). "
        "Sources that scores and forecasts do not tell apart come in this order; null for two datasets, and where all "
        "train labels are one.",
        nullable=True,
    ),
    text("note", "What else to know of it.", nullable=True),
    number(
        "known",
        "What somebody else measured of it in the same metric, as in `known_scores`, on other texts and often by "
        "another prompt: the mean where several cards say it. The verdict on a candidate that was measured here is by "
        "its measured score.",
        nullable=True,
    ),
    text("known_from", "The cards that say so.", nullable=True),
    number("tried", "Score by the calls of `taskatlas try`, with its student as control variate.", nullable=True),
)
QUALITY = table(
    "quality",
    "the result of one expectation on the rows of one text set, entity or table",
    "table_name origin_kind origin expectation column",
    text("table_name", "The table that was validated; 'rows' for the rows of a source."),
    text("origin_kind", "'dataset' or 'corpus' for rows of a source; 'subject', 'space' or 'table'."),
    text("origin", "Name of the dataset, corpus, subject or table."),
    text("expectation", "Great Expectations' name of the expectation."),
    text("column", "The columns it is about, with its condition if any; empty for the whole table."),
    column("success", pa.bool_(), "Whether it held."),
    count("n", "Rows looked at."),
    count("n_unexpected", "Rows that broke it."),
    text("detail", "Settings and what was observed, as JSON."),
)
QUARANTINE = table(
    "quarantine",
    "a bad row of a source, kept apart",
    "origin_kind origin split row",
    _ORIGIN_KIND,
    _ORIGIN,
    text("split", "train, test or all of a dataset; corpus, or corpus:2 for a corpus' second source."),
    count("row", "Row of the source, counted from 1 without the header."),
    text("reason", "What is wrong with it."),
    text("text", "The row's text, cut to 500 characters.", nullable=True),
    text("label", "The row's raw label.", nullable=True),
)
RELEASES = table(
    "releases",
    "a published release",
    "release",
    text("release", "Tag of the release: v1, v2, ..."),
    column("published_at", pa.timestamp("us", tz="UTC"), "When it was published."),
    text("release_id", "Content hash of everything in it."),
    text("project", "Name of the project."),
    text("taskatlas_version", "Version of taskatlas that published it."),
    column("snapshots", pa.map_(pa.string(), pa.int64()), "Table → Iceberg snapshot id."),
)

TABLES: Mapping[str, Table] = {
    entry.name: entry
    for entry in (
        DATASETS, MODELS, PROMPTS, SUBJECTS, CORPORA, SPACES, EXAMPLES, PREDICTIONS, COSTS, FORECASTS, EMBEDDINGS,
        NEIGHBORS, REGIONS, MAPS, SCORES, KNOWN_SCORES, KNOWN_TRANSFERS, TRANSFERS, BENCHMARKS, DESCRIBED,
        RECOMMENDATIONS, QUALITY, QUARANTINE, RELEASES,
    )
}  # fmt: skip
"""Every published table by name, in the order of the data flow; `releases` comes last, as it is written last."""
