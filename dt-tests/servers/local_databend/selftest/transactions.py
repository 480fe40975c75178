"""Transactions, as a server treats them."""

from .checks import Checks


class Transactions(Checks):
    def check_transaction_visibility(self):
        one, two = self.client(), self.client()
        one.rows("CREATE OR REPLACE TABLE st_txn (a INT)")
        one.rows("BEGIN")
        assert one.state() == "Active" and one.session["need_sticky"]
        one.rows("INSERT INTO st_txn VALUES (1)")
        assert one.value("SELECT count(*) FROM st_txn") == "1"
        assert two.value("SELECT count(*) FROM st_txn") == "0"
        one.rows("COMMIT")
        assert one.state() == "AutoCommit"
        assert two.value("SELECT count(*) FROM st_txn") == "1"
        one.rows("BEGIN")
        one.rows("INSERT INTO st_txn VALUES (2)")
        one.rows("ROLLBACK")
        assert two.value("SELECT count(*) FROM st_txn") == "1"

    def check_conflict_ends_the_transaction(self):
        one, two = self.client(), self.client()
        one.rows("CREATE OR REPLACE TABLE st_conflict (a INT)")
        one.rows("INSERT INTO st_conflict VALUES (1)")
        for client in (one, two):
            client.rows("BEGIN")
            client.rows("UPDATE st_conflict SET a = a + 1")
        one.rows("COMMIT")
        assert two.error("COMMIT") == 4001 and two.state() == "AutoCommit"

    def check_error_fails_the_transaction(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_fail (a INT)")
        for mistake in ("SELECT to_int32('x')", "SELEC 1", "SELECT * FROM no_such_table"):
            client.rows("BEGIN")
            client.rows("INSERT INTO st_fail VALUES (1)")
            client.error(mistake)
            assert client.state() == "Fail"
            assert client.error("SELECT 1") == 4002
            client.rows("COMMIT")
            assert client.state() == "AutoCommit"
            assert client.value("SELECT count(*) FROM st_fail") == "0"

    def check_ddl_commits_the_transaction(self):
        client, other = self.client(), self.client()
        client.rows("CREATE OR REPLACE TABLE st_ddl (a INT)")
        client.rows("BEGIN")
        client.rows("INSERT INTO st_ddl VALUES (1)")
        client.rows("ALTER TABLE st_ddl ADD COLUMN b INT")
        assert client.state() == "AutoCommit"
        assert other.rows("SELECT a, b FROM st_ddl") == [["1", None]]
        client.rows("ROLLBACK")
        assert other.value("SELECT count(*) FROM st_ddl") == "1"
        client.rows("BEGIN")
        client.rows("INSERT INTO st_ddl VALUES (2, 2)")
        client.rows("OPTIMIZE TABLE st_ddl COMPACT")
        assert client.state() == "Active"
        client.rows("ROLLBACK")

    def check_lost_transaction(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_lost (a INT)")
        client.rows("BEGIN")
        client.rows("INSERT INTO st_lost VALUES (1)")
        client.fault(match="^commit", action="kill_session")
        assert client.error("COMMIT") == 4003 and client.state() == "Fail"
        client.rows("ROLLBACK")
        assert client.value("SELECT count(*) FROM st_lost") == "0"
        stale = dict(client.session)
        client.rows("BEGIN")
        stale["internal"], stale["txn_state"] = client.session["internal"], "Active"
        client.rows("INSERT INTO st_lost VALUES (1)")
        other = self.client()
        other.session = stale
        assert other.error("SELECT 1") == 4003, "the key of a transaction is used up by the next request"
        client.rows("ROLLBACK")

    def check_journal(self):
        client = self.client()
        last = client.call("GET", "/_log")[1]["last"]
        client.rows("BEGIN")
        client.error("SELECT journal_mistake")
        client.rows("COMMIT")
        entries = client.call("GET", f"/_log?since={last}")[1]["entries"]
        assert [(entry["sql"], entry["txn_before"], entry["txn_after"]) for entry in entries] == [
            ("BEGIN", "AutoCommit", "Active"),
            ("SELECT journal_mistake", "Active", "Fail"),
            ("COMMIT", "Fail", "AutoCommit"),
        ], entries
        assert entries[1]["error"]["code"] == 1065 and all(entry["ended"] >= entry["started"] for entry in entries)
