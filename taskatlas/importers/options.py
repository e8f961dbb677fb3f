"""What a person says of files that are imported."""

from __future__ import annotations

from dataclasses import dataclass

from taskatlas.errors import InputError


@dataclass(frozen=True)
class ImportOptions:
    """What a person says of the templates.

    Attributes:
        text: the column that becomes `text`; None: columns are guessed.
        text_pair: the column that becomes `text_pair`.
        labels: the labels that the choices stand for, called like them or in their order; empty: the choices
            themselves.
        family: the family whose datasets the prompts with choices are for.
        dataset: the dataset that they are for, whose card says columns, labels and family.
        encoding: of tables; None: found out.
        limit: most rows of a dataset that is made; None: all.
        replace: whether a card gives way to a new one of its name.
    """

    text: str | None = None
    text_pair: str | None = None
    labels: tuple[str, ...] = ()
    family: str | None = None
    dataset: str | None = None
    encoding: str | None = None
    limit: int | None = None
    replace: bool = False

    def __post_init__(self) -> None:
        if self.text_pair and not self.text:
            raise InputError("--text-pair needs --text", todo="name both columns, or none to have them guessed")
        if self.text is not None and self.text == self.text_pair:
            raise InputError(f"--text and --text-pair both name {self.text!r}", todo="name two columns")
        if len({label.casefold() for label in self.labels}) != len(self.labels) or "" in self.labels:
            raise InputError("--labels names a label twice, or an empty one", todo="write --labels no,yes")
