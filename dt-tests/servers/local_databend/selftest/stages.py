"""Stage uploads, and the statements that read them."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from .checks import Checks


class Stages(Checks):
    def check_stages(self):
        client = self.client()
        client.rows("CREATE OR REPLACE TABLE st_load (id INT NOT NULL, v VARCHAR, b BINARY)")
        client.rows("CREATE STAGE IF NOT EXISTS st_stage")
        file = parquet({"id": pa.array([1, 2, 3], pa.int32()), "v": ["a", "b", None], "b": [b"\0\xff", b"", None]})
        assert client.upload("st_stage", "x/y/one.parquet", file)[1]["files"] == ["x/y/one.parquet"]
        copy = "COPY INTO st_load FROM @st_stage/x/y/ FILES = ('one.parquet') FILE_FORMAT = (TYPE = parquet)"
        rows = client.rows(copy)
        assert len(rows) == 1 and rows[0][1] == "3", rows
        assert client.rows(copy) == [], "a file that was loaded before answers no row"
        assert client.rows("SELECT * FROM st_load ORDER BY id")[0] == ["1", "a", "00FF"]
        ids = pa.array([1, 2, 9], pa.int32())
        ops = parquet({"id": ids, "v": ["new", "b", "nine"], "b": [None] * 3, "__op": ["U", "D", "U"]})
        assert client.upload("~", "ops.parquet", ops)[0] == 200
        client.rows("BEGIN")
        client.rows(
            "REPLACE INTO st_load ON (id) DELETE WHEN __op = 'D' "
            "SELECT id, v, b, __op FROM @~/ops.parquet (FILE_FORMAT => 'parquet')"
        )
        client.rows("COMMIT")
        assert client.rows("SELECT id, v FROM st_load ORDER BY id") == [["1", "new"], ["3", None], ["9", "nine"]]
        assert client.upload("no_such_stage", "x", b"1")[0] == 500
        assert client.upload("st_stage", "../x", b"1")[0] == 500
        big = bytes(range(256)) * 20_000
        client.upload("st_stage", "big.bin", big)
        assert [row[1] for row in client.rows("LIST @st_stage PATTERN = 'big.*'")] == [str(len(big))]


def parquet(columns: dict) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()
