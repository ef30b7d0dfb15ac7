// SPDX-License-Identifier: GPL-2.0-only

// What delve is let loose on: goroutines that take turns.
package main

import "fmt"

func add(a, b int) int {
	sum := a + b
	return sum
}

func worker(number int, in <-chan int, out chan<- int) {
	out <- add(<-in, number)
}

func main() {
	first := make(chan int)
	in := first
	for number := 1; number <= 3; number++ {
		out := make(chan int)
		go worker(number, in, out)
		in = out
	}
	first <- 36
	fmt.Println("sum", <-in)
}
