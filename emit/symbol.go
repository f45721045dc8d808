package emit

import (
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// nameSymbols gives each resource of the deployment, and each that it refers to
// elsewhere, the name it has in Bicep and Terraform: its type and names in words
// joined by "_". Resources that would share a name each get a number made of
// the id. What is elsewhere never changes the name of what is here, so that a
// state keeps its resources.
func (p *plan) nameSymbols(elsewhere []arm.ID) {
	p.symbols = make(map[arm.ID]string, len(p.Resources)+len(elsewhere))
	count := map[string]int{}
	here := make([]arm.ID, 0, len(p.Resources))
	for _, r := range p.Resources {
		here = append(here, r.ID)
	}
	for _, ids := range [][]arm.ID{here, elsewhere} {
		for _, id := range ids {
			count[squeezed(symbol(id))]++
		}
		for _, id := range ids {
			s := symbol(id)
			if count[squeezed(s)] > 1 {
				s += "_" + short(id)
			}
			p.symbols[id.Fold()] = s
		}
	}
}

// squeezed makes names equal that differ only in where words end.
func squeezed(s string) string { return strings.ReplaceAll(s, "_", "") }

// elsewhere gives, sorted, the ids that the deployment refers to and does not
// write, with all that they lie in, and notes where they are referred to.
func (p *plan) elsewhere() []arm.ID {
	all := map[arm.ID]arm.ID{}
	add := func(id arm.ID, from diag.Pos) {
		for ; id != arm.Tenant && id != ""; id = id.Parent() {
			key := id.Fold()
			if _, here := p.at[key]; here || all[key] != "" {
				return
			}
			all[key], p.referred[key] = id, from
		}
	}
	for _, r := range p.Resources {
		add(r.ID.Parent(), r.Pos)
		links(r.Body, func(ref arm.Ref) { add(ref.ID, r.Pos) })
	}
	return slices.SortedFunc(maps.Values(all), arm.ID.Compare)
}

func (p *plan) symbolOf(id arm.ID) string { return p.symbols[id.Fold()] }

// bicepFunctions are the functions and decorators that the files use, and their
// namespaces: nothing that is declared may hide one.
var bicepFunctions = map[string]bool{
	"az": true, "description": true, "json": true, "managementGroup": true, "readEnvironmentVariable": true,
	"resourceGroup": true, "subscription": true, "sys": true, "tenant": true,
}

// takeNames notes what resources cannot be named in Bicep, where they share
// their names with functions, parameters and modules.
func (p *plan) takeNames() {
	p.taken = maps.Clone(bicepFunctions)
	for _, param := range p.templateParameters(nil) {
		p.taken[param.Name] = true
	}
	for _, n := range p.nodes {
		if m := n.module; m != nil {
			if p.taken[camel(m.symbol)] {
				m.symbol += "_" + short(arm.ID(m.name))
			}
			p.taken[camel(m.symbol)] = true
		}
	}
}

// bicepName names a resource in Bicep.
func (p *plan) bicepName(id arm.ID) string {
	name := camel(p.symbolOf(id))
	if p.taken[name] {
		name += "_" + short(id)
	}
	return name
}

// symbol is the type's last word and the names, without "default": of an
// extension the name of what it extends too, of a GUID the first part.
func symbol(id arm.ID) string {
	t := string(id.Type())
	words := snake(singular(t[strings.LastIndexByte(t, '/')+1:]))
	names := id.Names()
	if scope := id.Scope(); strings.Contains(string(scope), "/providers/") {
		names = append([]string{scope.Name()}, names...)
	}
	for i, name := range names {
		if name == "default" && i > 0 {
			continue
		}
		if guid(name) {
			name = name[:8]
		}
		if s := snake(name); s != "" {
			words += "_" + s
		}
	}
	return words
}

func guid(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

func singular(s string) string {
	switch {
	case strings.HasSuffix(s, "ies"):
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "sses"), strings.HasSuffix(s, "liases"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss"):
		return s[:len(s)-1]
	}
	return s
}

// snake gives the words of a name in lower case joined by "_": words end before
// the capital that begins a new one (publicIPAddress), and at everything that is
// no letter or digit.
func snake(s string) string {
	var b strings.Builder
	gap := false
	for i := range len(s) {
		c := s[i]
		upper := 'A' <= c && c <= 'Z'
		if !isWord(c) || c == '_' {
			gap = true
			continue
		}
		if upper && i > 0 && (small(s[i-1]) || !gap && isWord(s[i-1]) && i+1 < len(s) && small(s[i+1])) {
			gap = true
		}
		if gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		gap = false
		if upper {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

func small(c byte) bool { return 'a' <= c && c <= 'z' }

// camel gives words joined by "_" in the way of Bicep: the first small, the
// others with a capital. Where digits meet, the "_" stays.
func camel(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '_' && i+1 < len(s) && i > 0 {
			i++
			c = s[i]
			switch digit := func(c byte) bool { return '0' <= c && c <= '9' }; {
			case digit(c) && digit(s[i-2]):
				b.WriteByte('_')
			case small(c):
				c -= 'a' - 'A'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
