"""Faults on request, and the journal that proves where they fell.

A fault is a JSON object:

    kind      login, query, page, final, kill, upload, heartbeat, logout, or any (default query)
    match     regular expression searched in the SQL text (ignoring case); absent means every request
    after     regular expression: only requests behind a query whose SQL text it is found in count; absent means all
    nth       fire at the n-th matching request (default 1)
    times     how often from there on (default 1; 0 means always)
    action    one of ACTIONS
    ms        for delay and delay_after
    code, message, status    for error (status is the HTTP status of requests other than queries)
    message   for replace: the other statement
"""

import re
import threading
import time
from collections import deque
from dataclasses import dataclass

ACTIONS = {
    "drop_before": "close the connection without running",
    "drop_after": "run to the end, then close without answering",
    "http_503": "answer 503 without running",
    "http_500": "answer 500 without running",
    "delay": "wait `ms`, then run",
    "delay_after": "run, then wait `ms` before answering",
    "garbage": "run, then answer something that is no JSON",
    "error": "answer the error `code` and `message` without running; fails an open transaction",
    "replace": "run the statement in `message` instead",
    "kill_session": "lose the transaction state first, as a server does: 4003",
    "pause": "hold the request until released",
    "pause_after": "run, then hold the answer until released",
}
KINDS = {"any", "login", "query", "page", "final", "kill", "upload", "heartbeat", "logout"}
KEPT_STATEMENTS = 10_000


@dataclass
class Fault:
    id: int
    action: str
    kind: str = "query"
    match: str | None = None
    after: str | None = None
    nth: int = 1
    times: int = 1
    ms: int = 0
    code: int = 1001
    message: str = "injected error"
    status: int = 500
    seen: int = 0
    fired: int = 0

    def __post_init__(self):
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}: {', '.join(ACTIONS)}")
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}: {', '.join(sorted(KINDS))}")
        self._pattern = re.compile(self.match or "", re.I | re.S)
        self._before = self.after and re.compile(self.after, re.I | re.S)

    def sees(self, kind: str, sql: str) -> bool:
        """Counts a matching request; tells whether this is one to fire at."""
        if self._before:
            if kind == "query" and self._before.search(sql):
                self._before = None
            return False
        if self.kind not in ("any", kind) or not self._pattern.search(sql):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)


class Faults:
    """The faults that tests asked for, and the requests that are held."""

    def __init__(self):
        self._lock = threading.Lock()
        self._released = threading.Condition(self._lock)
        self._faults: list[Fault] = []
        self._next_id = 1
        self._release_count = 0
        self._then = "run"
        self.held = 0

    def add(self, request: dict) -> dict:
        with self._lock:
            fault = Fault(id=self._next_id, **request)
            self._next_id += 1
            self._faults.append(fault)
        return vars_of(fault)

    def list(self) -> dict:
        with self._lock:
            return {"faults": [vars_of(fault) for fault in self._faults], "held": self.held}

    def clear(self) -> None:
        """Forgets all faults and lets held requests go on."""
        with self._lock:
            self._faults.clear()
        self.release("run")

    def fire(self, kind: str, sql: str) -> Fault | None:
        """The fault to apply to this request: the first that wants to fire. Every fault counts every match."""
        with self._lock:
            wanting = [fault for fault in self._faults if fault.sees(kind, sql)]
            if not wanting:
                return None
            wanting[0].fired += 1
            return wanting[0]

    def hold(self) -> str:
        """Waits for a release; answers what it asked for: run or drop."""
        with self._lock:
            mine = self._release_count
            self.held += 1
            self._released.wait_for(lambda: self._release_count > mine)
            self.held -= 1
            return self._then

    def release(self, then: str) -> None:
        with self._lock:
            self._then = then
            self._release_count += 1
            self._released.notify_all()


def vars_of(fault: Fault) -> dict:
    return {key: value for key, value in vars(fault).items() if not key.startswith("_")}


class Journal:
    """The last statements: what ran, in which session and transaction state, when, and how it ended."""

    def __init__(self, shown_sql: int):
        self._lock = threading.Lock()
        self._shown_sql = shown_sql
        self._entries: deque[dict] = deque(maxlen=KEPT_STATEMENTS)
        self._next = 1

    def start(self, sql: str, session: str, query_id: str, txn_state: str) -> dict:
        entry = {
            "seq": 0,
            "sql": sql[: self._shown_sql],
            "session": session,
            "query_id": query_id,
            "txn_before": txn_state,
            "txn_after": None,
            "started": time.time(),
            "ended": None,
            "error": None,
            "fault": None,
        }
        with self._lock:
            entry["seq"], self._next = self._next, self._next + 1
            self._entries.append(entry)
        return entry

    def since(self, seq: int) -> dict:
        with self._lock:
            return {"entries": [dict(entry) for entry in self._entries if entry["seq"] > seq], "last": self._next - 1}
