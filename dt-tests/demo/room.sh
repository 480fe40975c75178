# shellcheck shell=bash disable=SC2034,SC2119,SC2120  # for the scripts that source this file
# A room: one folder with a MariaDB, a local Databend, the demo's shop and task files for them. The demo makes one for
# itself, `make up` one that stays until `make down`. Every script of this folder sources this file.

demo=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$demo/../.." && pwd)
servers=$repo/dt-tests/servers
dt=${DT_BIN:-${CARGO_TARGET_DIR:-$repo/target}/debug/dt}
room=

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Takes the folder $1 as the room; its ports are known when its servers have been started before.
enter_room() {
    room=$(realpath -m "$1")
    source_port='' target_port=''
    # shellcheck source=/dev/null
    if [ -f "$room/ports" ]; then . "$room/ports"; fi
}

source_sql() { "$servers/client.sh" mariadb "$source_port" --batch --skip-column-names "$@"; }
target_sql() { "$servers/client.sh" databend "$target_port" "$@"; }

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

# When the process $1 began, in clock ticks since boot; nothing when it is gone. With its number this names a process
# for good: a number alone may belong to somebody else by now.
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

# Starts `server.sh DATA PORT` as process $1 of the room and remembers which process that is.
start() {
    local name=$1
    shift
    setsid "$servers/$name.sh" "$room/$name" "$@" >"$room/$name.log" 2>&1 &
    echo "$! $(began $!)" >"$room/$name.process"
}

# Whether the process $1 of the room is still the one that was started; sets `pid`.
runs() {
    local since
    read -r pid since 2>/dev/null <"$room/$1.process" && [ -n "$since" ] && [ "$(began "$pid")" = "$since" ]
}

# Ends the process $1 of the room, if it is still that one.
end() {
    local pid
    if runs "$1"; then
        kill "$pid"
        for _ in $(seq 100); do
            runs "$1" || break
            sleep 0.1
        done
        if runs "$1"; then kill -KILL "$pid"; fi
    fi
    rm -f "$room/$1.process"
}

end_servers() {
    end mariadb
    end databend
}

# Starts both servers on free ports and fills the shop.
start_servers() {
    mkdir -p "$room"
    source_port=$(free_port)
    start mariadb "$source_port"
    until_ok 90 $! source_sql -e 'SELECT 1'
    target_port=$(free_port)
    start databend "$target_port"
    until_ok 90 $! target_sql 'SELECT 1'
    printf 'source_port=%s\ntarget_port=%s\n' "$source_port" "$target_port" >"$room/ports"
    source_sql <"$demo/schema.sql"
    source_sql <"$demo/rows.sql"
}

# Prints a task file: extract type $1, task id $2.
task_file() {
    cat <<INI
[task]
id = $2

[extractor]
db_type = mysql
extract_type = $1
url = mysql://root:dt_root@127.0.0.1:$source_port

[filter]
do_dbs = dt_demo_shop

[sinker]
db_type = databend
url = databend://dt:dt_secret@127.0.0.1:$target_port/default?sslmode=disable&presign=off

[pipeline]
flush_interval_ms = 200
checkpoint_interval_secs = 2
INI
}
