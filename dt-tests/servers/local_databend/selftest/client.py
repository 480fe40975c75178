"""A client that speaks the HTTP API as the driver does, for the self-test and for tests written in Python."""

import base64
import json
import uuid
from http.client import HTTPConnection, HTTPException


class Client:
    """One client session: sends its state with each statement, as the driver does."""

    def __init__(self, port: int, password: str = "dt_secret", pagination: dict | None = None):
        self.port = port
        self.session: dict = {"database": "default"}
        self.pagination = pagination
        token = base64.b64encode(f"dt:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self.connection: HTTPConnection | None = None

    def call(self, method: str, path: str, body=None, headers: dict | None = None) -> tuple[int, dict]:
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        try:
            self.connection.request(method, path, data, self.headers | (headers or {}))
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (HTTPException, OSError):
            self.connection.close()
            self.connection = None
            raise

    def start(self, sql: str, query_id: str | None = None) -> dict:
        request = {"sql": sql, "session": self.session}
        if self.pagination:
            request["pagination"] = self.pagination
        headers = {"X-DATABEND-QUERY-ID": query_id or uuid.uuid4().hex}
        status, answer = self.call("POST", "/v1/query", request, headers)
        if status != 200:
            raise AssertionError(f"HTTP {status}: {answer}")
        return answer

    def run(self, sql: str) -> tuple[list, dict]:
        """All rows and the last response that described the result."""
        answer = self.start(sql)
        rows, described = [], answer
        while True:
            self.session = answer["session"] or self.session
            rows += answer["data"]
            if answer["schema"]:
                described = answer
            if answer["error"] or not answer["next_uri"]:
                return rows, answer if answer["error"] else described
            status, answer = self.call("GET", answer["next_uri"])
            assert status == 200, answer

    def rows(self, sql: str) -> list:
        rows, answer = self.run(sql)
        assert not answer["error"], f"{sql}: {answer['error']}"
        return rows

    def value(self, sql: str):
        return self.rows(sql)[0][0]

    def error(self, sql: str) -> int:
        _, answer = self.run(sql)
        assert answer["error"], f"{sql}: no error"
        return answer["error"]["code"]

    def state(self) -> str:
        return self.session["txn_state"]

    def upload(self, stage: str, path: str, data: bytes) -> tuple[int, dict]:
        head = f'--xyz\r\nContent-Disposition: form-data; name="upload"; filename="{path}"\r\n\r\n'
        body = head.encode() + data + b"\r\n--xyz--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=xyz", "X-DATABEND-STAGE-NAME": stage}
        return self.call("PUT", "/v1/upload_to_stage", body, headers)

    def fault(self, **fault) -> dict:
        status, answer = self.call("POST", "/_fault", fault)
        assert status == 200, answer
        return answer
