package snapshot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
	"airfield/tenant"
)

// Gathering puts what is read from many files together into one tenant. The
// zero Gathering is ready.
//
// Of two that describe the same resource the first counts. What says little of a
// subscription or a management group (az account list, the children of a
// management group) counts only where nothing fuller is read.
type Gathering struct {
	Reader Reader
	Header tenant.Header // of the tenant; what turns out to be missing is added

	b      tenant.Builder
	full   map[arm.ID]bool    // subscriptions, management groups and placements that are there in full
	thin   map[arm.ID][]Piece // what else is known of such
	pages  []page
	scopes map[string]arm.ID
	homes  map[string]bool // the ids of tenants that subscriptions and management groups name
	found  diag.List
}

// Folders says which files are read together, so that folders of AzOps tell the
// scopes of those in them.
func (g *Gathering) Folders(files []string) { g.scopes = azopsScopes(files) }

// Read reads one file of whatever form.
func (g *Gathering) Read(f *source.File) {
	r := g.Reader
	at, inFolder := g.scopes[f.Name]
	if inFolder {
		r.At = at
	}
	p := r.file(f)
	p.placed, p.inFolder = true, inFolder
	p.keep = g.add
	p.pages = func(pg page) { g.pages = append(g.pages, pg) }
	p.everything()
	p.tell()
	for _, l := range p.lefts {
		if l.lost && strings.Contains(l.what, "/") && !strings.Contains(l.what, " ") { // a type
			g.lacks(l.what, fmt.Sprintf("%d of %s were not read: %s", l.n, f.Name, l.why))
		}
	}
	g.Found(p.found)
}

// Found notes what was found when a file was read: with an error, something
// of it is missing, and nothing says what.
func (g *Gathering) Found(found diag.List) {
	for _, d := range found {
		if d.Severity == diag.Error {
			g.lacks("/", d.String())
		}
	}
	g.found = append(g.found, found...)
}

// maxMissing is how many reasons a header lists; they are alike behind that.
const maxMissing = 100

func (g *Gathering) lacks(what, why string) {
	if m := (tenant.Missing{What: what, Why: why}); len(g.Header.Missing) < maxMissing && !slices.Contains(g.Header.Missing, m) {
		g.Header.Missing = append(g.Header.Missing, m)
	}
}

// Add adds what was read before, such as a library.
func (g *Gathering) Add(pieces []Piece, found diag.List) {
	for _, p := range pieces {
		g.add(p)
	}
	g.Found(found)
}

// Merge adds another tenant, with what was found when it was read.
func (g *Gathering) Merge(t *tenant.Tenant, found diag.List) {
	g.Found(found)
	h := t.Header()
	for _, m := range h.Missing {
		g.lacks(m.What, m.Why)
	}
	g.Header.Tenant = cmp.Or(g.Header.Tenant, h.Tenant)
	g.Header.Made = max(g.Header.Made, h.Made)
	for r := range t.All() {
		g.add(Piece{Resource: r})
	}
}

func (g *Gathering) add(p Piece) {
	id := p.Resource.ID
	if !tenant.InTree(id) {
		g.b.Add(p.Resource)
		return
	}
	if g.full == nil {
		g.full, g.thin, g.homes = map[arm.ID]bool{}, map[arm.ID][]Piece{}, map[string]bool{}
	}
	for _, home := range []arm.Value{p.Resource.Get("tenantId"), p.Resource.Get("properties", "tenantId")} {
		if home.Str() != "" {
			g.homes[strings.ToLower(home.Str())] = true
		}
	}
	if p.thin {
		g.thin[id.Fold()] = append(g.thin[id.Fold()], p)
		return
	}
	g.full[id.Fold()] = true
	g.b.Add(p.Resource)
}

// Tenant gives the tenant of all that was read. The Gathering must not be used
// any more.
func (g *Gathering) Tenant() (*tenant.Tenant, diag.List) {
	for _, id := range slices.Sorted(maps.Keys(g.thin)) {
		if all := g.thin[id]; !g.full[id] {
			r := all[0].Resource
			for _, more := range all[1:] {
				r.Body = over(r.Body, more.Resource.Body)
			}
			g.b.Add(r)
		}
	}
	if homes := slices.Collect(maps.Keys(g.homes)); g.Header.Tenant == "" && len(homes) == 1 {
		g.Header.Tenant = homes[0]
	}
	g.judgePages()
	g.b.Header, g.b.Merging = g.Header, true
	t, found := g.b.Tenant()
	return t, append(g.found, found...).Sorted()
}

// over gives an object with the members of another that it lacks, at every
// depth.
func over(v, more arm.Value) arm.Value {
	if v.Kind() != arm.Object || more.Kind() != arm.Object {
		return v
	}
	o := arm.O{}
	for name, m := range v.Members() {
		o = append(o, name, over(m, more.Get(name)))
	}
	for name, m := range more.Members() {
		if !v.Get(name).Exists() {
			o = append(o, name, m)
		}
	}
	return arm.New(o)
}

// judgePages finds answers of which pages are missing: a page says how many rows
// the whole answer has, and pages with the same number are taken for pages of
// the same answer, as long as their rows and their last pages add up to it.
func (g *Gathering) judgePages() {
	byTotal := map[int][]page{}
	for _, pg := range g.pages {
		byTotal[pg.total] = append(byTotal[pg.total], pg)
	}
	for _, total := range slices.Sorted(maps.Keys(byTotal)) {
		rows, ends := 0, 0
		for _, pg := range byTotal[total] {
			rows += pg.rows
			if pg.last {
				ends++
			}
		}
		if rows == total*ends {
			continue
		}
		for _, pg := range byTotal[total] {
			if pg.last && pg.rows == total {
				continue
			}
			why := fmt.Sprintf("%d of the %d rows of a query's answer", min(rows, pg.rows), total)
			g.found.Errorf(pg.pos, "snapshot/partial", "file has %s, and the pages that were read are not all: ask again with --first 1000 and --skip-token until none is left, or by subscription", why)
			g.lacks("/", pg.pos.File+" has "+why)
		}
	}
}
