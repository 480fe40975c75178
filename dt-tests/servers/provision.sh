#!/usr/bin/env bash
# Brings what the tests need into the cache: MariaDB 10.11, MySQL 9, Databend's query engine and the Percona Toolkit.
# Nothing is installed into the system except debootstrap, and no service is started. Every part is made in a
# temporary folder and renamed when complete, so an interrupted run is harmless; a complete cache costs milliseconds.
set -euo pipefail
# shellcheck source=dt-tests/servers/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Empty means debootstrap's own default.
mirror=${DT_DEBIAN_MIRROR:-}
engine_packages=(databend==1.2.895 pyarrow)

complete() {
    { [ "$(mariadb_home)" = / ] || [ -d "$mariadb_root" ]; } && [ -d "$mariadb_template" ] &&
        { [ "$(mysql_home)" = / ] || [ -d "$mysql_root" ]; } && [ -d "$mysql_template" ] &&
        [ -d "$faketime_dir" ] && [ -d "$toolkit_root" ] && "$engine_dir/python" -c '' 2>/dev/null
}

step() { echo "provision: $*"; }

# Runs a noisy command; its output is shown only if it fails.
quietly() {
    if ! "$@" >"$work/log" 2>&1; then
        tail -n 40 "$work/log" >&2
        die "failed: $1"
    fi
}

# Unpacks a Debian suite's packages, with all they depend on, into a folder. They are unpacked, not installed: no
# maintainer script runs, and programs start through from_root.
make_root() {
    local suite=$1 packages=$2 target=$3
    if ! command -v debootstrap >/dev/null; then
        step "debootstrap"
        quietly apt-get update
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            debootstrap debian-archive-keyring gpgv
    fi
    quietly debootstrap --download-only --variant=minbase --include="$packages" "$suite" "$work/debs" \
        ${mirror:+"$mirror"}
    mkdir "$work/root"
    local deb
    for deb in "$work"/debs/var/cache/apt/archives/*.deb; do
        quietly dpkg-deb -x "$deb" "$work/root"
    done
    rm -rf "$work/debs" "$work"/root/usr/share/{doc,man,locale,info} "$work"/root/usr/lib/locale
    mv -T "$work/root" "$target"
}

make_mariadb_template() {
    local share data=$work/data
    share=$(mariadb_home)
    share=${share%/}/usr/share/mysql
    mkdir "$data"
    # What mariadb-install-db does, without its shell: it would look for tools in the system's folders.
    {
        printf 'CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n'
        cat "$share"/{mysql_system_tables,mysql_performance_tables,mysql_system_tables_data}.sql \
            "$share"/{maria_add_gis_sp_bootstrap,mysql_sys_schema}.sql
        cat <<SQL
USE mysql;
DELETE FROM global_priv WHERE User <> 'mariadb.sys';
DELETE FROM proxies_priv;
SET @all = JSON_OBJECT('access', 18446744073709551615, 'plugin', 'mysql_native_password');
SET @root = JSON_INSERT(@all, '\$.authentication_string', PASSWORD('$root_password'));
INSERT INTO global_priv VALUES ('localhost', 'root', @root), ('127.0.0.1', 'root', @root);
INSERT INTO proxies_priv SELECT Host, User, '', '', TRUE, '', now() FROM global_priv WHERE User = 'root';
SQL
    } >"$work/init.sql"
    mariadb_command
    quietly bootstrap_mariadb "$data"
    mv -T "$data" "$mariadb_template"
}

bootstrap_mariadb() {
    "${server[@]}" --bootstrap --datadir="$1" --log-warnings=0 --innodb-log-file-size=48M <"$work/init.sql"
}

make_mysql_template() {
    local data=$work/data
    quietly initialise_mysql "$data"
    mv -T "$data" "$mysql_template"
}

# Prints the first Python >= 3.12 that really runs: a version manager's shim may exist and only print an error.
find_python() {
    local candidate
    for candidate in python3.12 python3.13 python3.14 python3 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do
        if "$candidate" -c 'import sys, ssl; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

# Prints the first pip that really runs, of any Python: it only downloads and unpacks wheels.
find_pip() {
    local candidate
    for candidate in "$1" python3 /usr/bin/python3 "$HOME"/.pyenv/versions/3.*/bin/python3; do
        if [ -n "$candidate" ] && "$candidate" -m pip --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

# A folder with a `python` to run and the packages in `site`. A machine without Python >= 3.12 uses the Python that
# came with the MySQL root.
make_engine() {
    local python pip root_python
    mkdir "$work/engine"
    python=${DT_PYTHON-$(find_python)}
    if [ -n "$python" ]; then
        run=("$python")
    else
        [ -d "$mysql_root" ] || { step "Python from Debian sid" && make_root sid "$mysql_packages" "$mysql_root"; }
        root_python=$(basename "$(echo "$mysql_root"/usr/bin/python3.[0-9][0-9])")
        from_root "$mysql_root" "/usr/bin/$root_python"
        run=(env PYTHONHOME="$mysql_root/usr" "${run[@]}")
    fi
    {
        echo '#!/bin/sh'
        # shellcheck disable=SC2016  # expands when the launcher runs
        printf 'export PYTHONPATH="%s${PYTHONPATH:+:$PYTHONPATH}"\n' "$engine_dir/site"
        printf 'exec'
        printf ' %q' "${run[@]}" -s
        printf ' "$@"\n'
    } >"$work/engine/python"
    chmod +x "$work/engine/python"
    pip=$(find_pip "$python")
    if [ -z "$pip" ]; then
        step "pip"
        quietly apt-get update
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-pip
        pip=/usr/bin/python3
    fi
    local version machine
    version=$("${run[@]}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    machine=$(uname -m)
    quietly "$pip" -m pip install --quiet --no-input --disable-pip-version-check --target "$work/engine/site" \
        --python-version "$version" --implementation cp --only-binary=:all: \
        --platform "manylinux_2_28_$machine" --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine" \
        "${engine_packages[@]}"
    mv -T "$work/engine" "$engine_dir"
}

# libfaketime, by which a fault test sets dt's clock back. It is loaded into dt, so it has to be this machine's own.
make_faketime() {
    mkdir "$work/faketime"
    quietly apt-get update
    (cd "$work/faketime" && quietly apt-get download libfaketime && quietly dpkg-deb -x libfaketime*.deb .)
    mkdir "$work/faketime/lib"
    mv "$work"/faketime/usr/lib/*/faketime/libfaketimeMT.so.1 "$work/faketime/lib"
    mv -T "$work/faketime/lib" "$faketime_dir"
}

# pt-online-schema-change with the Perl that it runs in. Of what that depends on only Perl and the libraries are kept.
make_toolkit() {
    local root=$work/toolkit
    make_root bookworm percona-toolkit,libdbd-mysql-perl "$root"
    mkdir "$work/kept"
    (cd "$root" && cp -a --parents usr/bin/perl usr/bin/pt-online-schema-change usr/share/perl* usr/lib/*/perl* \
        usr/lib/*/*.so* lib/*/*.so* etc/perl "$work/kept")
    mv -T "$work/kept" "$toolkit_root"
}

# mariadb-server rather than its core: its plug-ins hold the authentication methods that tests need.
mariadb_packages=mariadb-server,mariadb-client
# Python costs little here and serves machines that have none new enough for the engine.
mysql_packages=mysql-server-core,mysql-client-core,python3

complete && exit 0
mkdir -p "$cache_dir"
exec 9>"$cache_dir/lock"
flock 9
# Whoever held the lock before is gone, and so is the use of what it left half done.
rm -rf "$cache_dir"/work.*
work=$(mktemp -d "$cache_dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ "$(mariadb_home)" = "$mariadb_root" ] && [ ! -d "$mariadb_root" ]; then
    step "MariaDB 10.11 from Debian bookworm"
    make_root bookworm "$mariadb_packages" "$mariadb_root"
fi
if [ ! -d "$mariadb_template" ]; then
    step "MariaDB data folder"
    make_mariadb_template
fi
if [ "$(mysql_home)" = "$mysql_root" ] && [ ! -d "$mysql_root" ]; then
    step "MySQL 9 from Debian sid"
    make_root sid "$mysql_packages" "$mysql_root"
fi
if [ ! -d "$mysql_template" ]; then
    step "MySQL data folder"
    make_mysql_template
fi
if [ ! -d "$faketime_dir" ]; then
    step "libfaketime"
    make_faketime
fi
if [ ! -d "$toolkit_root" ]; then
    step "Percona Toolkit from Debian bookworm"
    make_toolkit
fi
if ! "$engine_dir/python" -c '' 2>/dev/null; then
    step "Databend engine (${engine_packages[*]})"
    rm -rf "$engine_dir"
    make_engine
fi
