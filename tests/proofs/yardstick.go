// SPDX-License-Identifier: GPL-3.0-or-later

// yardstick MODE SECONDS [WORKERS] - what Go's own tests of its profiler run
//
// Programs after the ideas of Go's src/runtime/pprof/pprof_test.go, by whose
// names the modes go, to be profiled from outside: go_yardstick.sh. Prints "pid
// N" when it begins, and "cpu_ns N" when it is done: what getrusage(2) counted.
package main

import (
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

var (
	end  time.Time
	sink int
)

func begin() {
	end = time.Now().Add(time.Duration(number(2, 5) * float64(time.Second)))
}

func working() bool {
	return time.Now().Before(end)
}

// The same work twice, under two names.

//go:noinline
func hog1(x int) int {
	for i := 0; i < 100000; i++ {
		x = x*5 + i
	}
	return x
}

//go:noinline
func hog2(x int) int {
	for i := 0; i < 100000; i++ {
		x = x*7 + i
	}
	return x
}

func hogs(functions ...func(int) int) {
	var all sync.WaitGroup
	results := make([]int, len(functions))
	for i, f := range functions {
		all.Add(1)
		go func(i int, f func(int) int) {
			defer all.Done()
			for working() {
				results[i] = f(results[i])
			}
		}(i, f)
	}
	all.Wait()
	sink = results[0]
}

func magnitude(workers int) {
	functions := make([]func(int) int, workers)
	for i := range functions {
		functions[i] = hog1
	}
	hogs(functions...)
}

func inlinedCallee(x int) int {
	for i := 0; i < 100000; i++ {
		x = x*3 + i
	}
	return x
}

//go:noinline
func inlinedCaller(x int) int {
	return inlinedCallee(x) + 1
}

func recursionCallee(n, x int) int {
	if n == 0 {
		return inlinedCaller(x)
	}
	return recursionCaller(n-1, x) + 1
}

//go:noinline
func recursionCaller(n, x int) int {
	return recursionCallee(n, x) + 1
}

func recurse(x int) int {
	return recursionCaller(5, x)
}

// Two goroutines that give way to each other all the time: no stack has both.
// What each does in between is as long as a switch, or nobody would see it.

//go:noinline
func ping(x int) int {
	for working() {
		for i := 0; i < 1000; i++ {
			x = some(x)
			runtime.Gosched()
		}
	}
	return x
}

//go:noinline
func pong(x int) int {
	for working() {
		for i := 0; i < 1000; i++ {
			x = some(x)
			runtime.Gosched()
		}
	}
	return x
}

func some(x int) int {
	for i := 0; i < 300; i++ {
		x = x*5 + i
	}
	return x
}

func goroutineSwitch() {
	done := make(chan int)
	go func() { done <- pong(1) }()
	sink = ping(2) + <-done
}

//go:noinline
func growstack(n int) int {
	var buf [8 << 10]byte
	for i := range buf {
		buf[i] = byte(n + i)
	}
	if n > 0 {
		return growstack(n-1) + int(buf[n])
	}
	return int(buf[n])
}

func morestack() {
	done := make(chan int)
	for working() {
		go func() { done <- growstack(32) }()
		sink = <-done
	}
}

func timeVDSO() {
	for working() {
	}
}

//go:noinline
func divide(pi, n, d *big.Int) {
	pi.Div(n, d)
}

func bigDivide() {
	one := big.NewInt(1)
	n := new(big.Int).Lsh(one, 40000)
	d := new(big.Int).Add(new(big.Int).Lsh(one, 20000), one)
	pi := new(big.Int)
	for working() {
		divide(pi, n, d)
	}
}

// Its heap is large; touching all of it, before its time begins, takes a while.
func fork() {
	heap := make([]byte, 256<<20)
	for i := 0; i < len(heap); i += 4096 {
		heap[i] = 1
	}
	begin()
	forks := 0
	for working() {
		if err := exec.Command("/bin/true").Run(); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		for i := 0; i < 20; i++ {
			sink = hog1(sink)
		}
		forks++
	}
	fmt.Println("forks", forks)
	runtime.KeepAlive(heap)
}

func number(n int, otherwise float64) float64 {
	if len(os.Args) > n {
		if x, err := strconv.ParseFloat(os.Args[n], 64); err == nil {
			return x
		}
	}
	return otherwise
}

func main() {
	workers := int(number(3, 1))
	modes := map[string]func(){
		"magnitude":     func() { magnitude(workers) },
		"multithreaded": func() { hogs(hog1, hog2) },
		"inlining":      func() { hogs(inlinedCaller) },
		"recursion":     func() { hogs(recurse) },
		"switch":        goroutineSwitch,
		"morestack":     morestack,
		"vdso":          timeVDSO,
		"bigdivide":     bigDivide,
		"fork":          fork,
	}
	var mode func()
	if len(os.Args) > 1 {
		mode = modes[os.Args[1]]
	}
	if mode == nil {
		os.Exit(2)
	}
	fmt.Println("pid", os.Getpid())
	begin()
	mode()
	// So that a sampler has seen every thread after its last work.
	time.Sleep(100 * time.Millisecond)
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	fmt.Println("cpu_ns", ru.Utime.Nano()+ru.Stime.Nano())
}
