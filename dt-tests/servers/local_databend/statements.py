"""What the text of a statement is, as far as sessions and transactions care: its first words."""

import re
from enum import Enum, auto


class Kind(Enum):
    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    DDL = auto()
    """Commits the open transaction first, then runs by itself."""
    USE = auto()
    SET = auto()
    OTHER = auto()

    def is_transaction_command(self) -> bool:
        return self in (Kind.BEGIN, Kind.COMMIT, Kind.ROLLBACK)


BLANK = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)+", re.S)
WORD = re.compile(r"\w+")
SETTINGS = re.compile(r"settings\s*\(", re.I)

FIRST_WORDS = {
    "BEGIN": Kind.BEGIN,
    "START": Kind.BEGIN,
    "COMMIT": Kind.COMMIT,
    "ROLLBACK": Kind.ROLLBACK,
    "ABORT": Kind.ROLLBACK,
    "USE": Kind.USE,
    "SET": Kind.SET,
    "UNSET": Kind.SET,
    # Databend's list of statements that are not allowed inside a transaction, by their first word.
    **dict.fromkeys(
        "CREATE ALTER DROP TRUNCATE RENAME ATTACH UNDROP GRANT REVOKE COMMENT SUSPEND RESUME".split(), Kind.DDL
    ),
}


def classify(sql: str) -> Kind:
    at = skip_blank(sql, 0)
    if prefix := SETTINGS.match(sql, at):
        at = skip_blank(sql, end_of_parentheses(sql, prefix.end()))
    word = WORD.match(sql, at)
    return FIRST_WORDS.get(word[0].upper(), Kind.OTHER) if word else Kind.OTHER


def makes_session_state(sql: str) -> bool:
    """Whether the statement leaves something in its session that the client does not carry: such a session must not
    serve other clients."""
    return re.match(r"\s*(create\s+(or\s+replace\s+)?temp|(un)?set\s+(variable|role|secondary))", sql, re.I) is not None


def skip_blank(sql: str, at: int) -> int:
    blank = BLANK.match(sql, at)
    return blank.end() if blank else at


def end_of_parentheses(sql: str, at: int) -> int:
    depth = 1
    while at < len(sql) and depth:
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        at += 1
    return at
