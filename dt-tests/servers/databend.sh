#!/usr/bin/env bash
# Usage: databend.sh DATA_DIR PORT [local_databend options..]
# Runs the local Databend in the foreground on 127.0.0.1:PORT, user dt, password dt_secret (see --help for more).
# This process becomes the server: SIGTERM and SIGKILL both leave nothing behind.
set -euo pipefail
# shellcheck source=dt-tests/servers/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die "usage: databend.sh DATA_DIR PORT [local_databend options..]"
data_dir=$(realpath -m "$1")
port=$2
shift 2

[ -x "$engine_dir/python" ] || "$servers_dir/provision.sh"
export PYTHONPATH=$servers_dir PYTHONDONTWRITEBYTECODE=1
exec "$engine_dir/python" -m local_databend --data "$data_dir" --port "$port" "$@"
