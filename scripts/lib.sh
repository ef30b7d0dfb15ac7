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

need_tree() { [[ -d $TREE/.git ]] || die "no kernel tree in $TREE: run 'make tree'"; }
need() { command -v "$1" >/dev/null || die "no program '$1': run 'make deps'"; }

# alone: only one step at a time may change the tree or the patches.
alone()
{
	mkdir -p "$BUILD"
	exec 9>"$BUILD/lock"
	flock -n 9 || die "another step is at work on $BUILD"
}

# tgit: git in the assembled tree, whatever the user's configuration says about
# the form of a diff.
tgit()
{
	git -C "$TREE" -c core.quotePath=true -c core.autocrlf=false -c gc.auto=0 "$@"
}
# shellcheck disable=SC2034
DIFF=(--no-color --no-ext-diff --no-textconv --no-renames --full-index --diff-algorithm=myers
	--indent-heuristic --inter-hunk-context=0 -U3 --src-prefix=a/ --dst-prefix=b/ -O/dev/null)

# --- the series as it lies in this repository

# What is copied into the tree as it stands. One root file goes along under
# another name.
# shellcheck disable=SC2034
FOLDERS=(include kernel arch Documentation samples tools)
in_tree() { if [[ $1 == Kconfig ]]; then echo kernel/Kconfig.utrace; else echo "$1"; fi; }
in_repo() { if [[ $1 == kernel/Kconfig.utrace ]]; then echo Kconfig; else echo "$1"; fi; }

# shellcheck disable=SC2034
MARK='From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001'

# patch_list: the names of the patches in order.
patch_list()
{
	[[ -s $TOP/patches/series ]] || die "no patches: $TOP/patches/series is missing or empty"
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$TOP/patches/series"
}

# Parts of a patch: mail_header FIELD FILE, mail_subject, mail_body, mail_diff,
# and adds_of, the new files that enter with it (paths in this repository).
mail_header() { sed -n "/^\$/q; s/^$1: *//p" "$2"; }
mail_subject() { mail_header Subject "$1" | sed 's/^\[PATCH[^]]*\] *//'; }
mail_body() { awk '/^---$/ && body { exit } body { print } /^$/ { body = 1 }' "$1"; }
mail_diff() { awk '/^---$/ { below = 1 } below && /^diff --git / { diff = 1 } diff { print }' "$1"; }
adds_of() { mail_header Adds "$1" | tr -s '[:blank:]' '\n' | sed '/^$/d'; }
file_mode() { if [[ -x $1 ]]; then echo 100755; else echo 100644; fi; }

# series_files: all files of the series, one a line.
series_files()
{
	local names name
	[[ -s $TOP/patches/series ]] || return 0
	names=$(patch_list)
	echo patches/series
	for name in $names; do
		echo "patches/$name"
		[[ ! -e $TOP/patches/$name ]] || adds_of "$TOP/patches/$name"
	done
}
