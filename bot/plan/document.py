"""YAML with line numbers: a tree of nodes whose scalars keep their exact text, so that 0.10 and 2026-02-31 arrive as they were written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from bot.plan.findings import Findings
from bot.plan.keys import TOP, Schema, strange
from bot.plan.values import BadValue
from handlers.kit.message import Message, m

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: its text as written, and what YAML takes it for (str, int, float, bool, null, timestamp)."""

    line: int
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping; ``lines`` are those of its keys."""

    line: int
    items: Mapping[str, Node]
    lines: Mapping[str, int]


Node = Scalar | Sequence | Mapped


def load(text: str, name: str, findings: Findings) -> Mapped | None:
    """The document's mapping; None (and a finding with its line) when it is not one."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        findings.error(name, 0 if mark is None else mark.line + 1, m("this is not YAML: {problem}", problem=error.problem or ""))
        return None
    except (YAMLError, ValueError, RecursionError) as error:
        findings.error(name, 0, m("this is not YAML: {problem}", problem=str(error).partition("\n")[0]))
        return None
    if root is None:
        findings.error(name, 1, m("the file is empty"))
        return None
    converter = _Converter(name, findings)
    node = converter.node(root)
    if not isinstance(node, Mapped):
        findings.error(name, node.line, m("expected a mapping (key: value)"))
        return None
    return node


class _Converter:
    def __init__(self, name: str, findings: Findings) -> None:
        self.name = name
        self.findings = findings
        self.seen: set[int] = set()

    def node(self, raw: Any) -> Node:
        line = raw.start_mark.line + 1
        if not isinstance(raw, ScalarNode):
            if id(raw) in self.seen:    # a small file of aliases can unfold into millions of nodes
                self.findings.error(self.name, line, m("aliases (*name) are not used here"))
                return Scalar(line, "", "null")
            self.seen.add(id(raw))
        if isinstance(raw, MappingNode):
            return self._mapping(raw, line)
        if isinstance(raw, SequenceNode):
            return Sequence(line, tuple(self.node(each) for each in raw.value))
        text = str(raw.value)
        if raw.style is None and text.startswith("="):
            self.findings.error(self.name, line, m("a formula ({cell}) instead of a value. Save values only", cell=text[:40]))
        return Scalar(line, text, str(raw.tag).rpartition(":")[2])

    def _mapping(self, raw: Any, line: int) -> Mapped:
        items: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key, value in raw.value:
            name, at = str(key.value), key.start_mark.line + 1
            if name in items:
                self.findings.error(self.name, at, m("{key} stands there twice", key=name))
                continue
            items[name] = self.node(value)
            lines[name] = at
        return Mapped(line, items, lines)


def plain(node: Node) -> Any:
    """The node as JSON data; numbers keep their value, dates become text."""
    if isinstance(node, Mapped):
        return {key: plain(value) for key, value in node.items.items()}
    if isinstance(node, Sequence):
        return [plain(each) for each in node.items]
    if node.kind == "null":
        return None
    if node.kind == "bool":
        return node.text.lower() in ("true", "yes", "on")
    if node.kind in ("int", "float"):
        try:
            return json.loads(node.text)
        except ValueError:
            return node.text
    return node.text


class Reader:
    """Takes typed values out of a mapping and reports what is missing, wrong or unknown, with its line.

    ``schema``, ``place``: which keys it may have. `rest` is what is kept beside what is read.
    """

    def __init__(self, node: Mapped, file: str, findings: Findings, schema: Schema, place: str = TOP, what: Message | str = "") -> None:
        self.node = node
        self.file = file
        self.findings = findings
        self.keys = schema[place]
        self.what = what
        self._meant: set[str] = set()
        for each in strange(node.items, schema, place):
            (findings.warn if each.warning else findings.error)(file, self.line(each.key), each.message)
            self._meant |= {each.meant} if each.meant is not None else set()

    def _node(self, key: str) -> Node | None:
        """What stands at a key, which must be declared: else it would be read and yet found to be unknown."""
        if key not in self.keys.known and not self.keys.free:
            raise LookupError(f"{key} is not declared")
        return self.node.items.get(key)

    def _filled(self, key: str, required: bool) -> Node | None:
        """As `_node`, for what has entries of its own: a key with nothing behind it has lost them."""
        node = self._node(key)
        empty = isinstance(node, Scalar) and node.kind == "null"
        if required and (node is None or empty):
            self.missing(key)
        elif empty:
            self.findings.warn(self.file, self.line(key), m("{key} is empty", key=key))
        return None if empty else node

    def line(self, key: str) -> int:
        return self.node.lines.get(key, self.node.line)

    def error(self, key: str, message: Message) -> None:
        """A finding at a key's line, named after the entry it stands in."""
        self.findings.error(self.file, self.line(key), self._named(message))

    def warn(self, key: str, message: Message) -> None:
        """As `error`, for what is doubtful only."""
        self.findings.warn(self.file, self.line(key), self._named(message))

    def _named(self, message: Message) -> Message:
        return m("{what}: {text}", what=self.what, text=message) if self.what else message

    def scalar(self, key: str) -> str | None:
        """The text of a value; None where it is absent, null or empty."""
        node = self._node(key)
        if node is None or (isinstance(node, Scalar) and (node.kind == "null" or not node.text.strip())):
            return None
        if not isinstance(node, Scalar):
            self.error(key, m("{key} must be a single value", key=key))
            return None
        return node.text.strip()

    def required(self, key: str) -> str | None:
        """As `scalar`, with a finding where it is absent."""
        before = len(self.findings.found)
        text = self.scalar(key)
        if text is None and len(self.findings.found) == before:
            self.missing(key)
        return text

    def parsed(self, key: str, parse: Callable[[str], T], *, required: bool = False) -> T | None:
        """A value read by ``parse``, which raises BadValue."""
        text = self.required(key) if required else self.scalar(key)
        if text is None:
            return None
        try:
            return parse(text)
        except BadValue as error:
            self.error(key, m("{key}: {text}", key=key, text=error.message))
            return None

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str | None:
        """A value out of a few; ``default`` None: it must be there."""
        text = self.required(key) if default is None else (self.scalar(key) or default)
        if text is not None and text not in allowed:
            self.error(key, m("{key}: {value} is not one of {allowed}", key=key, value=text[:40], allowed=tuple(allowed)))
            return None
        return text

    def mapping(self, key: str, *, required: bool = False) -> Mapped | None:
        node = self._filled(key, required)
        if node is None:
            return None
        if not isinstance(node, Mapped):
            self.error(key, m("{key} must be a mapping", key=key))
            return None
        return node

    def sequence(self, key: str, *, required: bool = False) -> tuple[Node, ...] | None:
        """The items of a list; None where the key is absent."""
        node = self._filled(key, required)
        if node is None:
            return None
        if not isinstance(node, Sequence):
            self.error(key, m("{key} must be a list", key=key))
            return None
        return node.items

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a single value is a list of one."""
        node = self._node(key)
        if isinstance(node, Scalar) and node.kind != "null":
            text = self.scalar(key)
            return () if text is None else (text,)
        found = []
        for each in self.sequence(key) or ():
            if isinstance(each, Scalar) and each.text.strip():
                found.append(each.text.strip())
            else:
                self.findings.error(self.file, each.line, m("{key} must be a list of single values", key=key))
        return tuple(found)

    def entries(self, key: str, *, required: bool = False) -> Iterator[Mapped]:
        """The mappings of a list; anything else in it is a finding, and so is an empty list."""
        nodes = self.sequence(key, required=required)
        if nodes == ():
            self.warn(key, m("{key} is empty", key=key))
        for each in nodes or ():
            if isinstance(each, Mapped):
                yield each
            else:
                self.findings.error(self.file, each.line, m("{key}: each entry must be a mapping", key=key))

    def missing(self, key: str) -> None:
        """A finding for a key that must be there, unless it is there misspelt."""
        if key not in self._meant:
            self.error(key, m("{key} is missing", key=key))

    def absent(self, key: str, message: Message) -> None:
        """A warning for a key that mostly is there, unless it is there misspelt."""
        if key not in self._meant:
            self.warn(key, message)

    def rest(self) -> dict[str, Any]:
        """What is there beyond the keys that are read, as JSON data; nothing where it is not kept."""
        return {key: plain(value) for key, value in self.node.items.items() if key not in self.keys.read} if self.keys.keeps else {}


FORMAT = "1"
"""What the plan files write as their ``version``."""


def common(reader: Reader) -> None:
    """What every YAML file of a plan says of itself."""
    version = reader.scalar("version")
    if version is not None and version != FORMAT:
        reader.error("version", m("version {version} is not known; this program reads {known}", version=version[:40], known=FORMAT))


def compact(data: Mapping[str, Any]) -> str:
    """JSON text of what a plan file says beyond our columns."""
    return json.dumps(data, ensure_ascii=False)
