"""Asks a running local Databend: `python -m local_databend.query --port PORT [SQL]`; without SQL it reads the statement
from its input. Prints one row a line, columns parted by tabs."""

import argparse
import os
import sys

from .selftest.client import Client


def main() -> int:
    parser = argparse.ArgumentParser(prog="local_databend.query")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("sql", nargs="?")
    options = parser.parse_args()
    password = os.environ.get("DT_DATABEND_PASSWORD", "dt_secret")
    rows, answer = Client(options.port, password).run(options.sql or sys.stdin.read())
    for row in rows:
        print(*("NULL" if value is None else value for value in row), sep="\t")
    if answer["error"]:
        print(f"ERROR {answer['error']['code']}: {answer['error']['message']}", file=sys.stderr)
    return 1 if answer["error"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(f"no Databend answers: {error}")
