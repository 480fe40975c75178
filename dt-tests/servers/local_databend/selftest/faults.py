"""Faults on request, held requests, and restarts."""

import threading
import time
from http.client import HTTPConnection, HTTPException

from .checks import Checks
from .client import Client


class FaultChecks(Checks):
    def check_injected_conflict_ends_the_transaction(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_boom (a INT)")
        client.rows("BEGIN")
        client.rows("INSERT INTO st_boom VALUES (1)")
        client.fault(match="^commit", action="error", code=4001, message="Unresolvable conflict detected for table 1")
        assert client.error("COMMIT") == 4001 and client.state() == "AutoCommit"
        assert client.value("SELECT count(*) FROM st_boom") == "0"

    def check_restart(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_restart (a INT)")
        client.rows("BEGIN")
        client.rows("INSERT INTO st_restart VALUES (1)")
        refused = []

        def knock():
            time.sleep(0.25)
            try:
                HTTPConnection("127.0.0.1", self.port, timeout=2).request("GET", "/health")
            except ConnectionRefusedError as error:
                refused.append(error)

        knocking = threading.Thread(target=knock)
        knocking.start()
        Client(self.port).call("POST", "/_restart", {"ms": 600})
        knocking.join()
        assert refused, "the server did not refuse connections"
        client.connection = None
        assert client.error("INSERT INTO st_restart VALUES (2)") == 5111 and client.state() == "Fail"
        client.rows("COMMIT")
        assert client.value("SELECT count(*) FROM st_restart") == "0"

    def check_faults(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_fault (a INT)")
        insert = "INSERT INTO st_fault VALUES (1)"
        for action, lost, runs in (("drop_before", True, 0), ("drop_after", True, 1), ("garbage", True, 1)):
            client.fault(match="^insert into st_fault", action=action, nth=2)
            before = int(client.value("SELECT count(*) FROM st_fault"))
            client.rows(insert)
            assert lost == fails(lambda: client.rows(insert)), action
            assert int(client.value("SELECT count(*) FROM st_fault")) == before + 1 + runs, action
        for action in ("http_503", "http_500"):
            client.fault(action=action)
            assert fails(lambda: client.rows("SELECT 1")), action
        client.fault(action="error", code=4000, message="disk on fire")
        assert client.error("SELECT 1") == 4000
        client.fault(match="version", action="replace", message="SELECT 'old'")
        assert client.value("SELECT version()") == "old" and client.value("SELECT 1") == "1"
        client.fault(action="delay", ms=300)
        started = time.monotonic()
        client.rows("SELECT 1")
        assert time.monotonic() - started >= 0.3
        client.fault(kind="upload", action="error", status=500, code=4000)
        assert client.upload("~", "x", b"1")[0] == 500
        listed = client.call("GET", "/_fault")[1]["faults"]
        assert all(fault["fired"] == 1 for fault in listed), listed
        client.call("DELETE", "/_fault")
        assert client.call("GET", "/_fault")[1]["faults"] == []
        assert client.call("POST", "/_fault", {"action": "nonsense"})[0] == 400

    def check_pause(self):
        client, admin = self.client(), self.client()
        for then, expected in (("run", "1"), ("drop", "1")):
            client.rows("CREATE TABLE IF NOT EXISTS st_pause (a INT)")
            admin.fault(match="^commit", action="pause")
            client.rows("BEGIN")
            client.rows("INSERT INTO st_pause VALUES (1)")
            outcome = []
            committing = threading.Thread(target=lambda: outcome.append(fails(lambda: client.rows("COMMIT"))))
            committing.start()
            while not admin.call("GET", "/_status")[1]["held"]:
                time.sleep(0.01)
            admin.call("POST", "/_fault/release", {"then": then})
            committing.join()
            assert outcome == [then == "drop"]
            assert admin.value("SELECT count(*) FROM st_pause") == expected
        admin.call("DELETE", "/_fault")


def fails(call) -> bool:
    try:
        call()
    except (HTTPException, OSError, ValueError, AssertionError):
        return True
    return False
