package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
)

// A table of aliases has one row a type: the type in lower case, the type, the
// aliases whose names do not begin with the type, and the others as a tree.
//
//	microsoft.x/as,Microsoft.X/as,Microsoft.X/old=properties.a,a{b c=^} list*{id} sku=sku{name}
//
// stands for these names and paths:
//
//	Microsoft.X/old             properties.a
//	Microsoft.X/as/a            properties.a
//	Microsoft.X/as/a.b          properties.a.b
//	Microsoft.X/as/a.c          properties.a
//	Microsoft.X/as/list         properties.list
//	Microsoft.X/as/list[*]      properties.list[*]
//	Microsoft.X/as/list[*].id   properties.list[*].id
//	Microsoft.X/as/sku          sku
//	Microsoft.X/as/sku.name     sku.name
//
// Braces hold what continues a name, and its path, with a dot or, before "[",
// without. A * stands for {[*]}. Where the path is another one it follows "=";
// there, ^ is the path of what the braces belong to. Then may follow what an
// imported list knows:
//
//	<phrase;variable;type   what of the string is meant, see AliasPattern
//	:String                 the token
//	! or ~                  can be modified, cannot
//	@2019-06-01;2020-01-01  these API versions have it so: =path, <, :, ! and ~ as above
//
// These characters, and all up to the space, stand in a name or path as %XX:
//
//	" % , : ; < = @ ^ { } ~ ! and a * that is not behind a [
const (
	aliasColumns = "key,type,elsewhere,aliases\n"
	aliasUnits   = "none; key: the type in lower case"
	aliasNotes   = `# elsewhere: name=path of aliases of the type whose names do not begin with it. aliases: their names without "type/", their paths with "properties." before.
# a{b c} is a, a.b, a.c; a* is a, a[*]; a*{b} is a, a[*], a[*].b; a=p is a with path p instead; ^ in a path is the path of what the braces belong to.
# <phrase;variable;type takes a part of the string; :String is its token; ! can be modified, ~ cannot; @version;version=path is the path of API versions; %XX a character.
`
	aliasMarks  = "\"%,:;<=@^{}~!"
	aliasLength = 1000 // bytes of a name or path at most; the longest of Azure take 416
	aliasDepth  = 64   // names that continue each other at most; Azure has 18
)

// openAliases returns the table of a text whose rows nobody has looked at.
func openAliases(name, text string) (*AliasTable, error) {
	head, rows, found := strings.Cut(text, "\n"+aliasColumns)
	if !found {
		return nil, fmt.Errorf("table %s: no line %q", name, strings.TrimSpace(aliasColumns))
	}
	t, err := parse(name, head+"\n"+aliasColumns)
	if err != nil {
		return nil, err
	}
	if len(t.rows) > 0 {
		return nil, fmt.Errorf("table %s: a row stands before the line %q", name, strings.TrimSpace(aliasColumns))
	}
	return newAliasTable(t.Source, rows, nil), nil
}

// check reads all rows and keeps nothing.
func (t *AliasTable) check() error {
	before := ""
	for line := range strings.Lines(t.rows) {
		row, ended := strings.CutSuffix(line, "\n")
		key, _, _ := strings.Cut(row, ",")
		switch _, err := readAliasRow(row, true); {
		case !ended:
			return fmt.Errorf("table %s: the row of %q has no end", t.Table, key)
		case err != nil:
			return fmt.Errorf("table %s: %w", t.Table, err)
		case key <= before:
			return fmt.Errorf("table %s: the row of %q does not come after that of %q", t.Table, key, before)
		}
		before = key
	}
	return nil
}

// findRow finds the row that begins with key and a comma among rows sorted by
// what is before their first comma.
func findRow(rows, key string) (string, bool) {
	for lo, hi := 0, len(rows); lo < hi; {
		mid := lo + (hi-lo)/2
		start := lo + strings.LastIndexByte(rows[lo:mid], '\n') + 1
		row, _, _ := strings.Cut(rows[start:hi], "\n")
		found, _, _ := strings.Cut(row, ",")
		switch c := cmp.Compare(found, key); {
		case c == 0:
			return row, true
		case c < 0:
			lo = start + len(row) + 1
		default:
			hi = start
		}
	}
	return "", false
}

// namedElsewhere returns the types with an alias whose name does not begin
// with the type, by its folded name.
func namedElsewhere(rows string) map[string][]string {
	types := map[string][]string{}
	for row := range strings.Lines(rows) {
		cells := strings.SplitN(row, ",", 4)
		if len(cells) < 4 || cells[2] == "" {
			continue
		}
		r := aliasReader{text: cells[2], typ: arm.Type(cells[1])}
		if r.aliases("", "") == nil {
			for _, a := range r.found {
				types[fold(a.Name)] = append(types[fold(a.Name)], cells[0])
			}
		}
	}
	return types
}

// readAliasRow returns the aliases of a row in the order written. With dry it
// returns none, and an error where it would without.
func readAliasRow(row string, dry bool) ([]Alias, error) {
	cells := strings.Split(row, ",")
	if len(cells) != 4 {
		return nil, fmt.Errorf("row %.60q has %d cells, 4 were wanted", row, len(cells))
	}
	if err := checkType(cells[1]); err != nil {
		return nil, err
	}
	if cells[0] != fold(cells[1]) {
		return nil, fmt.Errorf("the row of type %q begins with %q", cells[1], cells[0])
	}
	elsewhere := aliasReader{text: cells[2], typ: arm.Type(cells[1]), dry: dry}
	if err := elsewhere.aliases("", ""); err != nil {
		return nil, fmt.Errorf("%s: elsewhere: %w", cells[1], err)
	}
	r := aliasReader{text: cells[3], typ: arm.Type(cells[1]), dry: dry, found: elsewhere.found}
	if !dry {
		r.found = slices.Grow(r.found, strings.Count(r.text, " ")+strings.Count(r.text, "*")+strings.Count(r.text, "{")+1)
	}
	if err := r.aliases(cells[1]+"/", "properties."); err != nil {
		return nil, fmt.Errorf("%s: aliases: %w", cells[1], err)
	}
	return r.found, nil
}

// checkType refuses a type with letters that would disorder the rows.
func checkType(typ string) error {
	for i := range len(typ) {
		switch c := typ[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '/', c == '-', c == '_':
		default:
			return fmt.Errorf("type %q has %q; letters, digits and . / - _ were wanted", typ, c)
		}
	}
	if !strings.Contains(typ, "/") {
		return fmt.Errorf("type %q has no / behind a namespace", typ)
	}
	return nil
}

// An aliasReader reads the cell of a row.
type aliasReader struct {
	text  string
	at    int // byte of text
	deep  int
	typ   arm.Type
	dry   bool // no names and paths are put together
	found []Alias
}

// aliases reads a whole cell. Names and paths begin with these.
func (r *aliasReader) aliases(name, path string) error {
	if r.text == "" {
		return nil
	}
	if err := r.list(name, path, ""); err != nil {
		return err
	}
	if r.at < len(r.text) {
		return r.wanted("a space")
	}
	return nil
}

// list reads aliases with a space between them. The names continue name, the
// paths path; up is the path that ^ stands for, blank outside of braces.
func (r *aliasReader) list(name, path, up string) error {
	for {
		word, err := r.word()
		if err != nil {
			return err
		}
		if word == "" {
			return r.wanted("a name")
		}
		inside := ""
		if path != "" { // else it has to be written
			inside = r.join(path, word, up != "")
		}
		if err := r.alias(r.join(name, word, up != ""), inside, up); err != nil {
			return err
		}
		if !r.skip(' ') {
			return nil
		}
	}
}

// join returns the name or path that word makes of a beginning.
func (r *aliasReader) join(before, word string, inside bool) string {
	switch {
	case r.dry:
		return before
	case inside && word[0] != '[':
		return before + "." + word
	}
	return before + word
}

// alias reads what stands behind a name.
func (r *aliasReader) alias(name, path, up string) error {
	if r.deep++; r.deep > aliasDepth {
		return fmt.Errorf("byte %d: names continue names more than %d times", r.at, aliasDepth)
	}
	defer func() { r.deep-- }()
	a := Alias{Name: name, Type: r.typ}
	if err := r.facts(&a, path, up); err != nil {
		return err
	}
	if a.Path == "" {
		return r.wanted("= and a path")
	}
	if !r.dry {
		r.found = append(r.found, a)
	}
	if r.skip('*') {
		return r.alias(r.join(name, "[*]", true), r.join(a.Path, "[*]", true), a.Path)
	}
	if !r.skip('{') {
		return nil
	}
	if err := r.list(name, a.Path, a.Path); err != nil {
		return err
	}
	if !r.skip('}') {
		return r.wanted("a space or }")
	}
	return nil
}

// facts reads what is known of an alias, its API versions among them.
func (r *aliasReader) facts(a *Alias, path, up string) (err error) {
	first := AliasPath{Path: path}
	to := &first
	for err == nil && r.at < len(r.text) && strings.IndexByte("=<:!~@", r.text[r.at]) >= 0 {
		r.at++
		switch r.text[r.at-1] {
		case '=':
			to.Path, err = r.path(up)
		case '<':
			to.Pattern, err = r.pattern()
		case ':':
			to.Token, err = r.word()
		case '!':
			to.Modifiable = Yes
		case '~':
			to.Modifiable = No
		case '@':
			a.Versions = append(a.Versions, AliasPath{Path: first.Path})
			to = &a.Versions[len(a.Versions)-1]
			to.APIVersions, err = r.words()
		}
	}
	a.Path, a.Pattern, a.Token, a.Modifiable = first.Path, first.Pattern, first.Token, first.Modifiable
	return err
}

// path reads what stands behind =.
func (r *aliasReader) path(up string) (string, error) {
	if !r.skip('^') {
		up = ""
	}
	word, err := r.word()
	if err == nil && up+word == "" {
		err = r.wanted("a path")
	}
	return up + word, err
}

// pattern reads what stands behind <.
func (r *aliasReader) pattern() (AliasPattern, error) {
	words, err := r.words()
	if err != nil {
		return AliasPattern{}, err
	}
	if len(words) != 3 {
		return AliasPattern{}, r.wanted("phrase;variable;type")
	}
	return AliasPattern{words[0], words[1], words[2]}, nil
}

// words reads words with a ; between them.
func (r *aliasReader) words() ([]string, error) {
	var all []string
	for {
		word, err := r.word()
		if err != nil {
			return nil, err
		}
		all = append(all, word)
		if !r.skip(';') {
			return all, nil
		}
	}
}

// word reads up to a mark and undoes escapes.
func (r *aliasReader) word() (string, error) {
	start, escaped := r.at, false
	for ; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		if c == '%' {
			escaped = true
		} else if c == '*' && (r.at == start || r.text[r.at-1] != '[') || c <= ' ' || strings.IndexByte(aliasMarks, c) >= 0 {
			break
		}
	}
	word := r.text[start:r.at]
	if len(word) > 3*aliasLength { // all may be escaped
		return "", fmt.Errorf("byte %d: a name or path is longer than %d bytes", start, aliasLength)
	}
	if !escaped {
		return word, nil
	}
	plain, err := unescapeWord(word)
	if err != nil {
		return "", fmt.Errorf("byte %d: %w", start, err)
	}
	return plain, nil
}

func (r *aliasReader) skip(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *aliasReader) wanted(what string) error {
	if r.at == len(r.text) {
		return fmt.Errorf("byte %d: text ends, wanted %s", r.at, what)
	}
	return fmt.Errorf("byte %d: found %q, wanted %s", r.at, r.text[r.at], what)
}

func unescapeWord(word string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		if word[i] != '%' {
			b.WriteByte(word[i])
			continue
		}
		c, err := strconv.ParseUint(word[i+1:min(i+3, len(word))], 16, 8)
		if err != nil || i+3 > len(word) {
			return "", fmt.Errorf("%q: two digits were wanted behind %%", word)
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), nil
}

func escapeWord(word string) string {
	var b strings.Builder
	for i := range len(word) {
		c := word[i]
		star := c == '*' && (i == 0 || word[i-1] != '[')
		open := c == '[' && i == len(word)-1 // or a * behind the word would seem part of it
		if star || open || c <= ' ' || strings.IndexByte(aliasMarks, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// An aliasWriter writes the aliases of one type that begin with it.
type aliasWriter struct {
	b      strings.Builder
	byName map[string]Alias    // by name without "type/"
	deep   map[string]int      // by name, how many it continues
	below  map[string][]string // names that continue a name, sorted; those of "" continue none
}

// aliasRow returns the row of a type. Names may differ from each other only in
// more than case.
func aliasRow(typ arm.Type, list []Alias) string {
	slices.SortFunc(list, func(a, b Alias) int {
		return cmp.Or(strings.Compare(fold(a.Name), fold(b.Name)), strings.Compare(a.Name, b.Name))
	})
	w := aliasWriter{byName: map[string]Alias{}, deep: map[string]int{}, below: map[string][]string{}}
	var elsewhere, own []string
	for _, a := range list {
		if suffix, ok := strings.CutPrefix(a.Name, string(typ)+"/"); ok && suffix != "" && !strings.Contains(suffix, "/") {
			w.byName[suffix], own = a, append(own, suffix)
			continue
		}
		w.b.Reset()
		w.b.WriteString(escapeWord(a.Name))
		w.facts(a, "", "")
		elsewhere = append(elsewhere, w.b.String())
	}
	w.b.Reset()
	for _, name := range own {
		up := w.continues(name)
		if w.deep[name] = w.deep[up] + 1; w.deep[name] >= aliasDepth {
			up, w.deep[name] = "", 1
		}
		w.below[up] = append(w.below[up], name)
	}
	w.list("", w.below[""])
	return fold(string(typ)) + "," + string(typ) + "," + strings.Join(elsewhere, " ") + "," + w.b.String() + "\n"
}

// continues returns the longest name that this one continues, or "".
func (w *aliasWriter) continues(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		dot := name[i] == '.' && i+1 < len(name) && name[i+1] != '['
		if dot || name[i] == '[' {
			if _, ok := w.byName[name[:i]]; ok {
				return name[:i]
			}
		}
	}
	return ""
}

// list writes names that continue up.
func (w *aliasWriter) list(up string, names []string) {
	for i, name := range names {
		if i > 0 {
			w.b.WriteByte(' ')
		}
		if up == "" {
			w.b.WriteString(escapeWord(name))
			w.alias(name, "properties."+name, "")
		} else {
			rest := name[len(up):]
			w.b.WriteString(escapeWord(strings.TrimPrefix(rest, ".")))
			w.alias(name, w.byName[up].Path+rest, w.byName[up].Path)
		}
	}
}

// alias writes what stands behind a name. Path is the one that it has if none
// is written, up the one that ^ stands for.
func (w *aliasWriter) alias(name, path, up string) {
	a := w.byName[name]
	w.facts(a, path, up)
	below := w.below[name]
	switch {
	case len(below) == 1 && below[0] == name+"[*]":
		w.b.WriteByte('*')
		w.alias(below[0], a.Path+"[*]", a.Path)
	case len(below) > 0:
		w.b.WriteByte('{')
		w.list(name, below)
		w.b.WriteByte('}')
	}
}

// facts writes what is known of an alias.
func (w *aliasWriter) facts(a Alias, path, up string) {
	w.fact(AliasPath{nil, a.Path, a.Pattern, a.Modifiable, a.Token}, path, up)
	for _, v := range a.Versions {
		w.b.WriteByte('@')
		for i, version := range v.APIVersions {
			if i > 0 {
				w.b.WriteByte(';')
			}
			w.b.WriteString(escapeWord(version))
		}
		w.fact(v, a.Path, up)
	}
}

func (w *aliasWriter) fact(f AliasPath, path, up string) {
	rest, longer := strings.CutPrefix(f.Path, up)
	switch {
	case f.Path == path:
	case up != "" && longer && (rest == "" || rest[0] == '.' || rest[0] == '['):
		w.b.WriteString("=^" + escapeWord(rest))
	default:
		w.b.WriteString("=" + escapeWord(f.Path))
	}
	if p := f.Pattern; p != (AliasPattern{}) {
		w.b.WriteString("<" + escapeWord(p.Phrase) + ";" + escapeWord(p.Variable) + ";" + escapeWord(p.Type))
	}
	if f.Token != "" {
		w.b.WriteString(":" + escapeWord(f.Token))
	}
	w.b.WriteString([...]string{"", "~", "!"}[f.Modifiable])
}
