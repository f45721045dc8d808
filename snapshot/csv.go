package snapshot

// The portal's Resource Graph Explorer exports rows as CSV: a column of the
// query's answer each, with JSON in the cells of objects and arrays.

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// mostCSV is how many rows the portal exports at most:
// learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data
const mostCSV = 55_000

// columns are the names of columns that are members with capitals inside, which
// the portal writes in capitals.
var columns = []string{"resourceGroup", "subscriptionId", "tenantId", "managedBy", "extendedLocation", "systemData", "apiVersion", "displayName"}

// isCSV tells a table whose first line names a column "id".
func isCSV(text string) bool {
	line, _, _ := strings.Cut(text[:min(len(text), 4096)], "\n")
	if line = strings.ToLower(strings.TrimSpace(line)); line == "" || strings.ContainsAny(line[:1], "{[/") {
		return false
	}
	for column := range strings.SplitSeq(line, ",") {
		if strings.Trim(column, `" `) == "id" {
			return true
		}
	}
	return false
}

// csv reads a table, a resource a row.
func (p *reading) csv() {
	in := csv.NewReader(strings.NewReader(p.f.Text))
	in.ReuseRecord = true
	var header []string
	rows := 0
	for {
		record, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			bad, _ := errors.AsType[*csv.ParseError](err)
			p.sayAt(diag.Pos{File: p.f.Name, Line: bad.Line, Col: 1}, diag.Error, "snapshot/syntax", "table cannot be read from here on: %v", bad.Err)
			break
		}
		line, _ := in.FieldPos(0)
		if p.row = &(diag.Pos{File: p.f.Name, Line: line, Col: 1}); header == nil {
			header = append(header, record...)
			continue
		}
		rows++
		p.csvRow(header, record)
	}
	p.row = nil
	if rows == 0 && len(p.found) == 0 {
		p.sayAt(diag.Pos{File: p.f.Name}, diag.Warning, "snapshot/form", "table has no rows")
	}
	if rows >= mostCSV {
		p.sayAt(diag.Pos{File: p.f.Name}, diag.Error, "snapshot/partial", "table has %d rows, as many as the portal exports at most: others are missing", rows)
	}
	p.usageResources()
}

func (p *reading) csvRow(header, record []string) {
	var w writer
	for i, cell := range record {
		name := strings.ToLower(header[i])
		for _, c := range columns {
			if strings.EqualFold(c, name) {
				name = c
			}
		}
		switch {
		case cell == "" || cell == "null":
		case strings.ContainsAny(cell[:1], "{["):
			w.raw(name, cell)
		default:
			w.str(name, cell)
		}
	}
	v, err := arm.Parse(w.text())
	if err != nil {
		p.sayAt(*p.row, diag.Error, "snapshot/syntax", "a cell of the row begins like JSON and is none: %v", err)
		return
	}
	p.duplicate(v)
	p.resources(v, false)
}
