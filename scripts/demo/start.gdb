# gdb -batch -x start.gdb -x look.gdb /demo/threads
set pagination off
set confirm off
break add
run
