"""Column types: from the engine's debug text of a result schema to the names that the HTTP API sends.

The embedded engine offers the schema of a plan only as the debug text of its Rust structures. That text is exact (it
tells a VARIANT from a BINARY and holds for empty results), and parsing it costs microseconds.
"""

import re
from functools import lru_cache
from typing import NamedTuple


class Type(NamedTuple):
    """A Databend type: a name and its arguments (types, or numbers for Decimal and Vector)."""

    name: str
    args: tuple = ()

    def inner(self) -> "Type":
        """The type without its outer Nullable."""
        return self.args[0] if self.name == "Nullable" else self

    def __str__(self) -> str:
        if self.name == "Nullable":
            return f"{self.args[0]} NULL"
        if self.name == "TimestampTz":
            return "Timestamp_Tz"
        if not self.args:
            return self.name
        return f"{self.name}({', '.join(map(str, self.args))})"

    def api_name(self) -> str:
        """The name in an API response, where only the outermost Nullable wraps."""
        return f"Nullable({self.args[0]})" if self.name == "Nullable" else str(self)


class Column(NamedTuple):
    name: str
    type: Type


FIELD = re.compile(
    r'name: "((?:[^"\\]|\\.)*)", default_expr: (?:None|Some\("(?:[^"\\]|\\.)*"\)), data_type: (.*?), computed_expr: '
)
TOKEN = re.compile(r"\w+|[()\[\]{},:]")
ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))", re.S)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@lru_cache(maxsize=1000)
def parse_schema(debug: str) -> tuple[Column, ...]:
    """Reads `DataSchema { fields: [DataField { name: "a", .., data_type: .. }], .. }`."""
    return tuple(Column(unescape(name), parse_type(text)) for name, text in FIELD.findall(debug))


def unescape(text: str) -> str:
    return ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else ESCAPED.get(m[2], m[2]), text)


def parse_type(text: str) -> Type:
    """Reads one type, e.g. `Nullable(Decimal(DecimalSize { precision: 65, scale: 30 }))`."""
    tokens = TOKEN.findall(text)
    tree, _ = parse_tree(tokens, 0)
    return to_type(tree)


def parse_tree(tokens: list[str], at: int) -> tuple[tuple, int]:
    """Reads `name`, `name(..)`, `name { key: value, .. }` or `[..]` as (name, children)."""
    name = ""
    if tokens[at] not in "([{":
        name, at = tokens[at], at + 1
    children = []
    if at < len(tokens) and tokens[at] in "([{":
        at += 1
        while tokens[at] not in ")]}":
            if at + 1 < len(tokens) and tokens[at + 1] == ":":
                at += 2
            child, at = parse_tree(tokens, at)
            children.append(child)
            if tokens[at] == ",":
                at += 1
        at += 1
    return (name, children), at


def to_type(tree: tuple) -> Type:
    name, children = tree
    if name == "Number":
        return Type(children[0][0])
    if name == "Decimal":
        return Type(name, tuple(int(value) for value, _ in children[0][1]))
    if name == "Vector":
        return Type(name, (int(children[0][1][0][0]),))
    if name == "Map":
        return Type(name, to_type(children[0]).args)
    if name == "Tuple":
        return Type(name, tuple(to_type(child) for child in children[0][1]))
    if name in ("EmptyArray", "EmptyMap"):
        return Type(name.removeprefix("Empty"), (Type("Nothing"),))
    if name == "Null":
        return Type("NULL")
    return Type(name, tuple(to_type(child) for child in children))
