"""The operations of Databend's HTTP API, without sockets. Answers are JSON objects, or bytes that are JSON already."""

import json
import threading
import time
import uuid

from .engine import VERSION, Engine, EngineError
from .faults import Fault, Journal
from .queries import RESULT_TIMEOUT_SECS, Query
from .sessions import ACTIVE, FAIL, ClientState, Sessions
from .stages import Stages


class HttpError(Exception):
    """An answer with an HTTP status other than 200. `code` is Databend's, or the status again."""

    def __init__(self, status: int, message: str, code: int | None = None):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code or status, "message": message}}


class Service:
    def __init__(self, engine: Engine, shown_sql: int):
        self.engine = engine
        self.sessions = Sessions(engine)
        self.stages = Stages(engine)
        self.journal = Journal(shown_sql)
        self._queries: dict[str, Query] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._sweep, daemon=True).start()

    def _sweep(self) -> None:
        """Forgets queries that no client will ask for again, and transactions that nobody continues."""
        while True:
            time.sleep(5)
            now = time.monotonic()
            with self._lock:
                self._queries = {id_: query for id_, query in self._queries.items() if not query.expired(now)}
            self.sessions.lose_idle()

    def login(self, request: dict, session_id: str) -> dict:
        """Checks what the client brings, so that a wrong database name fails here and not at the first statement."""
        state = ClientState.from_json(request)
        try:
            session = self.sessions.acquire(state)
            for name, value in state.settings.items():
                session.run(f"SET {name} = '{value}'")
        except EngineError as error:
            raise HttpError(400, error.message, error.code) from None
        self.sessions.release(session_id, self.sessions.node_id, session, state.txn_state)
        return {"version": VERSION, "session_id": session_id}

    def start_query(self, request: dict, query_id: str, session_id: str, fault: Fault | None = None) -> bytes | dict:
        """Starts a statement and answers its first page, or that it is still running."""
        with self._lock:
            known = self._queries.get(query_id)
        if known:
            # The same request again (its answer was lost): the statement must not run twice.
            return self.answer(known, 0)
        if request.get("params") is not None or request.get("stage_attachment") is not None:
            raise HttpError(400, "params and stage_attachment are not served by the local Databend", 1002)
        state = ClientState.from_json(request.get("session"))
        entry = self.journal.start(request["sql"], session_id, query_id, state.txn_state)
        entry["fault"] = fault and fault.action
        if fault and fault.action == "kill_session":
            self.sessions.lose(state.last_query_id)
        try:
            session = self.sessions.acquire(state)
        except EngineError as error:
            close_entry(entry, FAIL if state.txn_state == ACTIVE else state.txn_state, error)
            return failed_to_start(state, error)
        state.last_node_id, state.last_query_id = self.sessions.node_id, query_id
        sql = fault.message if fault and fault.action == "replace" else request["sql"]
        query = Query(query_id, sql, state, request.get("pagination") or {}, self.engine)
        with self._lock:
            self._queries[query_id] = query
        injected = EngineError(fault.code, fault.message) if fault and fault.action == "error" else None
        threading.Thread(target=self._run, args=(query, session, injected, entry), daemon=True).start()
        if fault and fault.action.endswith("_after"):
            query.done.wait()
        return self.answer(query, 0)

    def _run(self, query: Query, session, injected: EngineError | None, entry: dict) -> None:
        try:
            query.run(self.sessions, session, injected)
        except Exception as failure:  # a bug here must not leave the client waiting
            query.error = EngineError(1001, f"local Databend: {failure!r}")
            query.done.set()
        close_entry(entry, query.state.txn_state, query.error)

    def query(self, query_id: str) -> Query:
        with self._lock:
            query = self._queries.get(query_id)
        if query is None:
            raise HttpError(404, f"Query ID {query_id} not found on node {self.sessions.node_id}")
        return query

    def page(self, query_id: str, number: int) -> bytes:
        query = self.query(query_id)
        if query.closed:
            raise HttpError(400, f"Query {query_id} is closed for finalized")
        return self.answer(query, number)

    def state(self, query_id: str) -> bytes:
        return response(self.query(query_id), self.sessions.node_id, b"", None)

    def final(self, query_id: str) -> bytes:
        """The client needs nothing more of this query."""
        query = self.query(query_id)
        query.close()
        return response(query, self.sessions.node_id, b"", None)

    def kill(self, query_id: str) -> dict:
        """Drops the result. The embedded engine offers no way to stop a statement, so it runs to its end unseen."""
        self.query(query_id).close()
        return {}

    def heartbeat(self, request: dict) -> dict:
        asked = [query_id for ids in (request.get("node_to_queries") or {}).values() for query_id in ids]
        with self._lock:
            gone = [id_ for id_ in asked if id_ not in self._queries or self._queries[id_].closed]
            for query_id in set(asked) - set(gone):
                self._queries[query_id].touched = time.monotonic()
        return {"queries_to_remove": gone}

    def upload(self, stage: str, relative_path: str, content_type: str, body) -> dict:
        try:
            files = self.stages.upload(stage, relative_path, content_type, body)
        except EngineError as error:
            raise HttpError(500, error.message, error.code) from None
        return {"id": str(uuid.uuid4()), "stage_name": stage, "state": "SUCCESS", "files": files}

    def restart(self) -> None:
        self.sessions.restart()
        with self._lock:
            self._queries.clear()

    def answer(self, query: Query, number: int) -> bytes:
        """A page, after waiting for the statement as long as the client allows."""
        query.done.wait(query.wait_secs)
        node_id = self.sessions.node_id
        if not query.finished():
            return response(query, node_id, b"", f"/v1/query/{query.id}/page/{number}")
        rows = query.page(number)
        if rows is None:
            raise HttpError(404, f"Invalid page number: requested {number}")
        next_page = query.next_page()
        next_uri = f"/v1/query/{query.id}/" + ("final" if next_page is None else f"page/{next_page}")
        return response(query, node_id, rows, next_uri)


def close_entry(entry: dict, txn_state: str, error: EngineError | None) -> None:
    entry["txn_after"] = txn_state
    entry["error"] = error and {"code": error.code, "message": error.message[:200]}
    entry["ended"] = time.time()


def response(query: Query, node_id: str, rows: bytes, next_uri: str | None) -> bytes:
    """A query response. The rows are JSON text already: building them again would cost the most."""
    finished = query.finished()
    session = None
    if finished and not query.session_sent:
        session, query.session_sent = query.state.to_json(), True
    progress = {"rows": query.result_rows, "bytes": 0}
    error = query.error
    body = {
        "id": query.id,
        "session_id": "",
        "node_id": node_id,
        "state": "Running" if not finished else "Failed" if error else "Succeeded",
        "session": session,
        "error": error and {"code": error.code, "message": error.message},
        "warnings": [],
        "has_result_set": bool(query.columns),
        "schema": [{"name": column.name, "type": column.type.api_name()} for column in query.columns],
        "affect": None,
        "result_timeout_secs": RESULT_TIMEOUT_SECS,
        "settings": {
            "timezone": query.settings.get("timezone", "UTC"),
            "geometry_output_format": query.settings.get("geometry_output_format", "GeoJSON"),
            "binary_output_format": query.settings.get("binary_output_format", "HEX"),
        },
        "stats": {
            "scan_progress": progress,
            "write_progress": {"rows": query.written_rows, "bytes": 0},
            "result_progress": progress,
            "running_time_ms": query.running_ms(),
        },
        "stats_uri": f"/v1/query/{query.id}",
        "final_uri": f"/v1/query/{query.id}/final",
        "kill_uri": f"/v1/query/{query.id}/kill",
        "next_uri": next_uri,
    }
    return json.dumps(body, ensure_ascii=False).encode()[:-1] + b',"data":[' + rows + b"]}"


def failed_to_start(state: ClientState, error: EngineError) -> dict:
    """The answer when the session cannot be restored. An open transaction is failed from here on."""
    if state.txn_state == ACTIVE:
        state.txn_state = FAIL
    nothing = {"rows": 0, "bytes": 0}
    return {
        "id": "",
        "session_id": None,
        "node_id": "",
        "state": "Failed",
        "session": state.to_json(),
        "error": {"code": error.code, "message": error.message},
        "warnings": [],
        "schema": [],
        "data": [],
        "stats": {
            "scan_progress": nothing,
            "write_progress": nothing,
            "result_progress": nothing,
            "running_time_ms": 0,
        },
        "next_uri": None,
    }
