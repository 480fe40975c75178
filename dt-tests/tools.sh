#!/usr/bin/env bash
# Installs what building and the pages of docs/ need of the system: a C compiler and make (for TLS, zstd and the allocator) and curl. Rust is not among
# it: see https://rustup.rs.
set -euo pipefail
packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)
command -v make >/dev/null || packages+=(make)
command -v curl >/dev/null || packages+=(curl ca-certificates)
command -v cargo >/dev/null || { echo "needs Rust: https://rustup.rs" >&2; exit 1; }
[ ${#packages[@]} -eq 0 ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "needs: apt-get install ${packages[*]}" >&2
    exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
