"""Sessions: the state that the client carries, the engine's sessions, and open transactions.

A Databend server keeps no session between two requests. The client sends its state with each request (database,
settings, transaction state) and gets the new state back. Only an open transaction lives in the server, under the id of
the query that ran last in it; the next request takes it away from there. The same is done here, except that an engine
session is also remembered for the client's next request, which saves restoring it.
"""

import json
import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field

from .engine import Engine, EngineError, EngineSession
from .statements import Kind, classify, makes_session_state

AUTO_COMMIT, ACTIVE, FAIL = "AutoCommit", "Active", "Fail"
# The server's default of idle_transaction_timeout_secs.
IDLE_TRANSACTION_SECS = 14400
# Engine sessions that wait for the next request of their client, or for another client.
MAX_IDLE = 64


@dataclass
class ClientState:
    """What the client sends and gets back as `session`."""

    database: str = "default"
    settings: dict[str, str] = field(default_factory=dict)
    txn_state: str = AUTO_COMMIT
    last_node_id: str | None = None
    last_query_id: str | None = None
    carried: dict = field(default_factory=dict)
    """The fields that only travel, such as the role."""

    @classmethod
    def from_json(cls, session: dict | None) -> "ClientState":
        session = session or {}
        internal = json.loads(session.get("internal") or "{}")
        return cls(
            database=session.get("database") or "default",
            settings=dict(session.get("settings") or {}),
            txn_state=session.get("txn_state") or AUTO_COMMIT,
            last_node_id=internal.get("last_node_id"),
            last_query_id=next(iter(internal.get("last_query_ids") or []), None),
            carried={key: session[key] for key in ("role", "secondary_roles") if key in session},
        )

    def to_json(self) -> dict:
        sticky = self.txn_state == ACTIVE
        internal = {"last_node_id": self.last_node_id, "last_query_ids": [self.last_query_id]}
        return {
            "catalog": "default",
            "database": self.database,
            "settings": self.settings,
            **self.carried,
            "txn_state": self.txn_state,
            "need_sticky": sticky,
            "need_keep_alive": sticky,
            "internal": json.dumps(internal),
        }


class Sessions:
    """The engine sessions of this server. All methods may be called from any thread."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._lock = threading.Lock()
        self._transactions: dict[str, tuple[EngineSession, float]] = {}
        self._idle: OrderedDict[str, EngineSession] = OrderedDict()
        self.node_id = uuid.uuid4().hex

    def acquire(self, state: ClientState) -> EngineSession:
        """The engine session for a request: that of its open transaction, or one brought to the client's state."""
        if state.txn_state == ACTIVE:
            return self._take_transaction(state)
        session = self._take_idle(state) or self._engine.session()
        session.restore(state.database, state.settings)
        return session

    def _take_transaction(self, state: ClientState) -> EngineSession:
        if state.last_node_id is None or state.last_query_id is None:
            raise EngineError(5112, "Invalid transaction state: transaction is active but last_query_ids is empty")
        if state.last_node_id != self.node_id:
            raise EngineError(
                5111,
                "Transaction aborted because server restart or route error: expecting server "
                f"{state.last_node_id}, current one is {self.node_id}",
            )
        with self._lock:
            found = self._transactions.pop(state.last_query_id, None)
        if found is None:
            message = f"Transaction timeout: last_query_id {state.last_query_id} not found on this server"
            raise EngineError(4003, message)
        return found[0]

    def _take_idle(self, state: ClientState) -> EngineSession | None:
        with self._lock:
            if state.last_query_id in self._idle:
                return self._idle.pop(state.last_query_id)
            for query_id, session in self._idle.items():
                if not session.private and session.database == state.database:
                    return self._idle.pop(query_id)
        return None

    def release(self, query_id: str, node_id: str, session: EngineSession, txn_state: str) -> None:
        """Puts a session back under the id of the query that ran in it. A transaction of a server that has been
        restarted in the meantime (another node id) is lost."""
        with self._lock:
            if txn_state != ACTIVE:
                self._idle[query_id] = session
                if len(self._idle) > MAX_IDLE:
                    self._idle.popitem(last=False)
                return
            if node_id == self.node_id:
                self._transactions[query_id] = (session, time.monotonic())
                return
        session.run("ROLLBACK")

    def lose(self, query_id: str | None) -> None:
        """Forgets the transaction kept under this query id, as a server does that lost it. Nothing is committed."""
        with self._lock:
            found = self._transactions.pop(query_id, None)
        if found:
            found[0].run("ROLLBACK")

    def lose_idle(self) -> None:
        """Ends the transactions that nobody has continued for too long."""
        deadline = time.monotonic() - IDLE_TRANSACTION_SECS
        with self._lock:
            old = [query_id for query_id, (_, since) in self._transactions.items() if since < deadline]
        for query_id in old:
            self.lose(query_id)

    def restart(self) -> None:
        """What a restart of the server does to sessions: every one is gone, open transactions are rolled back."""
        with self._lock:
            self.node_id = uuid.uuid4().hex
            open_transactions, self._transactions = self._transactions, {}
            self._idle.clear()
        for session, _ in open_transactions.values():
            session.run("ROLLBACK")

    def open_transactions(self) -> int:
        with self._lock:
            return len(self._transactions)


def run_statement(session: EngineSession, txn_state: str, sql: str, injected: EngineError | None = None):
    """Runs one statement under the transaction rules of a server. Answers the result or the error, and the new state.

    The engine itself neither fails a transaction on an error nor commits it before DDL; both happen here. A failed
    transaction is rolled back in the engine at once, so nothing of it exists when the client says COMMIT.
    """
    kind = classify(sql)
    was_active = txn_state == ACTIVE
    try:
        if kind is Kind.DDL and txn_state != AUTO_COMMIT:
            if was_active:
                refuse_bad_syntax(session, sql)
                txn_state = AUTO_COMMIT
                session.run("COMMIT")
            txn_state = AUTO_COMMIT
        if txn_state == FAIL:
            return run_in_failed_transaction(kind)
        if kind in (Kind.COMMIT, Kind.ROLLBACK):
            # Whatever comes of it: a COMMIT that fails ends the transaction too.
            txn_state = AUTO_COMMIT
        if injected:
            raise injected
        result = session.run(sql)
    except EngineError as error:
        if was_active:
            session.run("ROLLBACK")
        return error, FAIL if txn_state == ACTIVE else txn_state
    if kind is Kind.BEGIN:
        txn_state = ACTIVE
    follow_session_state(session, kind, sql)
    return result, txn_state


def refuse_bad_syntax(session: EngineSession, sql: str) -> None:
    """A statement that does not parse fails the transaction, even if it starts like DDL."""
    try:
        session.plan(sql)
    except EngineError as error:
        if error.code == 1005:
            raise


def run_in_failed_transaction(kind: Kind):
    if kind in (Kind.COMMIT, Kind.ROLLBACK):
        return None, AUTO_COMMIT
    if kind is Kind.BEGIN:
        return None, FAIL
    message = "Current transaction is aborted, commands ignored until end of transaction block"
    return EngineError(4002, message), FAIL


def follow_session_state(session: EngineSession, kind: Kind, sql: str) -> None:
    if kind is Kind.USE:
        session.refresh_database()
    elif kind is Kind.SET:
        session.refresh_settings()
    if makes_session_state(sql):
        session.private = True
