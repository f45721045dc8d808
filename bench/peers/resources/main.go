// Resources writes resources of Azure as the benchmarks read them, one JSON
// object a line: what Resource Manager gives for a resource (id, name, type,
// apiVersion, location, tags, sku, kind, identity, properties, systemData),
// about 1.7 KB each. The same flags give the same bytes.
//
//	go run ./resources -n 1000000 -types 60 -subscriptions 1000 -sorted >estate.jsonl
//
// For each policy of policies.json a quarter to four fifths of the resources of its
// types violate it. Resources lie in resource groups of about 25; about every second
// virtual machine has an extension, every second SQL server auditing settings,
// and so on.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// perGroup is how many resources a resource group has, about.
const perGroup = 25

func main() {
	var c config
	flag.IntVar(&c.n, "n", 10_000, "how many resources")
	flag.IntVar(&c.types, "types", 20, fmt.Sprintf("how many types, up to %d; the first 20 are those that the policies are about", len(kinds)))
	flag.IntVar(&c.subscriptions, "subscriptions", 10, "over how many subscriptions")
	flag.Uint64Var(&c.seed, "seed", 1, "another seed gives other resources")
	flag.BoolVar(&c.sorted, "sorted", false, "in the order of their ids, segment by segment and without case; else resource groups are mixed")
	list := flag.Bool("list", false, "print the types instead")
	flag.Parse()
	if *list {
		for _, k := range kinds {
			fmt.Println(k.typ)
		}
		return
	}
	w := bufio.NewWriterSize(os.Stdout, 1<<20)
	size, err := c.write(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "resources:", err)
		os.Exit(2)
	}
	fmt.Fprintf(os.Stderr, "%d resources, %.1f bytes each on average\n", c.n, float64(size)/float64(c.n))
}

type config struct {
	n, types, subscriptions int
	seed                    uint64
	sorted                  bool
}

// write returns how many bytes the resources have, line ends left out.
func (c config) write(w io.Writer) (size int, err error) {
	if c.n < 1 || c.subscriptions < 1 || c.types < 1 || c.types > len(kinds) {
		return 0, fmt.Errorf("wanted are resources, subscriptions and 1 to %d types", len(kinds))
	}
	m := newMaker(c)
	groups := (c.n + perGroup - 1) / perGroup
	step := 1
	if !c.sorted {
		for step = groups*5/8 | 1; gcd(step, groups) != 1; step++ {
		}
	}
	for i, g := 0, 0; i < groups; i, g = i+1, (g+step)%groups {
		for _, line := range m.group(g, groups) {
			size += len(line) - 1
			if _, err := w.Write(line); err != nil {
				return 0, err
			}
		}
	}
	return size, nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// maker makes one resource group after the other.
type maker struct {
	config
	subs   []string
	top    []*form // types of their own
	forms  map[string]*form
	fill   filler
	buf    []byte
	lines  []line
	sorted [][]byte
}

// form is a kind whose texts are read.
type form struct {
	kind
	name, body, tags text
	below            []*form // its children and extensions
}

// line is a resource in the maker's buffer.
type line struct{ start, idEnd, end int }

var (
	// The first five are those that policies.json allows.
	regions = []string{"eastus", "westeurope", "northeurope", "swedencentral", "eastus2", "brazilsouth", "southeastasia", "japaneast", "uksouth", "westus3"}
	apps    = []string{"checkout", "ledger", "fleet", "search", "vision", "orders", "portal", "claims", "pricing", "sensors"}
	stages  = []string{"dev", "prod", "test"}

	commonTags   = parse(tags)
	commonSystem = parse(systemData)
)

func newMaker(c config) *maker {
	m := &maker{config: c, forms: map[string]*form{}}
	r := random(c.seed)
	m.fill.tenant = string(r.guid(nil))
	for range c.subscriptions {
		m.subs = append(m.subs, string(r.guid(nil)))
	}
	slices.Sort(m.subs)
	for _, k := range kinds[:c.types] {
		m.forms[k.typ] = &form{kind: k, name: parse(k.name), body: parse(k.body), tags: commonTags}
	}
	for _, k := range kinds[:c.types] {
		parents := []string{k.typ[:strings.LastIndexByte(k.typ, '/')]}
		switch f := m.forms[k.typ]; k.place {
		case regional, global:
			m.top = append(m.top, f)
		case extension:
			parents = extended
			fallthrough
		default:
			for _, t := range parents {
				if p := m.forms[t]; p != nil {
					p.below = append(p.below, f)
				}
			}
		}
	}
	return m
}

// group makes the lines of resource group g, in the order of their ids if the
// whole is to be sorted. They hold until the next call.
func (m *maker) group(g, groups int) [][]byte {
	f := &m.fill
	f.random = random(m.seed*1_000_003 + uint64(g))
	s := g * len(m.subs) / groups
	first := (s*groups + len(m.subs) - 1) / len(m.subs) // group of the subscription
	f.sub, f.app, f.region = m.subs[s], apps[f.below(len(apps))], regions[f.below(len(regions))]
	// The number leads, so that groups come in the order of their names.
	f.group = fmt.Sprintf("/subscriptions/%s/resourceGroups/rg-%05d-%s-%s", f.sub, g-first, f.app, stages[f.below(len(stages))])

	m.buf, m.lines = m.buf[:0], m.lines[:0]
	want := m.n*(g+1)/groups - m.n*g/groups
	for f.number = 0; len(m.lines) < want; f.number++ {
		top := m.top[f.below(len(m.top))]
		id := m.resource(top, f.group+"/providers/"+top.typ+"/")
		for _, b := range top.below {
			if len(m.lines) == want || f.below(2) == 0 {
				continue
			}
			under := id + b.typ[strings.LastIndexByte(b.typ, '/'):] + "/"
			if b.place == extension {
				under = id + "/providers/" + b.typ + "/"
			}
			m.resource(b, under)
		}
	}
	if m.config.sorted {
		slices.SortFunc(m.lines, func(a, b line) int { return compare(m.buf[a.start:a.idEnd], m.buf[b.start:b.idEnd]) })
	}
	m.sorted = m.sorted[:0]
	for _, l := range m.lines {
		m.sorted = append(m.sorted, m.buf[l.start:l.end])
	}
	return m.sorted
}

const lineStart = `{"id":"`

// resource appends a resource whose id begins with under, and returns its id.
func (m *maker) resource(k *form, under string) string {
	f, b := &m.fill, m.buf
	l := line{start: len(b)}
	b = append(b, lineStart...)
	b = append(b, under...)
	name := len(b)
	b = f.write(b, k.name)
	l.idEnd = len(b)
	f.id = string(b[l.start+len(lineStart):])
	b = append(b, `","name":"`...)
	b = append(b, b[name:l.idEnd]...)
	b = append(b, `","type":"`...)
	typ := len(b)
	b = append(b, k.typ...)
	if f.below(16) == 0 { // Azure is not of one mind about the case of its types
		b[typ] = 'm'
	}
	b = append(b, `","apiVersion":"`...)
	b = append(b, k.api...)
	b = append(b, `",`...)
	switch k.place {
	case global:
		b = append(b, `"location":"global",`...)
		b = append(f.write(b, k.tags), ',')
	case regional, childTracked:
		b = append(b, `"location":"`...)
		b = append(b, m.region()...)
		b = append(b, `",`...)
		b = append(f.write(b, k.tags), ',')
	}
	b = append(f.write(b, k.body), ',')
	b = append(f.write(b, commonSystem), "}\n"...)
	l.end = len(b)
	m.buf, m.lines = b, append(m.lines, l)
	return f.id
}

// region is where a resource lies: where its group does, mostly.
func (m *maker) region() string {
	if m.fill.below(8) == 0 {
		return regions[m.fill.below(len(regions))]
	}
	return m.fill.region
}

// compare orders ids as arm.ID.Compare does: without case, and what lies below
// an id follows it directly.
func compare(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if x, y := rank(a[i]), rank(b[i]); x != y {
			return x - y
		}
	}
	return len(a) - len(b)
}

func rank(c byte) int {
	switch {
	case c == '/':
		return -1
	case 'A' <= c && c <= 'Z':
		return int(c) + 'a' - 'A'
	}
	return int(c)
}
