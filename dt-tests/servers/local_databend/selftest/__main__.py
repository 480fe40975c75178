"""Starts a server of its own on a free port, runs every `check_*` method, and stops it."""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .api import Api
from .faults import FaultChecks
from .stages import Stages
from .transactions import Transactions


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="dt-selftest-") as folder:
        command = [str(Path(__file__).parents[2] / "databend.sh"), str(Path(folder) / "data"), "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            port = int(re.search(r":(\d+)$", server.stdout.readline().strip())[1])
            return run_checks(port)
        finally:
            server.terminate()
            server.wait(10)


def run_checks(port: int) -> int:
    failed = 0
    for group in (Api(port), Transactions(port), Stages(port), FaultChecks(port)):
        for name in [name for name in vars(type(group)) if name.startswith("check_")]:
            started = time.monotonic()
            try:
                getattr(group, name)()
                print(f"ok     {name} ({time.monotonic() - started:.2f} s)")
            except Exception as error:
                failed += 1
                print(f"FAILED {name}: {type(error).__name__}: {error}")
    print(f"{failed} failed" if failed else "all passed")
    return 1 if failed else 0


sys.exit(main())
