package design

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"airfield/catalog"
	"airfield/diag"
	"airfield/source"
	"airfield/storage"
)

// Lock is what a design has fixed for all designs to come: address ranges,
// sizes, zones, the begin of budgets, names that had to be cut, and
// subscription ids once they are known. It is the file estate.lock beside the
// estate, a line a fact, sorted, and is kept in version control.
//
// Names that follow from the estate's keys alone are not in it: they cannot
// change. What a design does not ask for any more falls out of it.
type Lock struct {
	facts map[string]string // "kind key" → value
	asked map[string]bool
}

const lockHead = "airfield lock 1"

// lockKinds are the kinds of facts, with what they are keyed by.
var lockKinds = []string{
	"address",      // a virtual network's name → its range
	"budget-begin", // always estate → the first month
	"choice",       // workload/environment/part → the size, nodes and region of those that the estate names
	"hot",          // workload/environment/job → the SKU of its fast store and its TiB
	"met",          // a subscription's key, or estate → the month in which a design first met its tenant
	"name",         // a resource's full name → the name after it was cut
	"pool",         // a region → the address pool that was assumed for it
	"size",         // workload/environment/part → size, nodes and the catalog's date
	"subscription", // a subscription's key → its id
	"theirs",       // the id of what existed when the design met its tenant → exists
	"zone",         // workload/environment/part → its availability zone
}

// ReadLock reads a lock.
func ReadLock(f *source.File) (*Lock, diag.List) {
	l, found := &Lock{facts: map[string]string{}}, diag.List(nil)
	for i, line := range strings.Split(strings.TrimSuffix(f.Text, "\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		pos := diag.Pos{File: f.Name, Line: i + 1, Col: 1}
		if i == 0 {
			if line != lockHead {
				found.Errorf(pos, "lock/head", "first line %q, wanted %q", clip(line), lockHead)
				return nil, found
			}
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, "=======") || strings.HasPrefix(line, ">>>>>>>") {
			found.Errorf(pos, "lock/conflict", "a merge conflict: resolve it, or delete the lines of one side")
			continue
		}
		part := strings.SplitN(line, " ", 3)
		if len(part) < 3 {
			found.Errorf(pos, "lock/line", "%q, wanted a kind, a key and a value", clip(line))
			continue
		}
		if !slices.Contains(lockKinds, part[0]) {
			found.Errorf(pos, "lock/line", "unknown kind %q, wanted one of %s%s", clip(part[0]), strings.Join(lockKinds, ", "), diag.DidYouMean(part[0], lockKinds))
			continue
		}
		if wanted := lockValue(part[0], part[2]); wanted != "" {
			found.Errorf(pos, "lock/value", "%q as the %s of %q, wanted %s", clip(part[2]), part[0], clip(part[1]), wanted)
			continue
		}
		key := part[0] + " " + part[1]
		if old, twice := l.facts[key]; twice && old != part[2] {
			found.Errorf(pos, "lock/line", "%q is there a second time, with another value", key)
		}
		l.facts[key] = part[2]
	}
	return l, found
}

// lockValue says what was wanted where a value cannot be one of its kind, ""
// where it can.
func lockValue(kind, value string) string {
	switch kind {
	case "address", "pool":
		if p, err := netip.ParsePrefix(value); err != nil || !p.Addr().Is4() || p != p.Masked() {
			return "an address range such as 10.96.0.0/24"
		}
	case "budget-begin", "met":
		if t, err := time.Parse(time.DateOnly, value); err != nil || t.Day() != 1 {
			return "the first day of a month such as 2026-11-01"
		}
	case "hot":
		if _, ok := storage.ParseHot(value, ""); !ok {
			return "a SKU of a fast store and TiB of its steps, such as AMLFS-Durable-Premium-250 16"
		}
	case "size":
		part := strings.Fields(value)
		if len(part) != 3 {
			return "a size, a number of nodes and a date"
		}
		if _, known := catalog.SizeByName(part[0]); !known {
			return "a size that the catalog has"
		}
		if n, err := strconv.Atoi(part[1]); err != nil || n < 1 || n > 1000 {
			return "a number of nodes"
		}
	case "choice":
		part := strings.Fields(value)
		if len(part) != 3 {
			return "a size, a number of nodes and a region"
		}
		_, known := catalog.SizeByName(part[0])
		_, region := catalog.RegionByName(part[2])
		if n, err := strconv.Atoi(part[1]); !known || !region || err != nil || n < 1 || n > 1000 {
			return "a size, a number of nodes and a region that the catalog has"
		}
	case "theirs":
		if value != "exists" {
			return "exists"
		}
	case "subscription":
		if !guidShape.MatchString(value) {
			return "a subscription's id"
		}
	case "zone":
		if value != "1" && value != "2" && value != "3" {
			return "a zone from 1 to 3"
		}
	}
	return ""
}

var guidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// String gives the lock as it is written, with what was asked for since it was
// read.
func (l *Lock) String() string {
	var lines []string
	for k, v := range l.facts {
		if l.asked[k] {
			lines = append(lines, k+" "+v)
		}
	}
	slices.Sort(lines)
	return lockHead + "\n" + strings.Join(append(lines, ""), "\n")
}

// fresh gives a lock with the same facts of which nothing has been asked.
func (l *Lock) fresh() *Lock {
	n := &Lock{facts: map[string]string{}, asked: map[string]bool{}}
	if l != nil {
		for k, v := range l.facts {
			n.facts[k] = v
		}
	}
	return n
}

// get gives what is locked, and marks it as still asked for.
func (l *Lock) get(kind, key string) (string, bool) {
	k := kind + " " + key
	v, ok := l.facts[k]
	if ok {
		l.asked[k] = true
	}
	return v, ok
}

// put fixes a fact.
func (l *Lock) put(kind, key, value string) {
	l.facts[kind+" "+key] = value
	l.asked[kind+" "+key] = true
}

// keep gives what is locked, else fixes and gives what choose says.
func (l *Lock) keep(kind, key string, choose func() string) string {
	if v, ok := l.get(kind, key); ok {
		return v
	}
	v := choose()
	l.put(kind, key, v)
	return v
}

// Without gives the lock without the facts of a key and of what is below it
// (atlas/prod, vnet-con-atlas-prod-sdc-001, budget-begin), so that they are
// chosen anew, and how many those were. The id of a subscription is no choice,
// and stays.
func (l *Lock) Without(key string) (*Lock, int) {
	less := l.fresh()
	for k := range l.facts {
		kind, of, _ := strings.Cut(k, " ")
		rest, below := strings.CutPrefix(of, key)
		if kind != "subscription" && (below && (rest == "" || strings.ContainsAny(rest[:1], "/@:")) || kind == "budget-begin" && kind == key) {
			delete(less.facts, k)
		}
	}
	return less, len(l.facts) - len(less.facts)
}

// unchosen gives the lock without what was taken of second choices.
func (l *Lock) unchosen() *Lock {
	less := l.fresh()
	for k := range less.facts {
		if strings.HasPrefix(k, "choice ") {
			delete(less.facts, k)
		}
	}
	return less
}

// dropped gives the facts of a kind that were not asked for, by key.
func (l *Lock) dropped(kind string) []string {
	var keys []string
	for k := range l.facts {
		if key, ok := strings.CutPrefix(k, kind+" "); ok && !l.asked[k] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Changes lists the facts that differ between two locks, a line each: added
// with +, removed with -.
func (l *Lock) Changes(old *Lock) []string {
	var lines []string
	for k, v := range l.facts {
		if o, ok := old.facts[k]; l.asked[k] && (!ok || o != v) {
			lines = append(lines, fmt.Sprintf("+ %s %s", k, v))
		}
	}
	for k, v := range old.facts {
		if n, ok := l.facts[k]; !ok || !l.asked[k] || n != v {
			lines = append(lines, fmt.Sprintf("- %s %s", k, v))
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2:]+a[:1], b[2:]+b[:1]) })
	return lines
}
