package emit

import (
	"strconv"
	"strings"

	"airfield/arm"
)

// appendTemplateString appends s as a string of an ARM template that stands
// for s itself.
//
// A string is an expression where it begins with "[" and ends with "]", unless
// it begins with "[[", which then stands for "[". A string that does not end
// with a bracket is taken as it is, and must not be escaped:
// learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions#escape-characters
// The page leaves open what "[[a" is; it is written as an expression.
func appendTemplateString(b []byte, s string) []byte {
	switch {
	case !strings.HasPrefix(s, "["):
	case strings.HasSuffix(s, "]"):
		s = "[" + s
	case strings.HasPrefix(s, "[["):
		s = "[concat(" + quoteTemplate(s) + ")]"
	}
	return arm.AppendString(b, s)
}

// quoteTemplate gives s as a string inside an expression of an ARM template.
func quoteTemplate(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// interpolated gives a text with the ids of subscriptions in it as a string of
// Bicep or HCL, whose interpolations are the same, or as the one expression
// that it is.
func interpolated(text []piece, quote byte, escape func(b []byte, s string, interpolationFollows bool) []byte, subscription func(alias string) string) string {
	if len(text) == 1 && text[0].sub != "" {
		return subscription(text[0].sub)
	}
	b := []byte{quote}
	for i, p := range text {
		if p.sub != "" {
			b = append(b, "${"+subscription(p.sub)+"}"...)
		} else {
			b = escape(b, p.text, i+1 < len(text))
		}
	}
	return string(append(b, quote))
}

// appendBicepText appends s as the inside of a Bicep string. Where an
// interpolation follows, a last $ must not run into it.
// learn.microsoft.com/azure/azure-resource-manager/bicep/data-types#strings
func appendBicepText(b []byte, s string, interpolationFollows bool) []byte {
	for i, c := range s {
		switch {
		case c == '\'' || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '$' && (strings.HasPrefix(s[i+1:], "{") || interpolationFollows && i == len(s)-1):
			b = append(b, `\$`...)
		case c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff:
			b = append(b, `\u{`...)
			b = strconv.AppendInt(b, int64(c), 16)
			b = append(b, '}')
		default:
			b = append(b, string(c)...)
		}
	}
	return b
}

// appendHCLText appends s as the inside of a quoted HCL template.
// github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions
//
// "${" is escaped as "$${"; behind another $ that would be read otherwise, so
// that a $ in front of one is written by its number.
func appendHCLText(b []byte, s string, interpolationFollows bool) []byte {
	for i, c := range s {
		rest := s[i+1:]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case (c == '$' || c == '%') && strings.HasPrefix(rest, "{") && !endsIn(b, c):
			b = append(b, byte(c), byte(c))
		case (c == '$' || c == '%') && (strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, string(c)) || interpolationFollows && rest == ""):
			b = append(b, `\u00`...)
			b = strconv.AppendInt(b, int64(c), 16)
		case c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff:
			b = append(b, `\u`...)
			h := strconv.FormatInt(int64(c), 16)
			b = append(b, "0000"[len(h):]...)
			b = append(b, h...)
		default:
			b = append(b, string(c)...)
		}
	}
	return b
}

func endsIn(b []byte, c rune) bool { return len(b) > 0 && b[len(b)-1] == byte(c) }
