# shellcheck shell=bash disable=SC2034  # variables are used by the scripts that source this file
# Shared by the scripts of this folder: where the parts live and how a program of theirs is started.

servers_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

cache_dir=${DT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dt}/servers
mariadb_root=$cache_dir/mariadb-10.11
mysql_root=$cache_dir/mysql-9
engine_dir=$cache_dir/databend-1.2.895
faketime_dir=$cache_dir/faketime
toolkit_root=$cache_dir/percona-toolkit
mariadb_template=$cache_dir/mariadb-10.11-data
mysql_template=$cache_dir/mysql-9-data

root_password=dt_root

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Sets `run` to the command that starts the program at the absolute path $2 inside the root $1. It is started by the
# loader and with the libraries of that root, so it needs neither chroot nor this machine's C library.
# The root "/" is the machine itself.
from_root() {
    local root=$1 program=$2 arch loader
    if [ "$root" = / ]; then
        run=("$program")
        return
    fi
    arch=$(uname -m)-linux-gnu
    loader=$(echo "$root/lib/$arch"/ld-linux-*.so.?)
    run=("$loader" --library-path "$root/lib/$arch:$root/usr/lib/$arch" "$root$program")
}

# Prints the root that holds a MariaDB server: the machine when 10.11 or later is installed there, else the cache.
mariadb_home() {
    local version
    version=$(/usr/sbin/mariadbd --no-defaults --version 2>/dev/null || true)
    case $version in
        *" 10.11."*MariaDB* | *" 1"[1-9]"."*MariaDB*) echo / ;;
        *) echo "$mariadb_root" ;;
    esac
}

# Prints the root that holds a MySQL server: the machine when 8.4 or later is installed there, else the cache.
mysql_home() {
    local version
    version=$(/usr/sbin/mysqld --no-defaults --version 2>/dev/null || true)
    case $version in
        *MariaDB*) echo "$mysql_root" ;;
        *" 8.4."* | *" 9."* | *" "[1-9][0-9]"."*) echo / ;;
        *) echo "$mysql_root" ;;
    esac
}

# Sets `server` to the command of the MariaDB server with the options that find its own files.
mariadb_command() {
    local root
    root=$(mariadb_home)
    from_root "$root" /usr/sbin/mariadbd
    root=${root%/}
    server=("${run[@]}" --no-defaults --user="$(id -un)" --basedir="$root/usr"
        --lc-messages-dir="$root/usr/share/mysql" --character-sets-dir="$root/usr/share/mysql/charsets"
        --plugin-dir="$root/usr/lib/mysql/plugin")
}

# The same for the MySQL server. The default of secure-file-priv names a folder that exists only when installed.
mysql_command() {
    local root
    root=$(mysql_home)
    from_root "$root" /usr/sbin/mysqld
    root=${root%/}
    server=("${run[@]}" --no-defaults --user="$(id -un)" --basedir="$root/usr"
        --lc-messages-dir="$root/usr/share/mysql" --character-sets-dir="$root/usr/share/mysql/charsets"
        --plugin-dir="$root/usr/lib/mysql/plugin" --secure-file-priv=)
}

# Initialises the data folder $1 of a MySQL server; what follows are options that it has to be initialised with.
initialise_mysql() {
    local data=$1
    shift
    cat >"$data.init.sql" <<SQL
ALTER USER 'root'@'localhost' IDENTIFIED BY '$root_password';
CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY '$root_password';
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
GRANT PROXY ON ''@'' TO 'root'@'127.0.0.1' WITH GRANT OPTION;
SQL
    mysql_command
    "${server[@]}" --initialize-insecure --datadir="$data" --init-file="$data.init.sql" --skip-log-bin \
        --innodb-redo-log-capacity=64M "$@"
    # Without this file each copy makes a server UUID of its own at its first start.
    rm -f "$data/auto.cnf" "$data.init.sql"
}

# Copies the initialised template $1 to the data folder $2 if that is absent or empty. Copy, then rename: a start that
# was interrupted leaves no half folder behind.
copy_template() {
    local template=$1 data_dir=$2 partial
    [ -d "$template" ] || "$servers_dir/provision.sh"
    if [ -n "$(ls -A "$data_dir" 2>/dev/null)" ]; then return; fi
    mkdir -p "$(dirname "$data_dir")"
    partial=$data_dir.partial.$$
    rm -rf "$partial"
    cp -a --sparse=always "$template" "$partial"
    mv -T "$partial" "$data_dir"
}

# Prints a socket path inside the data folder $1, or a short one elsewhere: the kernel allows 107 characters.
socket_path() {
    local path=$1/server.sock
    if [ ${#path} -gt 100 ]; then path=/tmp/dt-server-$2.sock; fi
    echo "$path"
}
