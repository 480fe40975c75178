#!/usr/bin/env bash
# Usage: compare.sh ROOM [DATABASE]
# Compares every table of the shop in a room with its copy in a database of the target (dt_demo_shop unless named), by
# each server's own client. Prints a line a table, leaves the rows of both sides in ROOM/verdict, and fails unless all are equal.
set -euo pipefail
# shellcheck source=dt-tests/demo/room.sh
. "$(dirname "${BASH_SOURCE[0]}")/room.sh"
enter_room "$1"
copy=${2:-dt_demo_shop}

# What each side is asked for: one text a row, computed by the server itself. Texts and bytes are shown in hex, so that
# neither client's escapes come between; Databend writes the hours of an INTERVAL without a leading zero.
table_names() {
    printf '%s\n' customers products order_items visits settings 'Odd "names", and more' files
}
# shellcheck disable=SC2028  # the backslashes are for the server
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

mkdir -p "$room/verdict"
n=0 different=0
printf '%-24s %8s %8s  %-16s %-16s %s\n' table source target 'source checksum' 'target checksum' verdict
while read -r table; do
    n=$((n + 1)) from=$room/verdict/$n.source to=$room/verdict/$n.target
    source_sql --raw -e "SET time_zone = '+00:00'; SELECT CONCAT_WS('|', $(source_row "$table")) FROM dt_demo_shop.\`$table\`" |
        LC_ALL=C sort >"$from"
    target_sql "SELECT concat_ws('|', $(target_row "$table")) FROM $copy.\`$table\`" | LC_ALL=C sort >"$to"
    if [ -s "$from" ] && cmp -s "$from" "$to"; then verdict=equal; else verdict=DIFFERENT different=1; fi
    printf '%-24s %8d %8d  %-16.16s %-16.16s %s\n' "$table" "$(wc -l <"$from")" "$(wc -l <"$to")" \
        "$(sha256sum <"$from")" "$(sha256sum <"$to")" "$verdict"
done < <(table_names)
exit $different
