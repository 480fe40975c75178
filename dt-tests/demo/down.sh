#!/usr/bin/env bash
# Usage: down.sh [ROOM]
# Ends the servers that up.sh started in the folder ROOM (target/dt-up), and no other process, and removes the folder.
set -euo pipefail
# shellcheck source=dt-tests/demo/room.sh
. "$(dirname "${BASH_SOURCE[0]}")/room.sh"
enter_room "${1:-$repo/target/dt-up}"
case $room in */dt-up*) ;; *) fail "the folder must be called dt-up.." ;; esac
if [ ! -d "$room" ]; then
    echo "nothing is up"
    exit
fi
end_servers
rm -rf "$room"
echo "down: both servers have ended, their data is removed"
