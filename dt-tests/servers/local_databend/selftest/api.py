"""Login, types, pages, session state."""

import threading
import time
import uuid

from .checks import Checks
from .text_forms import TEXT_FORMS


class Api(Checks):
    def check_authentication(self):
        status, answer = self.client(password="wrong").call("POST", "/v1/session/login")
        assert (status, answer["error"]["code"]) == (401, 5100), answer
        status, answer = self.client().call("POST", "/v1/session/login", {"database": "no_such_db"})
        assert (status, answer["error"]["code"]) == (400, 1003), answer
        status, answer = self.client().call("POST", "/v1/session/login", {"database": "default"})
        assert status == 200 and answer["version"] == "1.2.895", answer

    def check_text_forms(self):
        client = self.client()
        for expression, name, text in TEXT_FORMS:
            rows, answer = client.run(f"SELECT {expression} AS c")
            assert not answer["error"], (expression, answer["error"])
            found = (answer["schema"][0]["type"], rows[0][0])
            assert found == (name, text), f"{expression}: {found}, expected {(name, text)}"

    def check_nullable_columns_and_empty_results(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_null (a INT, b DECIMAL(65,30) NOT NULL, c VARIANT)")
        rows, answer = client.run("SELECT * FROM st_null")
        types = [column["type"] for column in answer["schema"]]
        assert rows == [] and types == ["Nullable(Int32)", "Decimal(65, 30)", "Nullable(Variant)"], types
        client.rows("INSERT INTO st_null VALUES (NULL, 1, parse_json('null')), (1, 2, NULL)")
        assert client.rows("SELECT a, c FROM st_null ORDER BY b") == [[None, "null"], ["1", None]]

    def check_text_equals_to_string(self):
        """The engine's own to_string is the oracle for whole columns, slices of pages included."""
        client = self.client(pagination={"max_rows_per_page": 700})
        columns = {
            "d": "(number * 1234567891 - 9876543210)::DECIMAL(38, 12) / 1000000",
            "t": "to_timestamp(number * 123456789 - 999999999999, 3)",
            "i": "to_interval(concat(to_string(number - 800), ':05:06.0', to_string(number % 10)))",
            "v": "parse_json(concat('{\"n\":', to_string(number - 1000), ',\"s\":[\"', to_string(number), '\"]}'))",
        }
        both = ", ".join(f"{text} AS {name}, to_string({name}) AS {name}_s" for name, text in columns.items())
        for row in client.rows(f"SELECT {both} FROM numbers(2000)"):
            assert row[0::2] == row[1::2], row

    def check_pages(self):
        client = self.client(pagination={"max_rows_per_page": 1000})
        first = client.start("SELECT number FROM numbers(2500) ORDER BY number")
        assert len(first["data"]) == 1000 and first["next_uri"].endswith("/page/1"), first["next_uri"]
        again = [client.call("GET", first["next_uri"])[1]["data"] for _ in range(2)]
        assert again[0] == again[1] and again[0][0] == ["1000"]
        assert len(client.rows("SELECT number FROM numbers(2500)")) == 2500
        status, _ = client.call("GET", "/v1/query/nothing/page/0")
        assert status == 404

    def check_slow_statement_answers_running(self):
        client = self.client(pagination={"wait_time_secs": 0})
        answer = client.start("SELECT sleep(1.0)")
        assert answer["state"] == "Running" and answer["next_uri"].endswith("/page/0"), answer
        while answer["state"] == "Running":
            answer = client.call("GET", answer["next_uri"])[1]
        assert answer["data"] == [["0"]], answer

    def check_same_query_id_runs_once(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_once (a INT)")
        query_id = uuid.uuid4().hex
        for _ in range(2):
            client.start("INSERT INTO st_once VALUES (1)", query_id)
        assert client.value("SELECT count(*) FROM st_once") == "1"

    def check_session_state(self):
        client = self.client()
        client.rows("CREATE DATABASE IF NOT EXISTS st_db")
        client.rows("USE st_db")
        assert client.session["database"] == "st_db"
        client.rows("SET timezone = 'Asia/Tokyo'")
        assert client.session["settings"] == {"timezone": "Asia/Tokyo"}, client.session
        assert client.value("SELECT to_timestamp(0)") == "1970-01-01 09:00:00.000000"
        other = self.client()
        other.session = {"database": "st_db", "settings": {"timezone": "Asia/Tokyo", "unknown_one": "1"}}
        assert other.rows("SELECT current_database(), to_timestamp(0)") == [["st_db", "1970-01-01 09:00:00.000000"]]
        client.rows("UNSET timezone")
        assert client.session["settings"] == {} and client.value("SELECT to_timestamp(0)").endswith("00:00:00.000000")

    def check_dml_answers_counts(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_dml (a INT NOT NULL, b VARCHAR)")
        rows, answer = client.run("INSERT INTO st_dml VALUES (1, 'x'), (2, 'y')")
        assert rows == [["2"]] and answer["schema"][0]["name"] == "number of rows inserted"
        assert answer["stats"]["write_progress"]["rows"] == 2
        assert client.rows("UPDATE st_dml SET b = 'z' WHERE a = 1") == [["1"]]
        assert client.rows("UPDATE st_dml SET b = 'z' WHERE a = 99") == [["0"]]
        assert client.rows("REPLACE INTO st_dml ON (a) VALUES (1, 'r')") == []
        assert client.rows("DELETE FROM st_dml WHERE a = 2") == [["1"]]

    def check_sessions_run_concurrently(self):
        clients = [self.client() for _ in range(4)]
        started = time.monotonic()
        threads = [threading.Thread(target=client.rows, args=("SELECT sleep(0.5)",)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - started < 1.5

    def check_large_statement(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_large (a INT, s VARCHAR)")
        values = ",".join(f"({at}, '{'x' * 100}')" for at in range(50_000))
        assert client.rows(f"INSERT INTO st_large VALUES {values}") == [["50000"]]

    def check_overhead(self):
        client = self.client()
        client.rows("SELECT 1")
        started = time.monotonic()
        engine_ms = 0
        for _ in range(100):
            engine_ms += client.run("SELECT 1")[1]["stats"]["running_time_ms"]
        total_ms = (time.monotonic() - started) * 10
        print(f"    SELECT 1 with its final: {total_ms:.1f} ms, of which the engine {engine_ms / 100:.1f} ms")
