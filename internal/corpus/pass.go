package corpus

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"marsad/item"
)

// Pass runs each over all items, again and again. Beside what the clock says it
// reports MB per second of this thread's own time, which a busy machine spoils
// less: "cpuMB/s". What the garbage collector does on other threads is not in it.
func Pass(b *testing.B, items []item.Item, size int64, each func(*item.Item)) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC()
	b.SetBytes(size)
	b.ReportAllocs()
	began := threadTime(b)
	for b.Loop() {
		for i := range items {
			each(&items[i])
		}
	}
	spent := threadTime(b) - began
	b.ReportMetric(float64(size)*float64(b.N)/1e6/spent.Seconds(), "cpuMB/s")
	b.ReportMetric(float64(len(items)*b.N)/b.Elapsed().Seconds(), "items/s")
}

// threadTime is the processor time that this thread has used.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	const thread = 1 // RUSAGE_THREAD, which package syscall does not name
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		b.Skipf("this system does not tell a thread's time: %v", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
