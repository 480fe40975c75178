#!/usr/bin/env bash
# Usage: mysql.sh DATA_DIR PORT [mysqld options..]
# Runs a MySQL server in the foreground on 127.0.0.1:PORT, user root, password dt_root, GTIDs on. An absent or empty
# DATA_DIR is initialised first. This process becomes the server: SIGTERM stops it cleanly, SIGKILL leaves nothing.
set -euo pipefail
# shellcheck source=dt-tests/servers/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die "usage: mysql.sh DATA_DIR PORT [mysqld options..]"
data_dir=$(realpath -m "$1")
port=$2
shift 2

# A server keeps the case of names that it was initialised with, so the template does not serve another one.
lower_case=$(printf '%s\n' "$@" | grep -- '^--lower-case-table-names=' || true)
if [ -n "$lower_case" ] && [ -z "$(ls -A "$data_dir" 2>/dev/null)" ]; then
    mkdir -p "$(dirname "$data_dir")"
    initialise_mysql "$data_dir" "$lower_case"
else
    copy_template "$mysql_template" "$data_dir"
fi
mysql_command
exec "${server[@]}" --datadir="$data_dir" --tmpdir="$data_dir" --port="$port" --bind-address=127.0.0.1 \
    --socket="$(socket_path "$data_dir" "$port")" --pid-file="$data_dir/server.pid" --log-error="$data_dir/server.log" \
    --mysqlx=OFF --server-id="$port" --log-bin=binlog --binlog-row-image=FULL --sync-binlog=0 \
    --gtid-mode=ON --enforce-gtid-consistency=ON \
    --innodb-buffer-pool-size=128M --innodb-redo-log-capacity=64M --innodb-flush-log-at-trx-commit=2 \
    --character-set-server=utf8mb4 --max-allowed-packet=1G --max-connections=200 --skip-name-resolve \
    --performance-schema=OFF "$@"
