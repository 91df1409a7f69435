"""Reads YAML nodes into plain values and notes every problem at its line. Does not know what a scenario is.

Aliases, anchors and tags are refused before anything is built from them, so no file can grow when read.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import yaml

from services.session.domain.scenario.problems import Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8
MAX_EVENTS = 20_000

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_T = TypeVar("_T")


class Notes:
    """Collects the problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, mark: Any, path: str, reason: str, remedy: str) -> None:
        """Note a problem at a node or a mark of either YAML library; None is the file's beginning."""
        place = mark.start_mark if isinstance(mark, yaml.Node) else mark
        line, column = (place.line + 1, place.column + 1) if place else (1, 1)
        self.problems.append(Problem(self.file, line, column, path, reason, remedy))


def compose(text: str, notes: Notes) -> yaml.Node | None:
    """The root node of the file's one document, or None with at least one problem noted."""
    try:
        if len(text.encode()) > MAX_BYTES:
            notes.add(None, "", f"the file is larger than {MAX_BYTES // 1024} KiB", "shorten it")
            return None
        if not _plain(text, notes):
            return None
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except UnicodeEncodeError:
        notes.add(None, "", "holds half a character", "save it as UTF-8")
        return None
    except yaml.YAMLError as error:
        _note_syntax(error, notes)
        return None
    if root is None:
        notes.add(None, "", "the file is empty", "begin with name, language and title")
    return root


def _note_syntax(error: yaml.YAMLError, notes: Notes) -> None:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    notes.add(mark, "", f"not valid YAML: {reason}", "check indentation, quotes and colons near this line")


def _plain(text: str, notes: Notes) -> bool:
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        refusal = _refusal(event, depth, documents, count)
        if refusal:
            notes.add(event.start_mark, "", *refusal)
            return False
    return True


def _refusal(event: yaml.Event, depth: int, documents: int, count: int) -> tuple[str, str] | None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "anchors and aliases are not allowed", "write the text out at each place"
    if getattr(event, "tag", None):
        return "tags are not allowed", "delete the word that begins with !"
    if depth > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH} levels", "a scenario needs four levels; flatten it"
    if documents > 1:
        return "more than one document", "delete everything from the second --- on"
    if count > MAX_EVENTS:
        return f"more than {MAX_EVENTS} entries", "shorten it"
    return None


class Fields:
    """One mapping's values, by key. Reading one notes what is wrong and gives a harmless stand-in."""

    def __init__(self, node: yaml.Node, path: str, notes: Notes) -> None:
        self.node, self.path, self._notes = node, path, notes
        self._values: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        if not isinstance(node, yaml.MappingNode):
            self.note(
                node, "", f"is {_kind(node)} where keys with values belong", "write it as key: value lines"
            )
            return
        for key, value in node.value:
            self._take(key, value)

    def _take(self, key: yaml.Node, value: yaml.Node) -> None:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            self.note(key, "", "a key must be a word", "write it as key: value")
        elif name in self._values:
            first = self._values[name][0].start_mark.line + 1
            self.note(key, name, f"stands twice, first in line {first}", "delete one of them")
        else:
            self._values[name] = (key, value)

    def note(self, node: yaml.Node, key: str, reason: str, remedy: str) -> None:
        path = ".".join(part for part in (self.path, key) if part)
        self._notes.add(node, path, reason, remedy)

    def only(self, *known: str) -> None:
        """Note every key that is not among `known`."""
        for name, (key, _) in self._values.items():
            if name not in known:
                close = difflib.get_close_matches(name, known, 1, 0.6)
                remedy = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
                self.note(key, name, "unknown key", remedy)

    def has(self, key: str) -> bool:
        """Whether the key stands there with a value other than nothing."""
        return key in self._values and _tag(self._values[key][1]) != "null"

    def find(self, key: str) -> yaml.Node:
        """The value's node, or the mapping itself where the key is missing."""
        return self._values[key][1] if key in self._values else self.node

    def inner(self, key: str) -> "Fields":
        """The mapping that stands under the key."""
        return Fields(self.find(key), f"{self.path}.{key}" if self.path else key, self._notes)

    def _need(self, key: str) -> yaml.Node | None:
        if key in self._values:
            return self._values[key][1]
        if isinstance(self.node, yaml.MappingNode):
            self.note(self.node, key, "is missing", f"add {key}")
        return None

    def text(self, key: str, most: int, pattern: str = "") -> str:
        """A text of 1 to `most` characters, white space collapsed."""
        node = self._need(key)
        return self.as_text(node, key, most, pattern) if node else ""

    def as_text(self, node: yaml.Node, key: str, most: int, pattern: str = "") -> str:
        if _tag(node) != "str":
            self.note(node, key, f"is {_kind(node)} where text belongs", "write text; put quotes around it")
            return ""
        text = " ".join(node.value.split())
        if not 1 <= len(text) <= most:
            self.note(node, key, f"has {len(text)} characters", f"write 1 to {most}")
        elif pattern and not re.fullmatch(pattern, text):
            self.note(node, key, f"{text!r} is not allowed", f"it must match {pattern}")
        return text

    def number(self, key: str, least: float, most: float, unit: str) -> float:
        """A number from `least` to `most`."""
        node = self._need(key)
        if node is None:
            return least
        value = _number(node)
        if value is None:
            self.note(node, key, f"is {_kind(node)} where a number belongs", f"write a number of {unit}")
            return least
        if not least <= value <= most:
            self.note(node, key, f"{node.value} is out of range", f"write {least:g} to {most:g} {unit}")
            return least
        return value

    def flag(self, key: str) -> bool:
        """True or false; true stands in for what is neither."""
        node = self._need(key)
        if node is None:
            return True
        if _tag(node) != "bool":
            self.note(node, key, f"is {_kind(node)} where true or false belongs", "write true or false")
        return str(node.value).lower() not in {"false", "no", "off"}

    def items(self, key: str, least: int, most: int) -> Iterator[tuple[yaml.Node, str]]:
        """The nodes of a list and their paths below this mapping, such as "stages[0]"."""
        node = self._need(key)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.note(node, key, f"is {_kind(node)} where a list belongs", "write each entry after a dash")
            return
        if not least <= len(node.value) <= most:
            self.note(node, key, f"has {len(node.value)} entries", f"write {least} to {most}")
        yield from ((child, f"{key}[{index}]") for index, child in enumerate(node.value[:most]))

    def texts(self, key: str, least: int, most: int, chars: int) -> list[tuple[yaml.Node, str, str]]:
        """A list of texts, as (node, path, text); entries that are no text are left out."""
        found = [(node, path, self.as_text(node, path, chars)) for node, path in self.items(key, least, most)]
        return [entry for entry in found if entry[2]]

    def each(self, key: str, least: int, most: int, read: Callable[["Fields"], _T]) -> tuple[_T, ...]:
        """A list of mappings, each read by `read`."""
        return tuple(
            read(Fields(node, f"{self.path}.{path}" if self.path else path, self._notes))
            for node, path in self.items(key, least, most)
        )


def _tag(node: yaml.Node) -> str:
    return str(node.tag).removeprefix(_TAG) if isinstance(node, yaml.ScalarNode) else ""


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "a group of keys" if isinstance(node, yaml.MappingNode) else _KINDS.get(_tag(node), _tag(node))


def _number(node: yaml.Node) -> float | None:
    if _tag(node) not in {"int", "float"}:
        return None
    try:
        value = float(str(node.value).replace("_", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
