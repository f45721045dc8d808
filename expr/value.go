package expr

import (
	"errors"
	"strconv"
	"strings"

	"airfield/arm"
)

// The values that are made again and again.
var (
	null, yes, no = arm.New(nil), arm.New(true), arm.New(false)
	emptyStr      = arm.New("")
	small         = smallInts()
)

func smallInts() (v [64]arm.Value) {
	for i := range v {
		v[i] = arm.New(i)
	}
	return v
}

func str(s string) arm.Value {
	if s == "" {
		return emptyStr
	}
	return arm.New(s)
}

func num(n int64) arm.Value {
	if 0 <= n && n < int64(len(small)) {
		return small[n]
	}
	return arm.New(n)
}

func boolean(b bool) arm.Value {
	if b {
		return yes
	}
	return no
}

// array and object make values of values; the error is that of a nesting too
// deep.
func array(items []arm.Value) (arm.Value, error) {
	size := 2
	for _, item := range items {
		size += len(text(item)) + 1
	}
	if size > maxResult {
		return arm.Value{}, errTooLong
	}
	return arm.ArrayOf(items)
}

type members struct {
	names  []string
	values []arm.Value
	at     map[string]int // by name in lower case
}

// set adds a member, or replaces the one of that name.
func (m *members) set(name string, v arm.Value) {
	fold := strings.ToLower(name)
	if i, ok := m.at[fold]; ok {
		m.values[i] = v
		return
	}
	if m.at == nil {
		m.at = map[string]int{}
	}
	m.at[fold] = len(m.names)
	m.names, m.values = append(m.names, name), append(m.values, v)
}

func (m *members) get(name string) (arm.Value, bool) {
	i, ok := m.at[strings.ToLower(name)]
	if !ok {
		return arm.Value{}, false
	}
	return m.values[i], true
}

func (m *members) object() (arm.Value, error) {
	b := []byte{'{'}
	for i, name := range m.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(arm.AppendString(b, name), ':')
		b = append(b, text(m.values[i])...)
	}
	return parse(append(b, '}'))
}

func text(v arm.Value) string {
	if !v.Exists() {
		return "null"
	}
	return v.Text()
}

var errTooLong = errors.New("result has more than " + strconv.Itoa(maxResult>>20) + " MiB")

func parse(b []byte) (arm.Value, error) {
	if len(b) > maxResult {
		return arm.Value{}, errTooLong
	}
	return arm.Parse(string(b))
}
