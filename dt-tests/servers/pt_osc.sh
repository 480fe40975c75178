#!/usr/bin/env bash
# Usage: pt_osc.sh DSN [options..]
# pt-online-schema-change on the table that the DSN names (h=..,P=..,u=..,p=..,D=..,t=..).
set -euo pipefail
# shellcheck source=dt-tests/servers/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 1 ] || die "usage: pt_osc.sh DSN [options..]"
dsn=$1
shift
[ -d "$toolkit_root" ] || die "$toolkit_root does not exist: run provision.sh"

arch=$(uname -m)-linux-gnu
from_root "$toolkit_root" /usr/bin/perl
folders=("$toolkit_root"/usr/share/perl5 "$toolkit_root"/usr/lib/"$arch"/perl5/5.[0-9][0-9]
    "$toolkit_root"/usr/lib/"$arch"/perl/5.[0-9][0-9] "$toolkit_root"/usr/lib/"$arch"/perl-base
    "$toolkit_root"/usr/share/perl/5.[0-9][0-9])
PERL5LIB=$(IFS=:; echo "${folders[*]}")
export PERL5LIB PERL_HASH_SEED=0
exec "${run[@]}" "$toolkit_root/usr/bin/pt-online-schema-change" --execute --no-version-check --recursion-method=none \
    --set-vars=lock_wait_timeout=60 "$@" "$dsn"
