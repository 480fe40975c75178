#!/usr/bin/env bash
# A MariaDB database arrives in Databend, is followed live, and both sides are compared by clients that are not dt.
# DT_BIN names another dt. `make up` leaves such servers running.
set -euo pipefail
# shellcheck source=dt-tests/demo/room.sh
. "$(dirname "${BASH_SOURCE[0]}")/room.sh"
enter_room "${DT_DEMO_DIR:-$repo/target/dt-demo}"
dt_pid=

say() { printf '\n== %s\n' "$*"; }

# Ends only what this demo started.
clean_up() {
    local code=$?
    if [ -n "$dt_pid" ]; then kill "$dt_pid" 2>/dev/null && wait "$dt_pid" 2>/dev/null || true; fi
    end_servers
    if [ $code -ne 0 ] && [ -f "$room/dt.log" ]; then
        echo "demo: failed; dt's last lines:" >&2
        tail -n 15 "$room/dt.log" >&2
    fi
    exit $code
}

# Compares until both sides are equal, at most a minute: $1 says what is wrong otherwise.
until_equal() {
    local deadline=$((SECONDS + 60))
    until "$demo/compare.sh" "$room" >"$room/compare.txt" 2>&1; do
        kill -0 "$dt_pid" 2>/dev/null || fail "dt ended"
        [ $SECONDS -lt $deadline ] || { cat "$room/compare.txt"; fail "$1"; }
        sleep 0.2
    done
}

[ -x "$dt" ] || fail "no $dt: run 'make demo', or build it with 'cargo build -p dt-task'"
case $room in */dt-demo*) ;; *) fail "DT_DEMO_DIR must end in dt-demo.." ;; esac
"$servers/provision.sh"
end_servers
rm -rf "$room"
trap clean_up EXIT
trap 'exit 130' INT TERM

say "a MariaDB and a Databend, on free ports; a shop in MariaDB"
start_servers
echo "MariaDB $(source_sql -e 'SELECT VERSION()') on port $source_port, Databend on port $target_port"
echo "7 tables with a composite key, no key, odd names, JSON, decimals, text, bytes"
echo "Databend holds $(target_sql "SELECT count(*) FROM system.databases WHERE name = 'dt_demo_shop'") database of that name"

say "dt run task.ini (extract_type = snapshot_and_cdc)"
task_file snapshot_and_cdc dt_demo >"$room/task.ini"
sed 's/^/    /' "$room/task.ini"
"$dt" precheck "$room/task.ini" >"$room/precheck.txt" || fail "dt precheck found a blocker: $room/precheck.txt"
sed 's/^/    /' "$room/precheck.txt"
"$dt" run "$room/task.ini" >"$room/dt.log" 2>&1 &
dt_pid=$!
until_ok 120 "$dt_pid" grep -q 'following the binlog' "$room/dt.log"

say "tables created and rows copied; dt follows the binlog"
until_equal "the copy is not equal"
cat "$room/compare.txt"

say "live: inserts, updates, deletes, a key change, a transaction over two tables, a rollback"
grep -E '^(INSERT|UPDATE|DELETE|START|COMMIT|ROLLBACK)' "$demo/changes.sql" | cut -c1-110 | sed 's/^/    /'
product="SELECT concat(sku, ' at ', to_string(price)) FROM dt_demo_shop.products WHERE title = 'Product 7'"
echo "in Databend before: $(target_sql "$product")"
start=$(date +%s%N)
source_sql <"$demo/changes.sql"
until_equal "the changes did not arrive"
echo "in Databend after:  $(target_sql "$product")"
echo "equal again after $((($(date +%s%N) - start) / 1000000)) ms, the comparison included"

say "dt is stopped (SIGTERM)"
kill -TERM "$dt_pid"
code=0
wait "$dt_pid" || code=$?
dt_pid=
[ $code -eq 0 ] || fail "dt ended with exit code $code"
grep -E 'table total|task ended' "$room/dt.log" | cut -c1-160 | sed 's/^/    /'

say "verdict, by the mysql client on one side and HTTP queries on the other"
"$demo/compare.sh" "$room" || fail "the two sides differ; see $room/verdict"
echo
echo "equal"
