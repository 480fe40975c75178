"""One running statement and its pages."""

import threading
import time
from collections import deque

from .engine import Engine, EngineError, EngineSession, Result
from .render import Renderer
from .sessions import ClientState, Sessions, run_statement

WAIT_SECS = 10
ROWS_PER_PAGE = 10_000
# The server's default of http_handler_result_timeout_secs: how long a query waits for its client.
RESULT_TIMEOUT_SECS = 60
FINISHED_SECS = 30


class Query:
    """A statement that runs in its own thread, so that the request may answer before it has ended."""

    def __init__(self, query_id: str, sql: str, state: ClientState, pagination: dict, engine: Engine):
        self.id = query_id
        self.sql = sql
        self.state = state
        self.wait_secs = pagination.get("wait_time_secs", WAIT_SECS)
        self.rows_per_page = max(1, pagination.get("max_rows_per_page", ROWS_PER_PAGE))
        self.settings: dict[str, str] = {}
        self.error: EngineError | None = None
        self.columns: tuple = ()
        self.done = threading.Event()
        self.started = self.touched = time.monotonic()
        self.ended: float | None = None
        self.closed = False
        self.session_sent = False
        self.result_rows = self.written_rows = 0
        self._engine = engine
        self._pending: deque = deque()
        self._lock = threading.Lock()
        self._last_page: bytes = b""
        self._pages_given = 0

    def run(self, sessions: Sessions, session: EngineSession, injected: EngineError | None) -> None:
        """Runs the statement, then puts the session back where the client's next request finds it."""
        node_id = self.state.last_node_id
        outcome, self.state.txn_state = run_statement(session, self.state.txn_state, self.sql, injected)
        self.state.database, self.state.settings = session.database, dict(session.settings)
        self.settings = self.state.settings
        if isinstance(outcome, EngineError):
            self.error = outcome
        elif outcome is not None:
            self._keep(outcome)
        sessions.release(self.id, node_id, session, self.state.txn_state)
        self.ended = time.monotonic()
        self.done.set()

    def _keep(self, result: Result) -> None:
        self.columns = result.columns
        self.result_rows = sum(batch.num_rows for batch in result.batches)
        self.written_rows = written_rows(result)
        self._pending.extend(batch for batch in result.batches if batch.num_rows)

    def finished(self) -> bool:
        return self.done.is_set()

    def page(self, number: int) -> bytes | None:
        """The rows of a page as the inside of a JSON array, or None if there is no such page. The page given last may
        be asked for again: its answer may have been lost."""
        with self._lock:
            self.touched = time.monotonic()
            if number == self._pages_given:
                if self._pending:
                    self._last_page = self._render_page()
                    self._pages_given += 1
                    return self._last_page
                return b""
            return self._last_page if number + 1 == self._pages_given else None

    def _render_page(self) -> bytes:
        setting = self.settings.get
        renderer = Renderer(
            setting("timezone", "UTC"),
            setting("binary_output_format", "hex"),
            lambda values: self._engine.geometry_texts(values, setting("geometry_output_format", "geojson")),
        )
        parts, missing = [], self.rows_per_page
        while self._pending and missing:
            batch = self._pending.popleft()
            if batch.num_rows > missing:
                self._pending.appendleft(batch.slice(missing))
                batch = batch.slice(0, missing)
            missing -= batch.num_rows
            parts.append(renderer.rows(self.columns, batch))
        return b",".join(parts)

    def next_page(self) -> int | None:
        """The number of the page that comes next, if any rows are left."""
        with self._lock:
            return self._pages_given if self._pending else None

    def close(self) -> None:
        self.closed = True
        with self._lock:
            self._pending.clear()
            self._last_page = b""

    def expired(self, now: float) -> bool:
        """Whether the client has not asked for so long that a server forgets the query."""
        if not self.finished():
            return False
        return now - max(self.touched, self.ended or 0) > (FINISHED_SECS if self.closed else RESULT_TIMEOUT_SECS)

    def running_ms(self) -> int:
        return int(((self.ended or time.monotonic()) - self.started) * 1000)


def written_rows(result: Result) -> int:
    """What a server counts as write progress, read from the rows that DML and COPY answer. REPLACE answers none."""
    names = [column.name for column in result.columns]
    counts = [at for at, name in enumerate(names) if name.startswith("number of rows ") or name == "Rows_loaded"]
    return sum(int(row[at] or 0) for row in result.rows() for at in counts) if counts else 0
