"""Starts the local Databend: `python -m local_databend --data DIR --port PORT`."""

import argparse
import os
import signal
from pathlib import Path

from .engine import Engine
from .http_api import Server
from .service import Service


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local_databend", description="The local Databend, for tests.")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--user", default=os.environ.get("DT_DATABEND_USER", "dt"))
    parser.add_argument("--password", default=os.environ.get("DT_DATABEND_PASSWORD", "dt_secret"))
    parser.add_argument("--log-sql", type=int, default=200, metavar="N", help="characters of a statement that /_log keeps")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    # Before the engine starts its threads: they inherit the mask, so the signal reaches only the wait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    server = Server(Service(Engine(options.data), options.log_sql), options.port, options.user, options.password)
    server.start()
    print(f"local databend on 127.0.0.1:{server.port}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    # The engine's threads may be in the middle of a statement; nothing of them has to outlive the process.
    os._exit(0)


main()
