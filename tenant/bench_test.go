package tenant

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRead reads snapshots. Peak memory is of the whole process, so run
// each size in a process of its own:
//
//	go test ./tenant -run '^$' -bench 'Read/plain/1000000$' -benchtime 1x
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		c    Compression
	}{{"plain", Plain}, {"gzip", Gzip}, {"zstd", Zstd}} {
		b.Run(c.name, func(b *testing.B) {
			for _, n := range []int{1e4, 1e5, 1e6} {
				b.Run(strconv.Itoa(n), func(b *testing.B) { benchmarkRead(b, n, c.c) })
			}
		})
	}
}

func benchmarkRead(b *testing.B, n int, c Compression) {
	file := snapshotFile(b, n, c)
	size := fileSize(b, file)
	var t *Tenant
	before := held()
	b.ResetTimer()
	for b.Loop() {
		t = nil
		in, err := os.Open(file)
		if err != nil {
			b.Fatal(err)
		}
		read, found, err := Read(file, in)
		in.Close()
		if err != nil || found.HasErrors() {
			b.Fatal(err, found)
		}
		t = read
	}
	if t.Len() != n {
		b.Fatalf("have %d resources, want %d", t.Len(), n)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/resource")
	b.ReportMetric(float64(held()-before)/float64(n), "heldB/resource")
	b.ReportMetric(float64(size)/float64(n), "fileB/resource")
	b.ReportMetric(float64(peak())/1e6, "peakMB")
	runtime.KeepAlive(t)
}

// BenchmarkReadMaps is the peer: the same file into map[string]any.
func BenchmarkReadMaps(b *testing.B) {
	const n = 1e4
	text, err := os.ReadFile(snapshotFile(b, n, Plain))
	if err != nil {
		b.Fatal(err)
	}
	var all []map[string]any
	before := held()
	b.ResetTimer()
	for b.Loop() {
		all = nil
		for line := range bytes.Lines(text) {
			var m map[string]any
			if err := json.Unmarshal(line, &m); err != nil {
				b.Fatal(err)
			}
			all = append(all, m)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/resource")
	b.ReportMetric(float64(held()-before)/n, "heldB/resource")
	runtime.KeepAlive(all)
}

func benchTenant(b *testing.B, n int) *Tenant {
	in, err := os.Open(snapshotFile(b, n, Plain))
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	t, _, err := Read("bench", in)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func BenchmarkAll(b *testing.B) {
	t := benchTenant(b, 1e4)
	b.ReportAllocs()
	for b.Loop() {
		for r := range t.All() {
			_ = r
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(t.Len()), "ns/resource")
}

func BenchmarkGet(b *testing.B) {
	t := benchTenant(b, 1e5)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % t.Len()
		if _, ok := t.Get(t.ID(i)); !ok {
			b.Fatal(i)
		}
	}
}

// BenchmarkScan passes over snapshots group by group. As with BenchmarkRead,
// the peak is of the whole process.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{1e4, 1e6} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			file := snapshotFile(b, n, Plain)
			for b.Loop() {
				in, err := os.Open(file)
				if err != nil {
					b.Fatal(err)
				}
				s, seen := Scan(file, in), 0
				for _, t := range s.Groups() {
					seen += t.Len()
				}
				in.Close()
				if found, err := s.Findings(); seen != n || len(found) > 0 || err != nil {
					b.Fatal(seen, found, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/resource")
			b.ReportMetric(float64(peak())/1e6, "peakMB")
		})
	}
}

// BenchmarkSort builds a tenant from lines that are in disorder.
func BenchmarkSort(b *testing.B) {
	t := benchTenant(b, 1e5)
	for b.Loop() {
		var u Builder
		for i := range t.lines {
			u.append(t.lines[(i*7919)%len(t.lines)], mark{})
		}
		u.Tenant()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e5, "ns/resource")
}

// snapshotFile gives the name of a snapshot of n resources, made where it is
// not there yet.
func snapshotFile(b *testing.B, n int, c Compression) string {
	b.Helper()
	dir := os.Getenv("AIRFIELD_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	file := filepath.Join(dir, "tenant-"+strconv.Itoa(n)+"-"+strconv.Itoa(int(c)))
	if _, err := os.Stat(file); err == nil {
		return file
	}
	out, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	packed, err := pack(out, c)
	if err != nil {
		b.Fatal(err)
	}
	if err := generate(packed, n); err != nil {
		b.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	return file
}

func fileSize(b *testing.B, file string) int64 {
	b.Helper()
	st, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	return st.Size()
}

// held gives the bytes of the heap that are in use.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// peak gives the most memory that the process had, in bytes; 0 off Linux.
func peak() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.Atoi(fields[0])
	return kib << 10
}
