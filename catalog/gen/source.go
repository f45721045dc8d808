package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"strings"
)

// A source is the folder of facts.
type source struct{ fsys fs.FS }

// csv returns the rows of a CSV file as maps from column to cell.
func (s source) csv(name string) ([]map[string]string, error) {
	f, err := s.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	r.LazyQuotes = true // of gpu_facts.csv
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var rows []map[string]string
	for _, rec := range records[1:] {
		row := make(map[string]string, len(rec))
		for i, c := range rec {
			row[records[0][i]] = c
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// json reads a JSON file into to.
func (s source) json(name string, to any) error {
	text, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// gzip returns the text of a gzipped file.
func (s source) gzip(name string) ([]byte, error) {
	f, err := s.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return text, nil
}

// lines calls do with each line of a gzipped file of JSON lines.
func (s source) lines(name string, do func([]byte) error) error {
	f, err := s.fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	r := bufio.NewReader(z)
	for {
		text, err := r.ReadBytes('\n')
		if len(text) > 0 {
			if err := do(text); err != nil {
				return fmt.Errorf("reading %s: %w", name, err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
	}
}

// micros writes times*usd as whole micro-USD. A price that is not zero but
// rounds to zero is an error: it needs a larger unit.
func micros(usd string, times int64) (string, error) {
	r, ok := new(big.Rat).SetString(usd)
	if !ok {
		return "", fmt.Errorf("%q is not a price", usd)
	}
	r.Mul(r, big.NewRat(times*1e6, 1))
	n := r.FloatString(0)
	if n == "0" && r.Sign() != 0 {
		return "", fmt.Errorf("%s USD is less than half a micro-USD", usd)
	}
	return n, nil
}

// number writes a number without a trailing ".0".
func number(s string) string { return strings.TrimSuffix(s, ".0") }
