"""YAML that is safe to read: no tag that could do something, each field once, and bounds on what a few bytes can make.

Aliases are shared when they are read and repeated by whoever looks at the result, so that nine lines can stand for a
billion values. They are counted before anything is made of them.
"""

from __future__ import annotations

from typing import Any

import yaml

from taskatlas.errors import CardError

DEEPEST = 50
"""Levels of nesting; a card has five."""
_MOST_REPEATED = 10_000
"""Values that aliases may stand for, beyond those that are written out."""
_LONGEST_NUMBER = 100
"""Characters; YAML reads numbers to any base up to 60, which takes long for long ones."""
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _BoundError(yaml.MarkedYAMLError):
    """More than a person writes."""


class Loader(yaml.SafeLoader):
    """SafeLoader that does not let a field be given twice, and bounds nesting, aliases and numbers."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._sizes: dict[int, int] = {}
        self._repeated = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node, and count what it would be with its aliases written out."""
        events: Any = self  # of which PyYAML's stubs know no types
        is_alias, mark = events.check_event(yaml.AliasEvent), events.peek_event().start_mark
        self._depth += 1
        if self._depth > DEEPEST:
            raise _BoundError(problem=f"is nested too deeply, in more than {DEEPEST} levels", problem_mark=mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None:
            self._count(node, mark, is_alias=is_alias)
        return node

    def _count(self, node: yaml.Node, mark: yaml.Mark, *, is_alias: bool) -> None:
        if not is_alias:
            self._sizes[id(node)] = 1 + sum(self._sizes[id(inner)] for inner in _inner(node))
        elif id(node) not in self._sizes:
            raise _BoundError(problem="holds an alias within what it is an alias of", problem_mark=mark)
        else:
            self._repeated += self._sizes[id(node)]
            if self._repeated > _MOST_REPEATED:
                problem = f"holds aliases that stand for more than {_MOST_REPEATED:,} values"
                raise _BoundError(problem=problem, problem_mark=mark)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return what a node stands for."""
        if isinstance(node, yaml.ScalarNode) and node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            problem = f"holds a number of more than {_LONGEST_NUMBER} characters"
            raise _BoundError(problem=problem, problem_mark=node.start_mark)
        return super().construct_object(node, deep)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the fields of a mapping, each given once and named by a word."""
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                problem = "a field's name must be a word; put quotes around null, ~ and dates"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"{key!r} is given twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str, loader: type[Loader], where: str) -> Any:
    """Return what YAML text stands for.

    Args:
        text: the YAML.
        loader: says which tags there are.
        where: what to call the text in an error.

    Raises:
        CardError: it is not YAML, holds an unknown tag or an impossible number or date, is nested too deeply, or stands
            for far more than is written.

    """
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        what = problem if isinstance(error, _BoundError) else f"is not valid YAML: {problem}"
        raise CardError(what, where=where + line, todo="mend that line") from error
    except ValueError as error:
        raise CardError(f"holds a number or a date that is none ({error})", where=where, todo="mend it") from error
    except (LookupError, AttributeError, TypeError) as error:  # PyYAML looks for what a tag says without a look first
        raise CardError("holds a tag whose value is none of its kind", where=where, todo="take it away") from error


def _inner(node: yaml.Node) -> list[yaml.Node]:
    """Return the nodes that stand directly in a node."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    return [each for pair in node.value for each in pair] if isinstance(node, yaml.MappingNode) else []
