# shellcheck shell=bash
# Sourced by every script here: where things are, how to say something, how to
# run a long step with a log.

set -euo pipefail
umask 022
export LC_ALL=C
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE MAKEFLAGS MAKELEVEL

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(realpath -m "${BUILD:-$TOP/build}")
ARCH=${ARCH:-x86_64}
V=${V:-0}
LOGS=$BUILD/log
TREE=$BUILD/linux
ME=${0##*/}
# shellcheck source-path=SCRIPTDIR
. "$TOP/scripts/base.conf"

say() { printf '%s: %s\n' "$ME" "$*"; }
die() { printf '%s: %s\n' "$ME" "$*" >&2; exit 1; }

# The comment at the head of a script is its --help.
help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0; }
is_help() { [[ ${1-} == --help || ${1-} == -h ]]; }

# src_arch: the name of the folder below arch/ for $ARCH.
src_arch() { case $ARCH in x86_64|i386) echo x86 ;; *) echo "$ARCH" ;; esac; }

# in_time SECONDS COMMAND...: run it, and end it when the time is over (124).
# The command's process group is its own, so that Ctrl-C is passed on by us.
in_time()
{
	local pid status=0
	timeout -k 10 "$@" </dev/null &
	pid=$!
	trap 'kill "$pid" 2>/dev/null || :; wait "$pid" || :; trap - INT; kill -INT $$' INT
	trap 'kill "$pid" 2>/dev/null || :; wait "$pid" || :; exit 143' TERM HUP
	wait "$pid" || status=$?
	trap - INT TERM HUP
	return "$status"
}

# logged SECONDS NAME COMMAND...: run with a deadline and all output in
# log/NAME.log (with V=1 also here). Where it fails, the end of the log follows
# and the status is that of the command.
logged()
{
	local seconds=$1 log=$LOGS/$2.log status=0
	shift 2
	mkdir -p "$LOGS"
	if [[ $V == 1 ]]; then
		in_time "$seconds" "$@" > >(tee "$log") 2>&1 || status=$?
	else
		in_time "$seconds" "$@" >"$log" 2>&1 || status=$?
	fi
	((status == 0)) && return 0
	[[ $V == 1 ]] || tail -n 20 "$log" >&2
	((status == 124)) && say "no end after $seconds s: $log" >&2
	return "$status"
}

# write FILE: standard input becomes FILE as a whole or not at all.
write()
{
	local temp
	temp=$(mktemp "$1.XXXXXX")
	cat >"$temp" || { rm -f "$temp"; die "cannot write $1"; }
	chmod "${2:-644}" "$temp"
	mv -f "$temp" "$1"
}

# assembled: does the assembled tree exist? vanilla: where the untouched base is.
need_tree() { [[ -d $TREE/.git ]] || die "no kernel tree in $TREE: run 'make tree'"; }
