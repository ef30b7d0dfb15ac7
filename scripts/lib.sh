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
# with_value "$@": an option has its value behind it.
with_value() { (($# > 1)) || die "$1 what? see --help"; }

# --- architectures: a section of scripts/arch.conf each, $ARCH is one of them

ARCH_CONF=$TOP/scripts/arch.conf
arch_names() { sed -n 's/^\[\(.*\)\]$/\1/p' "$ARCH_CONF"; }
arch_section() { awk -v name="[$1]" '/^\[/ { on = ($0 == name); next } on' "$ARCH_CONF"; }
arch_config() { arch_section "$1" | grep 'CONFIG_' || :; }

# arch_field NAME FIELD: its value, or status 1.
arch_field()
{
	local value
	value=$(arch_section "$1" | sed -n "s/^$2=//p")
	[[ -n $value || $2 != arch ]] || value=$1
	[[ -n $value ]] && echo "$value"
}

arch_compiler()
{
	if arch_field "$1" llvm >/dev/null; then
		echo "clang$(arch_field "$1" llvm)"
	else
		arch_field "$1" gcc || echo "$(arch_field "$1" prefix)gcc-12"
	fi
}

# arch_make NAME: arguments for the kernel's make, one a line.
arch_make()
{
	echo "ARCH=$(arch_field "$1" arch)"
	echo "CROSS_COMPILE=$(arch_field "$1" prefix || :)"
	! arch_field "$1" llvm >/dev/null || echo "LLVM=$(arch_field "$1" llvm)"
	echo "CC=${CACHE-}$(arch_compiler "$1")"
	echo "HOSTCC=${CACHE-}gcc"
	arch_field "$1" make || :
}

# is_native: the guest's programs run here, too, and this machine's own compiler
# builds them.
is_native() { [[ $ARCH == x86_64 ]]; }

# src_arch [NAME]: the name of the folder below arch/.
src_arch()
{
	local arch
	arch=$(arch_field "${1-$ARCH}" arch)
	case $arch in x86_64|i386) echo x86 ;; *) echo "$arch" ;; esac
}

# use_ccache: builds give the same result wherever the tree lies, so a cache is
# of use to all of them. What is not in it is not preprocessed once more to find out,
# as a kernel's dependencies tell all that a file is made of.
use_ccache()
{
	export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' KBUILD_BUILD_USER=utrace KBUILD_BUILD_HOST=utrace
	export CACHE=''
	command -v ccache >/dev/null || return 0
	export CACHE='ccache ' CCACHE_BASEDIR=$BUILD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros CCACHE_DEPEND=1
}

# not_cached SOURCE: arguments for its make. What is taken in by .incbin, such as the
# compressed kernel, is in no list of what a file is made of, and ccache would take an old
# one of the same size for it. It leaves alone what is compiled with this option, which
# has no effect on an assembler.
not_cached()
{
	[[ -n $CACHE ]] || return 0
	{ echo piggy; grep -rlF --include='*.S' .incbin "$1/arch/$(src_arch "$ARCH")" "$1/usr" || :; } |
		sed 's,.*/,,; s,\.S$,,; s,.*,AFLAGS_&.o=-gtoggle,' | sort -u
}

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

# no_room FOLDER: is its disk full? In which words of the system.
no_room()
{
	local file said
	file=$(mktemp "$1/trial.XXXXXX" 2>&1) || { echo "${file##*: }"; return; }
	if said=$({ head -c 1M /dev/zero >"$file"; } 2>&1); then
		rm -f "$file"
		return 1
	fi
	rm -f "$file"
	echo "${said##*: }"
}

# reason: the line of standard input that says why something failed. Of a full disk
# not all programs speak, and then there was no room for a log of it either.
reason()
{
	awk -v room="$(no_room "$BUILD" || :)" '
		NF { last = $0 }
		/[Ww]arning: / { next }
		!disk && tolower($0) ~ /no space left|out of diskspace|quota exceeded/ { disk = $0 }
		!said && /(^|[^a-z])([Ee]rror|ERROR|[Ff]atal|E): |: cannot |\*\*\* |undefined reference|^(tar|xz|gzip|bzip2|zstd): / { said = $0 }
		END { print disk ? disk : room ? room : said ? said : last }'
}

# or_die WHAT COMMAND...: its output is ours; where it fails, one line says why.
or_die()
{
	local what=$1 errors
	shift
	{ errors=$("$@" 2>&1 >&4) || die "cannot $what: $(reason <<<"$errors")"; } 4>&1
}

# or_full WHAT FUNCTION: in a shell of its own it ends where anything in it fails, in its
# own words. Those of a full disk are many, or none at all, and become one line.
or_full()
{
	local what=$1 errors status
	shift
	set +e
	{ errors=$(set -e; "$@" 2>&1 >&4); status=$?; } 4>&1
	set -e
	((status != 0)) || return 0
	! { no_room "$BUILD" >/dev/null || grep -qiE 'no space left|out of diskspace|quota exceeded' <<<"$errors"; } || die "cannot $what: $(reason <<<"$errors")"
	printf '%s\n' "$errors" >&2
	exit "$status"
}

make_folders() { or_die "make $1" mkdir -p "$@"; }

# logged SECONDS NAME COMMAND...: run with a deadline and all output in
# log/NAME.log (with V=1 also here). Where it fails, the end of the log follows
# and the status is that of the command. Then 'not_done WHAT NAME' is to end it all.
logged()
{
	local seconds=$1 log=$LOGS/$2.log status=0
	shift 2
	make_folders "$LOGS"
	if [[ $V == 1 ]]; then
		in_time "$seconds" "$@" > >(tee "$log") 2>&1 || status=$?
	else
		in_time "$seconds" "$@" >"$log" 2>&1 || status=$?
	fi
	((status == 0)) && return 0
	# All that one file after another says of a full disk not_done says once.
	[[ $V == 1 ]] || no_room "$BUILD" >/dev/null || grep -qi 'no space left' "$log" || tail -n 20 "$log" >&2
	((status == 124)) && say "no end after $seconds s: $log" >&2
	return "$status"
}

not_done() { die "cannot $1: $(reason 2>/dev/null <"$LOGS/$2.log"), see $LOGS/$2.log"; }

# write FILE [MODE]: standard input becomes FILE as a whole or not at all. In a shell of
# its own, so that Ctrl-C leaves nothing beside FILE either.
write()
(
	written=$(mktemp "$1.XXXXXX" 2>&1) || die "cannot write $1: ${written##*: }"
	trap 'rm -f "$written"' EXIT
	why=$(cat 2>&1 >"$written") || die "cannot write $1: ${why##*: }"
	chmod "${2:-644}" "$written"
	mv -f "$written" "$1"
)

# figure TARGET: standard input, lines of WHAT and RESULT with a tab between, is what
# `make TARGET` has measured. For scripts/figures.
figure() { mkdir -p "$BUILD/figures"; write "$BUILD/figures/$1"; }

need_tree() { [[ -d $TREE/.git ]] || die "no kernel tree in $TREE: run 'make tree'"; }
# need PROGRAM [COMMAND]: it is there, or COMMAND is what installs it.
need()
{
	local how='make deps'
	is_native || how+=" ARCH=$ARCH"
	command -v "$1" >/dev/null || die "no program '$1': run '${2-$how}'"
}

# has_work_tree FOLDER: a whole one of the assembled tree as it is now.
has_work_tree()
{
	[[ -e $1/.git ]] && tgit worktree list --porcelain |
		awk -v path="worktree $1" 'BEGIN { RS = ""; FS = "\n" } $1 == path { whole = !/\nlocked/ } END { exit !whole }'
}

# add_work_tree FOLDER: at the base. Until it is whole it is locked, and so is one that
# a kill left; of a full disk git says nothing that it would not say of each file.
add_work_tree()
{
	say "checking out $1" >&2
	rm -rf "$1"
	tgit worktree prune
	or_die "check out $1" tgit worktree add -f -f -q --lock --no-checkout --detach "$1" base
	or_die "check out $1" git -C "$1" reset -q --hard
	tgit worktree unlock "$1"
}

# vanilla_tree: prints the folder of the untouched base, a second work tree of the
# assembled one.
vanilla_tree()
{
	need_tree
	if ! has_work_tree "$BUILD/vanilla"; then
		add_work_tree "$BUILD/vanilla"
	elif ! git -C "$BUILD/vanilla" diff --quiet base HEAD --; then
		or_die "check out $BUILD/vanilla" git -C "$BUILD/vanilla" reset -q --hard base
	fi
	echo "$BUILD/vanilla"
}

# trial_tree FOLDER: there is one more work tree of the assembled one there, to try
# commits of the series in with check_out. The lock is of one that was killed.
trial_tree()
{
	has_work_tree "$1" || add_work_tree "$1"
	rm -f "$(git -C "$1" rev-parse --git-path index.lock)"
}
check_out() { or_die "check out $2 in $1" git -C "$1" checkout -q -f --detach "$2"; }

# alone: only one step at a time may change the tree or the patches.
alone()
{
	make_folders "$BUILD"
	exec 9>"$BUILD/lock"
	flock -n 9 || die "another step is at work on $BUILD"
}

# tgit: git in the assembled tree, whatever the user's configuration says about
# the form of a diff.
tgit()
{
	git -C "$TREE" -c core.quotePath=true -c core.autocrlf=false -c gc.auto=0 "$@"
}
# at_stake: the work that would be lost with $TREE, in words. A run of scripts/tree that
# was interrupted leaves a tree that differs, and it was clean before.
at_stake()
{
	local known untold path paths
	[[ -d $TREE/.git ]] || return 0
	known=$(tgit rev-parse -q --verify refs/utrace/synced || tgit rev-parse -q --verify base) || return
	untold=(HEAD --branches --tags '--glob=refs/stas[h]' --not "$known" base)
	paths=$(tgit log --format='%h ("%s")' --abbrev=12 "${untold[@]}") || return
	[[ -z $paths ]] || echo "$TREE has commits that are not in patches/, the last is ${paths%%$'\n'*}: run 'make refresh', or keep them elsewhere"
	paths=$(tgit worktree list --porcelain) || return
	while IFS= read -r path; do
		[[ $path == "$TREE" || $path == "$BUILD"/* || ! -d $path ]] || echo "$path is a work tree of $TREE"
	done < <(sed -n 's/^worktree //p' <<<"$paths")
	! tgit rev-parse -q --verify refs/utrace/next >/dev/null || return 0
	paths=$(tgit status --porcelain --untracked-files=normal | cut -c4-) || return
	# Debian's .gitignore hides whatever is new, so git status does not tell.
	[[ -n $paths ]] ||
		paths=$(tgit ls-files --others | { grep -E '\.([chS]|rst|sh|py)$|/(Kconfig|Makefile|config|settings)[^/]*$' || :; }) || return
	[[ -z $paths ]] || echo "$TREE has uncommitted work: $(head -n 3 <<<"$paths" | paste -sd' ')"
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

# Parts of a patch: mail_header FIELD FILE, and mail_body, its text.
mail_header() { sed -n "/^\$/q; s/^$1: *//p" "$2"; }
mail_body() { awk '/^---$/ && body { exit } body { print } /^$/ { body = 1 }' "$1"; }

# mail_parts FILE FOLDER: all that makes a commit, with one process: who wrote it, and when,
# in two lines, and in the folder its "message" and its "diff".
mail_parts()
{
	FOLDER=$2 awk '
		BEGIN {
			message = ENVIRON["FOLDER"] "/message"
			diff = ENVIRON["FOLDER"] "/diff"
			printf "" >message
			printf "" >diff
		}
		!body && sub(/^From: */, "") { author = $0 }
		!body && sub(/^Date: */, "") { date = $0 }
		!body && sub(/^Subject: */, "") { sub(/^\[PATCH[^]]*\] */, ""); print $0 "\n" >message }
		/^---$/ { below = 1 }
		below && /^diff --git / { in_diff = 1 }
		in_diff { print >diff }
		body && !below { print >message }
		/^$/ { body = 1 }
		END { print author "\n" date }' "$1"
}

# adds_of_all: each new file of each patch, as "PATCH PATH".
adds_of_all()
{
	patch_list | FOLDER=$TOP/patches awk '{
		file = ENVIRON["FOLDER"] "/" $0
		while ((getline line < file) > 0 && line != "") {
			if (!sub(/^Adds: */, "", line))
				continue
			count = split(line, paths)
			for (i = 1; i <= count; i++)
				print $0, paths[i]
		}
		close(file)
	}'
}

# read_adds GIT_DIR TEMP: of each patch the files that it adds, as git update-index reads
# them, in $enters. That repository has what is in them. All are read at once, since a
# process takes longer to start than for what it does here.
declare -A enters=()
read_adds()
{
	local i name path mode
	local -a adds=() files=() blobs=()
	or_die "write $2/adds" adds_of_all >"$2/adds"
	mapfile -t adds <"$2/adds"
	for i in "${adds[@]}"; do
		[[ -f $TOP/${i#* } ]] || die "patches/${i%% *} adds ${i#* }, which is not there"
		files+=("$TOP/${i#* }")
	done
	((${#adds[@]} == 0)) || printf '%s\n' "${files[@]}" |
		or_die "keep the files of the series" git --git-dir="$1" hash-object -w --no-filters --stdin-paths >"$2/blobs"
	((${#adds[@]} == 0)) || mapfile -t blobs <"$2/blobs"
	for i in "${!adds[@]}"; do
		name=${adds[i]%% *} path=${adds[i]#* } mode=100644
		[[ ! -x $TOP/$path ]] || mode=100755
		[[ $path == */* ]] || path=$(in_tree "$path")
		enters[$name]+="$mode ${blobs[i]}	$path"$'\n'
	done
}

# series_files: all files of the series, one a line.
series_files()
{
	[[ -s $TOP/patches/series ]] || return 0
	echo patches/series
	patch_list | sed 's,^,patches/,'
	adds_of_all | cut -d' ' -f2-
}

# result ARCHITECTURE COLUMN TEXT: what a test found, for the table in README.md.
result()
{
	mkdir -p "$BUILD/results"
	echo "$3" | write "$BUILD/results/$1.$2"
}
