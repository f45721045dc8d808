package tenant

// A resource is held, and written, as one line of JSON without line breaks
// whose first member is the id, spelled without needless escapes:
//
//	{"id":"/subscriptions/…","name":"vm-1","type":"Microsoft.Compute/virtualMachines",…}
//
// so that ids are read, compared and searched for without parsing. What
// Airfield knows beside the body stands in a last member, "$airfield", and only
// in files: in memory it lies apart, in a mark.

import (
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// markMember is the member of a line that holds its mark. It is reserved: no
// resource provider uses the name.
const markMember = "$airfield"

const lineStart = `{"id":"`

// lineID gives the id of a canonical line.
func lineID(line string) arm.ID {
	rest := line[len(lineStart):]
	end := strings.IndexByte(rest, '"')
	if id := rest[:end]; strings.IndexByte(id, '\\') < 0 {
		return arm.ID(id)
	}
	return arm.ID(mustParse(nil, line).Get("id").Str())
}

// appendLine appends the canonical line of a resource.
func appendLine(b []byte, id arm.ID, body arm.Value) []byte {
	b = append(b, `{"id":`...)
	b = arm.AppendString(b, string(id))
	for name, value := range body.Members() {
		if arm.EqualFold(name, "id") || arm.EqualFold(name, markMember) {
			continue
		}
		b = append(b, ',')
		b = arm.AppendString(b, name)
		b = append(b, ':')
		b = appendCompact(b, value.Text())
	}
	return append(b, '}')
}

// appendCompact appends a JSON text without the white space between its values.
func appendCompact(b []byte, text string) []byte {
	for len(text) > 0 {
		n := strings.IndexAny(text, "\" \t\r\n")
		if n < 0 {
			break
		}
		b = append(b, text[:n]...)
		if text = text[n:]; text[0] != '"' {
			text = text[1:]
			continue
		}
		n = stringLen(text)
		b = append(b, text[:n]...)
		text = text[n:]
	}
	return append(b, text...)
}

// stringLen gives the length of the JSON string that text begins with, quotes
// included.
func stringLen(text string) int {
	i := 1
	for text[i] != '"' {
		if text[i] == '\\' {
			i++
		}
		i++
	}
	return i + 1
}

// appendMarked appends a canonical line with its mark, as it stands in a file.
func appendMarked(b []byte, line string, m mark) []byte {
	if m == (mark{}) {
		return append(b, line...)
	}
	b = append(b, line[:len(line)-1]...)
	b = append(b, `,"`+markMember+`":`...)
	o := arm.O{}
	if m.pos.File != "" {
		o = append(o, "file", m.pos.File)
	}
	if m.pos.Line != 0 {
		o = append(o, "line", m.pos.Line)
	}
	if m.pos.Col != 0 {
		o = append(o, "col", m.pos.Col)
	}
	if m.theirs {
		o = append(o, "theirs", true)
	}
	b = append(b, arm.New(o).Text()...)
	return append(b, '}')
}

// readMark reads the value of the "$airfield" member.
func readMark(v arm.Value) mark {
	line, _ := v.Get("line").Int()
	col, _ := v.Get("col").Int()
	return mark{diag.Pos{File: v.Get("file").Str(), Line: int(line), Col: int(col)}, v.Get("theirs").True()}
}

// mustParse parses a line that was parsed before, for good where no index is
// given.
func mustParse(x *arm.Indexer, line string) arm.Value {
	parse := arm.Parse
	if x != nil {
		parse = x.Parse
	}
	v, err := parse(line)
	if err != nil {
		panic("tenant: a line that was read before: " + err.Error())
	}
	return v
}
