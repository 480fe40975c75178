#!/usr/bin/env bash
# Usage: mariadb.sh DATA_DIR PORT [mariadbd options..]
# Runs a MariaDB server in the foreground on 127.0.0.1:PORT, user root, password dt_root. An absent or empty DATA_DIR is
# initialised first. This process becomes the server: SIGTERM stops it cleanly, SIGKILL leaves nothing behind.
set -euo pipefail
# shellcheck source=dt-tests/servers/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die "usage: mariadb.sh DATA_DIR PORT [mariadbd options..]"
data_dir=$(realpath -m "$1")
port=$2
shift 2

copy_template "$mariadb_template" "$data_dir"
mariadb_command
exec "${server[@]}" --datadir="$data_dir" --tmpdir="$data_dir" --port="$port" --bind-address=127.0.0.1 \
    --socket="$(socket_path "$data_dir" "$port")" --pid-file="$data_dir/server.pid" --log-error="$data_dir/server.log" \
    --server-id="$port" --log-bin=binlog --binlog-format=ROW --binlog-row-image=FULL --sync-binlog=0 \
    --innodb-buffer-pool-size=128M --innodb-log-file-size=48M --innodb-flush-log-at-trx-commit=2 \
    --character-set-server=utf8mb4 --max-allowed-packet=1G --max-connections=200 --skip-name-resolve \
    --performance-schema=OFF --table-open-cache-instances=1 "$@"
