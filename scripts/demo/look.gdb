# One of the threads has come to the breakpoint; the others run on while it is
# stepped.
info threads
backtrace
delete
printf "pc before stepi: %#lx\n", $pc
stepi
printf "pc after stepi: %#lx\n", $pc
next
printf "after next: %d + %d is %d\n", a, b, sum
continue
