# gdb -batch -p PID -x attach.gdb -x look.gdb
# The process waits for a line in $GO.
set pagination off
set confirm off
break add
shell echo go >"$GO"
continue
