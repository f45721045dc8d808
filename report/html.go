package report

import (
	"io"

	"airfield/design"
)

// HTML writes a design as one page that needs nothing beside itself.
func HTML(w io.Writer, d *design.Design) error {
	_, err := io.WriteString(w, "<!doctype html><title>report</title><p>not yet\n")
	return err
}
