#!/usr/bin/env bash
# A MariaDB database arrives in Databend, is followed live, and both sides are compared by clients that are not dt.
# KEEP=1 leaves both servers up and says how to look around. DT_BIN names another dt. On servers of your own
# (DATABEND_DSN) see the README; this demo starts its own.
set -euo pipefail
demo=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$demo/../.." && pwd)
servers=$repo/dt-tests/servers
room=${DT_DEMO_DIR:-$repo/target/dt-demo}
dt=${DT_BIN:-${CARGO_TARGET_DIR:-$repo/target}/debug/dt}
pids=()
dt_pid=

say() { printf '\n== %s\n' "$*"; }
fail() {
    echo "demo: $*" >&2
    exit 1
}

# Ends only what this demo started, by process id.
clean_up() {
    local code=$?
    if [ -n "$dt_pid" ]; then kill "$dt_pid" 2>/dev/null && wait "$dt_pid" 2>/dev/null || true; fi
    if [ -z "${KEEP:-}" ] || [ $code -ne 0 ]; then
        for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
        for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    fi
    if [ $code -ne 0 ] && [ -f "$room/dt.log" ]; then
        echo "demo: failed; dt's last lines:" >&2
        tail -n 15 "$room/dt.log" >&2
    fi
    exit $code
}
trap clean_up EXIT
trap 'exit 130' INT TERM

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    fail "no free port"
}

# Waits until a command succeeds: at most $1 seconds, and only while process $2 lives.
until_ok() {
    local deadline=$((SECONDS + $1)) pid=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || fail "ended before it was ready: ${*:1:3}"
        [ $SECONDS -lt $deadline ] || fail "not ready in time: ${*:1:3}"
        sleep 0.1
    done
}

source_sql() { "$servers/client.sh" mariadb "$source_port" --batch --skip-column-names "$@"; }

# One query over Databend's HTTP API: the answers of its only column, one a line. Every query here answers texts
# without quotes and backslashes (values are shown in hex), so that no JSON parser is needed.
target_sql() {
    local answer next
    answer=$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n' ' ' |
        sed 's/^/{"pagination": {"wait_time_secs": 30, "max_rows_per_page": 100000}, "sql": "/; s/$/"}/' |
        request -H 'Content-Type: application/json' --data-binary @- "$target_url/v1/query") || return 1
    while :; do
        case $answer in *'"error":{'* | *'"error": {'*)
            printf '%s\n' "$answer" | sed 's/.*"error"//' | cut -c1-300 >&2
            return 1
            ;;
        esac
        printf '%s\n' "$answer" | { grep -o '\["[^"]*"\]' || true; } | sed 's/^\["//; s/"\]$//'
        next=$(printf '%s\n' "$answer" | sed -n 's/.*"next_uri": *"\([^"]*\)".*/\1/p')
        case $next in '' | */final) return ;; esac
        answer=$(request "$target_url$next") || return 1
    done
}
request() { curl -sS --fail-with-body -u dt:dt_secret "$@"; }

# What each side is asked for: one text a row, computed by the server itself. Texts and bytes are shown in hex, so that
# neither client's escapes come between; Databend writes the hours of an INTERVAL without a leading zero.
table_names() {
    printf '%s\n' customers products order_items visits settings 'Odd "names", and more' files
}
source_row() {
    case $1 in
        customers) echo "id, HEX(name), COALESCE(HEX(note), 'NULL'), COALESCE(joined, 'NULL'), vip" ;;
        products) echo "HEX(sku), HEX(title), price, weight, kind, COALESCE(tags, 'NULL')" ;;
        order_items) echo "order_id, line, sku, quantity, amount" ;;
        visits) echo "page, DATE_FORMAT(at, '%Y-%m-%d %H:%i:%s.%f'), REGEXP_REPLACE(took, '^(-?)0', '\\\\1')" ;;
        settings) echo "id, COALESCE(HEX(JSON_COMPACT(document)), 'NULL'), COALESCE(DATE_FORMAT(changed, '%Y-%m-%d %H:%i:%s.%f'), 'NULL')" ;;
        Odd*) echo "\`order\`, HEX(\`it's a.column\`), COALESCE(\`größe\`, 'NULL')" ;;
        files) echo "id, HEX(content), COALESCE(CAST(flags AS UNSIGNED), 'NULL')" ;;
    esac
}
target_row() {
    case $1 in
        customers) echo "to_string(id), upper(hex(name)), coalesce(upper(hex(note)), 'NULL'), coalesce(to_string(joined), 'NULL'), to_string(vip)" ;;
        products) echo "upper(hex(sku)), upper(hex(title)), to_string(price), to_string(weight), kind, coalesce(tags, 'NULL')" ;;
        order_items) echo "to_string(order_id), to_string(line), sku, to_string(quantity), to_string(amount)" ;;
        visits) echo "page, to_string(at), to_string(took)" ;;
        settings) echo "to_string(id), coalesce(upper(hex(to_string(document))), 'NULL'), coalesce(to_string(changed), 'NULL')" ;;
        Odd*) echo "to_string(\`order\`), upper(hex(\`it's a.column\`)), coalesce(to_string(\`größe\`), 'NULL')" ;;
        files) echo "to_string(id), upper(hex(content)), coalesce(to_string(flags), 'NULL')" ;;
    esac
}

# Writes both sides of every table, sorted, to $room/verdict, and prints a line a table. Fails unless all are equal.
compare() {
    local table n=0 verdict equal=0 from to
    mkdir -p "$room/verdict"
    printf '%-24s %8s %8s  %-16s %-16s %s\n' table source target 'source checksum' 'target checksum' verdict
    while read -r table; do
        n=$((n + 1)) from=$room/verdict/$n.source to=$room/verdict/$n.target
        source_sql --raw -e "SET time_zone = '+00:00'; SELECT CONCAT_WS('|', $(source_row "$table")) FROM dt_demo_shop.\`$table\`" |
            LC_ALL=C sort >"$from"
        target_sql "SELECT concat_ws('|', $(target_row "$table")) FROM dt_demo_shop.\`$table\`" | LC_ALL=C sort >"$to"
        if [ -s "$from" ] && cmp -s "$from" "$to"; then verdict=equal; else verdict=DIFFERENT equal=1; fi
        printf '%-24s %8d %8d  %-16.16s %-16.16s %s\n' "$table" "$(wc -l <"$from")" "$(wc -l <"$to")" \
            "$(sha256sum <"$from")" "$(sha256sum <"$to")" "$verdict"
    done < <(table_names)
    return $equal
}

# Waits at most $2 seconds until the log holds $1.
wait_for_log() { until_ok "$2" "$dt_pid" grep -q "$1" "$room/dt.log"; }

command -v curl >/dev/null || fail "needs curl: apt-get install curl"
[ -x "$dt" ] || fail "no $dt: run 'make demo', or build it with 'cargo build -p dt-task'"
"$servers/provision.sh"
case $room in */dt-demo*) rm -rf "$room" ;; *) fail "DT_DEMO_DIR must end in dt-demo.." ;; esac
mkdir -p "$room"

say "a MariaDB and a Databend, on free ports"
source_port=$(free_port)
setsid "$servers/mariadb.sh" "$room/mariadb" "$source_port" >"$room/mariadb.log" 2>&1 &
pids+=($!)
until_ok 90 $! source_sql -e 'SELECT 1'
target_port=$(free_port)
target_url=http://127.0.0.1:$target_port
setsid "$servers/databend.sh" "$room/databend" "$target_port" >"$room/databend.log" 2>&1 &
pids+=($!)
until_ok 90 $! target_sql 'SELECT to_string(1)'
echo "MariaDB $(source_sql -e 'SELECT VERSION()') on port $source_port, Databend on port $target_port"

say "a shop in MariaDB: 7 tables with a composite key, no key, odd names, JSON, decimals, text, bytes"
source_sql <"$demo/schema.sql"
source_sql <"$demo/rows.sql"
echo "Databend holds $(target_sql "SELECT to_string(count(*)) FROM system.databases WHERE name = 'dt_demo_shop'") database of that name"

say "dt run task.ini (extract_type = snapshot_and_cdc)"
cat >"$room/task.ini" <<INI
[task]
id = dt_demo

[extractor]
db_type = mysql
extract_type = snapshot_and_cdc
url = mysql://root:dt_root@127.0.0.1:$source_port

[filter]
do_dbs = dt_demo_shop

[sinker]
db_type = databend
url = databend://dt:dt_secret@127.0.0.1:$target_port/default?sslmode=disable&presign=off

[pipeline]
flush_interval_ms = 200
INI
sed 's/^/    /' "$room/task.ini"
"$dt" precheck "$room/task.ini" >"$room/precheck.txt" || fail "dt precheck found a blocker: $room/precheck.txt"
sed 's/^/    /' "$room/precheck.txt"
"$dt" run "$room/task.ini" >"$room/dt.log" 2>&1 &
dt_pid=$!
wait_for_log 'following the binlog' 120

say "tables created and rows copied; dt follows the binlog"
deadline=$((SECONDS + 60))
until compare >"$room/compare.txt" 2>&1; do
    kill -0 "$dt_pid" 2>/dev/null || fail "dt ended"
    [ $SECONDS -lt $deadline ] || { cat "$room/compare.txt"; fail "the copy is not equal"; }
    sleep 0.2
done
cat "$room/compare.txt"

say "live: inserts, updates, deletes, a key change, a transaction over two tables, a rollback"
grep -E '^(INSERT|UPDATE|DELETE|START|COMMIT|ROLLBACK)' "$demo/changes.sql" | cut -c1-110 | sed 's/^/    /'
product="SELECT concat(sku, ' at ', to_string(price)) FROM dt_demo_shop.products WHERE title = 'Product 7'"
echo "in Databend before: $(target_sql "$product")"
start=$(date +%s%N)
source_sql <"$demo/changes.sql"
deadline=$((SECONDS + 60))
until compare >"$room/compare.txt" 2>&1; do
    kill -0 "$dt_pid" 2>/dev/null || fail "dt ended"
    [ $SECONDS -lt $deadline ] || { cat "$room/compare.txt"; fail "the changes did not arrive"; }
    sleep 0.2
done
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
compare || fail "the two sides differ; see $room/verdict"
echo
echo "equal"

if [ -n "${KEEP:-}" ]; then
    cat <<TEXT

Both servers stay up. From $repo:

  MariaDB   $servers/client.sh mariadb $source_port dt_demo_shop
  Databend  curl -s -u dt:dt_secret -H 'Content-Type: application/json' $target_url/v1/query -d '{"sql": "SELECT * FROM dt_demo_shop.products LIMIT 3"}'
  dt        $dt run $room/task.ini      (goes on where it was; Ctrl-C ends it)
  the end   kill ${pids[*]}
TEXT
fi
