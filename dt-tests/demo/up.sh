#!/usr/bin/env bash
# Usage: up.sh [ROOM]
# Leaves a MariaDB whose shop keeps changing and a local Databend running, with the commands and the task files to play
# with them, in the folder ROOM (target/dt-up). Says what runs when it runs already. down.sh ends it.
set -euo pipefail
# shellcheck source=dt-tests/demo/room.sh
. "$(dirname "${BASH_SOURCE[0]}")/room.sh"
enter_room "${1:-$repo/target/dt-up}"

# Writes an executable of the room that calls a script with arguments before the user's own.
command_file() {
    local name=$1
    shift
    { echo '#!/bin/sh' && printf 'exec' && printf ' %q' "$@" && printf ' "$@"\n'; } >"$room/$name"
    chmod +x "$room/$name"
}

# A start that dies half way leaves no server behind.
clean_up() {
    local code=$?
    if [ $code -ne 0 ]; then end_servers; fi
    exit $code
}

if runs mariadb && runs databend; then
    echo "already up:"
else
    [ -x "$dt" ] || fail "no $dt: run 'make up'"
    case $room in */dt-up*) ;; *) fail "the folder must be called dt-up.." ;; esac
    "$servers/provision.sh"
    end_servers
    rm -rf "$room"
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    start_servers
    source_sql <"$demo/writer.sql"
    task_file struct shop >"$room/struct.ini"
    task_file snapshot shop >"$room/snapshot.ini"
    task_file cdc shop >"$room/cdc.ini"
    { task_file snapshot_and_cdc whole_shop && printf '\n[router]\ndb_map = dt_demo_shop:whole_shop\n'; } >"$room/snapshot_and_cdc.ini"
    command_file source "$servers/client.sh" mariadb "$source_port" dt_demo_shop
    command_file target "$servers/client.sh" databend "$target_port"
    command_file compare "$demo/compare.sh" "$room"
    command_file dt "$(realpath "$dt")"
    echo "up:"
fi
runs mariadb && source_pid=$pid
runs databend && target_pid=$pid
cat <<TEXT
  MariaDB    mysql://root:dt_root@127.0.0.1:$source_port   pid $source_pid; the shop in it changes every second
  Databend   databend://dt:dt_secret@127.0.0.1:$target_port/default?sslmode=disable&presign=off   pid $target_pid
In ${room#"$repo/"}:
  ./source -e 'SHOW TABLES'                             a query to MariaDB; without -e its client
  ./target 'SHOW TABLES FROM dt_demo_shop'              a query to Databend
  ./dt run struct.ini                                   dt; also snapshot.ini, cdc.ini, snapshot_and_cdc.ini
  ./compare                                             both sides, table by table
  ./source -e 'SET GLOBAL event_scheduler = OFF'        the shop rests; ON wakes it
docs/manual-run.md walks through it. make down ends both servers.
TEXT
