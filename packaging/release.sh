#!/usr/bin/env bash
# Builds the release binary and packs it with what belongs to it: target/release-package/dt-<version>-<target>.tar.gz and
# SHA256SUMS. Static (musl) where this machine can build that; otherwise for this machine's C library, and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$PWD/target/release-package
host=$(rustc -vV | sed -n 's/^host: //p')
static=${host/-gnu/-musl}

# Whether a static binary can be built: the target's standard library and a C compiler for the TLS and zstd code.
can_be_static() {
    [ "$static" != "$host" ] || return 1
    if ! command -v musl-gcc >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends musl-tools; } >/dev/null 2>&1 || true
    fi
    command -v musl-gcc >/dev/null || return 1
    [ -d "$(rustc --print sysroot)/lib/rustlib/$static" ] ||
        { command -v rustup >/dev/null && rustup target add "$static" >/dev/null 2>&1; }
}

if can_be_static; then
    target=$static
else
    target=$host
    echo "release: no musl here (musl-gcc and 'rustup target add $static'): the binary needs this machine's C library or a newer one"
fi
cargo build --release --locked --workspace --bin dt --target "$target"

built=${CARGO_TARGET_DIR:-target}/$target/release/dt
version=$("$built" --version | cut -d' ' -f2)
name=dt-$version-$target
rm -rf "$out"
mkdir -p "$out/$name"/{completions,systemd}
cp "$built" "$out/$name/dt"
strip "$out/$name/dt"
cp -r LICENSE README.md README.zh-CN.md CHANGELOG.md docs "$out/$name"
cp packaging/systemd/dt@.service "$out/$name/systemd"
for shell in bash zsh fish; do "$out/$name/dt" completions $shell >"$out/$name/completions/dt.$shell"; done
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"
rm -r "${out:?}/$name"
(cd "$out" && sha256sum ./*.tar.gz >SHA256SUMS)

# What was packed is what is shown.
tar -C "$out" -xzf "$out/$name.tar.gz" "$name/dt"
"$out/$name/dt" --version
rm -r "${out:?}/$name"
ls -l "$out"
