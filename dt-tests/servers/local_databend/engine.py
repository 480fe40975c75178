"""The embedded engine: sessions, results and errors."""

import re
import threading
from pathlib import Path

import databend
import pyarrow as pa

from .schema import Column, parse_schema

VERSION = "1.2.895"
# The text, without the full stop and the backtrace that follow it.
ERROR = re.compile(
    r"^(?:Error|DataFrame collect error): \w+\. Code: (\d+), Text = (.*?)\.?(?:\n\n {0,3}0: .*)?$", re.S
)


class EngineError(Exception):
    """An error as Databend reports it: its code and its text."""

    def __init__(self, code: int, message: str):
        super().__init__(f"[{code}] {message}")
        self.code = code
        self.message = message


def engine_error(failure: BaseException) -> EngineError:
    """Reads the engine's error out of the exception that carries its text. A panic has no code of its own: 1104."""
    text = str(failure)
    if found := ERROR.match(text):
        return EngineError(int(found[1]), found[2])
    return EngineError(1104, text)


class Result:
    """The columns and batches that a statement answered."""

    def __init__(self, columns: tuple[Column, ...], batches: list[pa.RecordBatch]):
        self.columns = columns
        self.batches = batches

    def rows(self) -> list[tuple]:
        return [tuple(row.values()) for batch in self.batches for row in batch.to_pylist()]


class EngineSession:
    """One session of the engine, and what is known of its state. Used by one statement at a time."""

    def __init__(self, context):
        self._context = context
        self.database = "default"
        self.settings: dict[str, str] = {}
        self.private = False

    def plan(self, sql: str):
        """Parses and plans without running."""
        try:
            return self._context.sql(sql)
        except BaseException as failure:  # a panic of the engine is no Exception
            raise engine_error(failure) from None

    def run(self, sql: str) -> Result:
        plan = self.plan(sql)
        try:
            batches = plan.to_py_arrow()
        except BaseException as failure:
            raise engine_error(failure) from None
        return Result(parse_schema(str(plan.schema())), batches)

    def restore(self, database: str, settings: dict[str, str]) -> None:
        """Brings the session to the state that a client carries. Unknown settings are ignored, as a server does."""
        for name in self.settings.keys() - settings.keys():
            self.run(f"UNSET {name}")
        for name, value in settings.items():
            if self.settings.get(name) != value:
                escaped = value.replace("\\", "\\\\").replace("'", "''")
                try:
                    self.run(f"SET {name} = '{escaped}'")
                except EngineError:
                    continue
        self.settings = dict(settings)
        if database != self.database:
            self.run("USE " + quote(database))
            self.database = database

    def refresh_database(self) -> None:
        self.database = self.run("SELECT current_database()").rows()[0][0]

    def refresh_settings(self) -> None:
        found = self.run("SELECT name, value FROM system.settings WHERE level = 'SESSION'")
        self.settings = {name: value for name, value in found.rows()}


class Engine:
    """The engine of this process: there can be only one, and its data folder is fixed by its first session."""

    def __init__(self, data_path: Path):
        data_path.mkdir(parents=True, exist_ok=True)
        self.data_path = data_path
        self._helper = self.session()
        self._helper_lock = threading.Lock()

    def session(self) -> EngineSession:
        return EngineSession(databend.SessionContext(data_path=str(self.data_path))._ctx)

    def query(self, sql: str) -> list[tuple]:
        """Runs a statement of our own, outside every client's session."""
        with self._helper_lock:
            return self._helper.run(sql).rows()

    def geometry_texts(self, values: list[bytes], output_format: str) -> list[str]:
        """The text of EWKB values, in the words of the engine itself."""
        function = {
            "wkt": "st_aswkt(%s)",
            "ewkt": "st_asewkt(%s)",
            "wkb": "upper(hex(st_aswkb(%s)))",
            "ewkb": "upper(hex(st_asewkb(%s)))",
        }.get(output_format.lower(), "to_string(%s)")
        texts = []
        for start in range(0, len(values), 1000):
            rows = ",".join(f"({at},'{value.hex()}')" for at, value in enumerate(values[start : start + 1000]))
            shown = function % "to_geometry(from_hex(value))"
            found = self.query(f"SELECT at, {shown} FROM (VALUES {rows}) v(at, value) ORDER BY at")
            texts += [text for _, text in found]
        return texts


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if "`" in name else f"`{name}`"
