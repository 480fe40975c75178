#!/usr/bin/env bash
# Usage: client.sh mariadb|mysql PORT [client options..]
#        client.sh databend PORT [SQL]
# The command-line client, as root, against a server of mariadb.sh or mysql.sh, or one statement as user dt against one
# of databend.sh. Statements that are no argument are read from the input.
set -euo pipefail
# shellcheck source=dt-tests/servers/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die "usage: client.sh mariadb|mysql|databend PORT [client options..]"
kind=$1
port=$2
shift 2

if [ "$kind" = databend ]; then
    export PYTHONPATH=$servers_dir PYTHONDONTWRITEBYTECODE=1
    exec "$engine_dir/python" -m local_databend.query --port "$port" "$@"
fi
arch=$(uname -m)-linux-gnu
options=()
case $kind in
    mariadb) root=$(mariadb_home) plugins=/usr/lib/$arch/libmariadb3/plugin ;;
    mysql) root=$(mysql_home) plugins=/usr/lib/mysql/plugin options=(--loose-commands) ;;
    *) die "unknown server '$kind': mariadb, mysql or databend" ;;
esac
from_root "$root" "/usr/bin/$kind"
# The password goes through the environment: on the command line each client would print a warning.
export MYSQL_PWD=$root_password
exec "${run[@]}" --no-defaults --protocol=TCP --host=127.0.0.1 --port="$port" --user=root \
    --default-character-set=utf8mb4 --plugin-dir="${root%/}$plugins" "${options[@]}" "$@"
