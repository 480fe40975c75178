"""The sockets: routing, authentication, and faults around a request."""

import base64
import json
import re
import socket
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .engine import VERSION
from .faults import Fault, Faults
from .service import HttpError, Service


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class Server:
    """The listening socket, which a restart closes and opens again, and the connections behind it."""

    def __init__(self, service: Service, port: int, user: str, password: str):
        self.service = service
        self.faults = Faults()
        self.user = user
        self.password = password
        self._listener = Listener(("127.0.0.1", port), self)
        self.port = self._listener.server_address[1]

    def start(self) -> None:
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def restart(self, down_secs: float, keep: socket.socket) -> None:
        """Refuses connections for a while. `keep` is the connection that asked, which lives to hear about it."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.close_connections(keep)
        self.faults.release("drop")
        self.service.restart()
        time.sleep(down_secs)
        self._listener = Listener(("127.0.0.1", self.port), self)
        self.start()


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], server: Server):
        super().__init__(address, Handler)
        self.owner = server
        self._connections: set[socket.socket] = set()

    def process_request(self, request, client_address):
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self, keep: socket.socket) -> None:
        for connection in list(self._connections - {keep}):
            close_now(connection)

    def handle_error(self, request, client_address):
        """A client that went away is no error of ours."""


def close_now(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: Listener

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer_request()

    do_POST = do_PUT = do_DELETE = do_GET

    def answer_request(self) -> None:
        self.owner = self.server.owner
        self.service = self.owner.service
        url = urlsplit(self.path)
        self.arguments = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.body = Body(self)
        try:
            status, answer = 200, self.route(url.path)
        except HttpError as error:
            status, answer = error.status, error.body
        except Dropped:
            close_now(self.connection)
            self.close_connection = True
            return
        except Exception as failure:
            # A bug of ours must reach the test as an answer, not as a lost connection that looks like a fault.
            print(f"{self.command} {self.path}: {failure!r}", file=sys.stderr, flush=True)
            status, answer = 500, HttpError(500, f"local Databend: {failure!r}").body
        self.body.drain()
        self.send(status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def send(self, status: int, answer: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-DATABEND-VERSION", VERSION)
        if cookie := getattr(self, "new_session", None):
            self.send_header("X-DATABEND-SESSION-ID", cookie)
            self.send_header("Set-Cookie", f"session_id={cookie}")
            self.new_session = None
        self.end_headers()
        self.wfile.write(answer)
        self.wfile.flush()

    def route(self, path: str):
        if path in ("/health", "/v1/health"):
            return {"status": "pass"}
        if path.startswith("/_"):
            return self.admin(path)
        self.authenticate()
        return self.with_faults(path)

    def authenticate(self) -> None:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            raise HttpError(401, "Authentication error: no authorization header provided", 5100)
        try:
            name, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            raise HttpError(401, "Authentication error: invalid Basic auth header format", 5100) from None
        if name != self.owner.user:
            raise HttpError(401, f"User '{name}'@'%' does not exist.", 2201)
        if password != self.owner.password:
            raise HttpError(401, "wrong password", 5100)

    def with_faults(self, path: str):
        """Runs the operation that the path names, with the fault that asks for this request, if any."""
        kind, sql, run = self.operation(path)
        fault = self.owner.faults.fire(kind, sql)
        if fault is None:
            return run(None)
        self.before(fault, kind)
        answer = run(fault)
        return self.after(fault, answer)

    def before(self, fault: Fault, kind: str) -> None:
        action = fault.action
        if action == "drop_before" or action == "pause" and self.owner.faults.hold() == "drop":
            raise Dropped
        if action in ("http_503", "http_500"):
            raise HttpError(int(action[-3:]), "injected fault")
        if action == "delay":
            time.sleep(fault.ms / 1000)
        if action == "error" and kind != "query":
            raise HttpError(fault.status, fault.message, fault.code)

    def after(self, fault: Fault, answer):
        action = fault.action
        if action == "drop_after" or action == "pause_after" and self.owner.faults.hold() == "drop":
            raise Dropped
        if action == "delay_after":
            time.sleep(fault.ms / 1000)
        return b'{"id": "gar' if action == "garbage" else answer

    def operation(self, path: str):
        """The kind of request, the SQL text that faults look at, and what to run."""
        service = self.service
        if path == "/v1/query":
            request = self.body.json()
            query_id = self.headers.get("X-DATABEND-QUERY-ID") or uuid.uuid4().hex
            session_id = self.session_id()
            return "query", request["sql"], lambda fault: service.start_query(request, query_id, session_id, fault)
        if path == "/v1/upload_to_stage":
            return "upload", "", lambda _: self.upload()
        if path == "/v1/session/login":
            request = self.body.json()
            self.new_session = uuid.uuid4().hex
            return "login", "", lambda _: service.login(request, self.new_session)
        if path == "/v1/session/heartbeat":
            request = self.body.json()
            return "heartbeat", "", lambda _: service.heartbeat(request)
        if path == "/v1/session/logout":
            return "logout", "", lambda _: {}
        if found := re.fullmatch(r"/v1/query/([^/]+)(?:/(page|final|kill)(?:/(\d+))?)?", path):
            query_id, what, number = found.groups()
            sql = service.query(query_id).sql
            if what == "page":
                return "page", sql, lambda _: service.page(query_id, int(number or 0))
            operation = {"final": service.final, "kill": service.kill, None: service.state}[what]
            return what or "page", sql, lambda _: operation(query_id)
        raise HttpError(404, f"not found: {path}")

    def session_id(self) -> str:
        cookie = re.search(r"session_id=(\w+)", self.headers.get("Cookie", ""))
        return cookie[1] if cookie else ""

    def upload(self) -> dict:
        header = self.headers.get
        stage = header("X-DATABEND-STAGE-NAME") or header("stage_name")
        if not stage:
            raise HttpError(400, "missing header X-DATABEND-STAGE-NAME")
        return self.service.upload(stage, header("X-DATABEND-RELATIVE-PATH", ""), header("Content-Type", ""), self.body)

    def admin(self, path: str):
        """What tests ask of this server, and no real server has."""
        faults, request = self.owner.faults, (self.command, path)
        if request == ("GET", "/_fault"):
            return faults.list()
        if request == ("POST", "/_fault"):
            try:
                return faults.add(self.body.json())
            except (TypeError, ValueError, re.error) as error:
                raise HttpError(400, str(error)) from None
        if request == ("DELETE", "/_fault"):
            faults.clear()
            return {}
        if request == ("POST", "/_fault/release"):
            faults.release(self.body.json().get("then", "run"))
            return {}
        if request == ("POST", "/_restart"):
            self.owner.restart(self.body.json().get("ms", 500) / 1000, self.connection)
            self.close_connection = True
            return {"node_id": self.service.sessions.node_id}
        if request == ("GET", "/_log"):
            return self.service.journal.since(int(self.arguments.get("since", 0)))
        if request == ("GET", "/_status"):
            sessions = self.service.sessions
            return {"node_id": sessions.node_id, "open_transactions": sessions.open_transactions(), "held": faults.held}
        raise HttpError(404, f"not found: {self.command} {path}")


class Body:
    """The request's body, of known length or chunked, read at most once."""

    def __init__(self, handler: Handler):
        self._file = handler.rfile
        self._chunked = "chunked" in handler.headers.get("Transfer-Encoding", "")
        self._left = 0 if self._chunked else int(handler.headers.get("Content-Length") or 0)

    def read(self, size: int) -> bytes:
        if self._chunked and not self._left:
            self._left = int(self._file.readline().split(b";")[0], 16)
            if not self._left:
                self._file.readline()
                self._chunked = False
        data = self._file.read(min(size, self._left)) if self._left else b""
        self._left -= len(data)
        if self._chunked and not self._left:
            self._file.readline()
        return data

    def json(self) -> dict:
        data = b"".join(iter(lambda: self.read(1 << 20), b""))
        try:
            return json.loads(data or b"{}")
        except ValueError as error:
            raise HttpError(400, f"the body is no JSON: {error}") from None

    def drain(self) -> None:
        while self.read(1 << 20):
            pass
