package main

import "testing"

func TestVersionsSortByAge(t *testing.T) {
	sorted := []string{"", "T@2023-08-01-preview", "T@2023-08-01", "T@2024-01-01-preview", "T@2024-01-01"}
	for i := range sorted[1:] {
		if version(sorted[i]) >= version(sorted[i+1]) {
			t.Errorf("%q is not older than %q", sorted[i], sorted[i+1])
		}
	}
}

func TestWritable(t *testing.T) {
	properties := map[string]schemaProperty{"plain": {0}, "required": {1}, "read": {2}, "requiredRead": {3}, "write": {4}}
	for _, tt := range []struct{ in, want string }{
		{"plain", "1"}, {"required", "1"}, {"read", "0"}, {"requiredRead", "0"}, {"write", "1"}, {"none", "0"},
	} {
		if have := writable(properties, tt.in); have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.in, have, tt.want)
		}
	}
}
