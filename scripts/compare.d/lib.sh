# shellcheck shell=sh
# Sourced by the scripts in programs/, in the guest, each in an empty folder of
# its own. What they print is compared, so it comes in one order only; pids,
# addresses and times are taken out later. They end with status 0 if the program
# did what it should, and with 4 and a last line that says why if it cannot.

target=/compare/target
export LC_ALL=C HOME=/root TERM=dumb

fail() { echo "FAILED: $*"; exit 1; }
cannot() { echo "$*"; exit 4; }
# What goes wrong on the way is remembered for the end.
faults=''
trap 'status=$?; [ "$status" != 0 ] || [ -z "$faults" ] || { echo "FAILED:$faults"; exit 1; }' EXIT

# show COMMAND...: run it, say how it ended.
show()
{
	"$@"
	echo "# ${1##*/}: status $?"
}

# within SECONDS COMMAND...: try until it succeeds.
within()
{
	tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# start MODE: the target in the background, as far as its FIFO; then its pid is
# $pid and its output in ./out. tell: let it go on. ended: is it?
start()
{
	rm -f go out
	mkfifo go
	"${2:-$target}" "$1" go >out 2>&1 &
	pid=$!
	within 20 grep -q ready out || fail "the target is not ready"
	within 20 waits "$pid" || fail "the target does not wait"
}
# $pid and its threads sleep.
waits() { ! ended "$1" && ! cat "/proc/$1"/task/*/stat | sed 's/.*) //' | grep -qv '^S'; }
tell() { within 20 tell_once || fail "nobody reads the FIFO"; }
tell_once() { timeout 2 sh -c 'echo go >go'; }
ended() { case $(sed 's/.*) //' "/proc/${1:-$pid}/stat" 2>/dev/null) in ''|[ZX]*) ;; *) false ;; esac; }
# outcome: wait for $pid, say how it ended and what it printed.
outcome()
{
	within 20 ended || fail "the target does not end"
	wait "$pid"
	echo "# target: status $?"
	cat out
}
# state PID: of all its threads, and who traces it.
state()
{
	[ -d "/proc/$1" ] || fail "process $1 is gone"
	for task in "/proc/$1/task"/*; do
		sed -n 's/^State:[[:space:]]*/state /p' "$task/status"
	done
	if grep -q '^TracerPid:[[:space:]]*0$' "/proc/$1/status"; then echo 'not traced'; else echo 'traced'; fi
}
traced() { ! grep -q '^TracerPid:[[:space:]]*0$' "/proc/${1:-$pid}/status"; }
all_traced() { for task in "/proc/$pid/task"/*; do traced "$pid/task/${task##*/}" || return 1; done; }

# by_task FILE: what `strace -f -o FILE` wrote, task by task: there is no order
# between them. SIGCHLD comes when the child ends, before the parent waits for it
# or later, so it is put at the end.
by_task()
{
	awk '
		{ pid = $1; sub(/^[0-9]+ +/, "") }
		/<(unfinished|detached|no return) \.\.\.>$/ {
			sub(/ *<[a-z ]* \.\.\.>$/, "")
			sub(/,$/, ", ")
			open[pid] = $0
			next
		}
		/^<\.\.\. .* resumed>/ { sub(/^<\.\.\. [^ ]* resumed>/, ""); $0 = open[pid] $0; delete open[pid] }
		{ print pid, (/^--- SIGCHLD/ ? 3 : 1), $0 }
		END { for (pid in open) print pid, 2, open[pid], "<unfinished ...>" }
	' "$1" | sort -s -n -k1,1 -k2,2 | sed 's/^\([0-9]*\) [0-9]/\1/; s/ *=/ =/; s/, */, /g; s/ )/)/'
}

# debug ARGUMENT...: gdb with the commands that come on standard input. Where the
# other threads are just then is a matter of chance. To its output is appended: a
# checkpoint sets back the offsets of files.
debug()
{
	{
		printf 'set %s\n' 'confirm off' 'width 0' 'height 0' 'debuginfod enabled off' \
			'print thread-events off' 'print inferior-events off' 'style enabled off'
		cat
	} >commands
	: >target.out
	: >gdb.out
	TARGET_OUT=$PWD/target.out gdb -q -nx -batch -x commands "$@" </dev/null >>gdb.out 2>&1
	status=$?
	sed -E 's/^(  [0-9.]+ +Thread [^"]*).*/\1/' gdb.out
	echo "# gdb: status $status; the target's output:"
	cat target.out
	[ "$status" = 0 ] || faults="$faults gdb ended with status $status: $(tail -n 1 gdb.out);"
}
