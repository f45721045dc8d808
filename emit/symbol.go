package emit

import (
	"strings"

	"airfield/arm"
)

// nameSymbols gives each resource of the deployment the name it has in Bicep
// and Terraform: its type and names in words joined by "_". A name depends on
// nothing but the id, so that a state keeps its resources when others come;
// only of resources that would share one each gets a number made of its id.
func (p *plan) nameSymbols() {
	p.symbols = make(map[arm.ID]string, len(p.Resources))
	count := map[string]int{}
	for _, r := range p.Resources {
		count[strings.ReplaceAll(symbol(r.ID), "_", "")]++
	}
	for _, r := range p.Resources {
		s := symbol(r.ID)
		if count[strings.ReplaceAll(s, "_", "")] > 1 {
			s += "_" + short(r.ID)
		}
		p.symbols[r.ID.Fold()] = s
	}
}

// symbolOf gives the name of a resource of the deployment, or of one that is
// only read.
func (p *plan) symbolOf(id arm.ID) string {
	if s, ok := p.symbols[id.Fold()]; ok {
		return s
	}
	return symbol(id) + "_" + short(id)
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

// snake gives the words of a name in lower case joined by "_": words end where
// a capital follows a small letter, and at everything that is no letter or digit.
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
		if upper && i > 0 && 'a' <= s[i-1] && s[i-1] <= 'z' {
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
			case 'a' <= c && c <= 'z':
				c -= 'a' - 'A'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
