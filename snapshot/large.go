package snapshot

import (
	"strings"

	"airfield/arm"
)

// largeText is from how many bytes on a text is read item by item: the index
// over all of it would take more memory than the text.
const largeText = 64 << 20

// byItem reads a text that is a list, or an object with a list in "data" or
// "value", one item at a time, and tells whether it is such a one. Of one that
// is not, nothing was read.
func (p *reading) byItem() bool {
	text := p.f.Text
	list, ok := largeList(text)
	if !ok {
		return false
	}
	items, end, ok := itemsOf(text, list)
	if !ok {
		return false
	}
	head, err := arm.Parse(text[:list] + "[]" + text[end:])
	if err != nil || isTemplate(head) || isTerraform(head) || isEPAC(head) {
		return false
	}
	outer := p.At
	if id, err := arm.ParseID(head.Get("id").Str()); err == nil {
		p.At = id
	}
	if head.Kind() == arm.Object {
		p.page(head, len(items)/2)
	}
	for i := 0; i < len(items); i += 2 {
		p.base = items[i]
		item, err := arm.Parse(text[items[i]:items[i+1]])
		if err != nil {
			p.errorf(0, "snapshot/syntax", "item is not JSON: %v", err)
			continue
		}
		p.duplicate(item)
		p.resources(item, false)
	}
	p.base = 0
	p.usageResources()
	p.At = outer
	return true
}

// largeList gives the offset of the list that a text is, or has in a member.
func largeList(text string) (int, bool) {
	i := blanks(text, 0)
	if i < len(text) && text[i] == '[' {
		return i, true
	}
	if i == len(text) || text[i] != '{' {
		return 0, false
	}
	for i++; i < len(text); i++ {
		if i = blanks(text, i); i == len(text) || text[i] != '"' {
			return 0, false
		}
		end := stringEnd(text, i)
		name := text[i:end]
		if i = blanks(text, end); i == len(text) || text[i] != ':' {
			return 0, false
		}
		i = blanks(text, i+1)
		if (name == `"data"` || name == `"value"`) && i < len(text) && text[i] == '[' {
			return i, true
		}
		if i = blanks(text, valueEnd(text, i)); i == len(text) || text[i] != ',' {
			return 0, false
		}
	}
	return 0, false
}

// itemsOf gives where the items of the list at an offset begin and end, in
// turn, and where the list ends.
func itemsOf(text string, list int) (items []int, end int, ok bool) {
	for i := blanks(text, list+1); i < len(text); i = blanks(text, i+1) {
		if text[i] == ']' && len(items) == 0 {
			return nil, i + 1, true
		}
		end := valueEnd(text, i)
		items = append(items, i, end)
		if i = blanks(text, end); i < len(text) && text[i] == ']' {
			return items, i + 1, true
		}
		if i == len(text) || text[i] != ',' {
			break
		}
	}
	return nil, 0, false
}

func blanks(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

// valueEnd gives where the value that begins at i ends, as far as its brackets
// tell.
func valueEnd(text string, i int) int {
	for depth := 0; i < len(text); {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			i++
		case ',':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return i
}
