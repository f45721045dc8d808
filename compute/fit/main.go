// Command fit makes the constants of package compute from measured runs:
//
//	go run ./compute/fit -rows DIR -to catalog/judged
//
// It begins at column start of sizing.csv, whatever the values are, so that the
// same rows give the same constants; sets the margins so that nine in ten
// measured values of groups that fitting did not see lie inside; and writes
// sizing.csv and sizing_classic.csv. With -folds 5 it writes nothing and says
// how far off predictions are for groups of rows that it left out of fitting.
package main

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"airfield/compute"
	"airfield/compute/rows"
)

func main() {
	from := flag.String("rows", "../shared/sizing", "folder of measured runs")
	to := flag.String("to", "catalog/judged", "folder of the tables of constants")
	folds := flag.Int("folds", 0, "hold out each of so many parts in turn")
	charts := flag.String("charts", "", "draw predicted against measured into this folder, print peers side by side, and stop")
	worst := flag.String("worst", "", "print predictions of this mode and stop")
	flag.Parse()
	cases, err := read(*from)
	if err != nil {
		panic(err) // only those who work on airfield run this
	}
	switch {
	case *worst != "":
		print(cases, *worst)
	case *charts != "":
		if err := draw(filepath.Join(*charts, "accuracy.svg"), cases); err != nil {
			panic(err)
		}
		peers(cases)
	case *folds > 0:
		for _, s := range rows.Scores(holdOut(cases, *folds), rows.Catalog()) {
			fmt.Println("held out:", s)
		}
	default:
		m := fit(cases)
		margins(holdOut(cases, 5), m)
		if err := write(*to, m); err != nil {
			panic(err)
		}
		for _, s := range rows.Scores(cases, m) {
			fmt.Println(s)
		}
	}
}

func read(folder string) (all []rows.Case, err error) {
	for _, name := range rows.Files {
		f, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		cases, err := rows.Read(name, f)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

func print(cases []rows.Case, mode string) {
	for _, c := range cases {
		if c.Mode == mode {
			_, e, fits, err := rows.Off(c, rows.Catalog())
			fmt.Printf("%+.2f %s %s measured %.5g, predicted %.5g, fits %v, %s %v\n", e.Value/c.Measured-1, c.ID, c.Group, c.Measured, e.Value, fits, e.Bound, err)
		}
	}
}

// holdOut returns the cases with predictions by models that were fitted
// without the group of each.
func holdOut(cases []rows.Case, folds int) []rows.Case {
	fold := func(c rows.Case) int {
		h := fnv.New32a()
		h.Write([]byte(c.Group))
		return int(h.Sum32()>>8) % folds
	}
	held := make([]rows.Models, folds)
	var group sync.WaitGroup
	for i := range folds {
		group.Go(func() {
			seen := slices.DeleteFunc(slices.Clone(cases), func(c rows.Case) bool { return fold(c) == i })
			held[i] = fit(seen)
		})
	}
	group.Wait()
	out := slices.Clone(cases)
	for i, c := range cases {
		out[i].Predict = func(m rows.Models) (compute.Estimate, bool, error) {
			e, fits, err := c.Predict(held[fold(c)])
			if stated, _, _ := c.Predict(m); stated.Value > 0 { // the interval that users are told
				e.Low, e.High = e.Value*stated.Low/stated.Value, e.Value*stated.High/stated.Value
			}
			return e, fits, err
		}
	}
	return out
}

// fit returns the models that fit the cases best; margins are those of the
// catalog.
func fit(cases []rows.Case) rows.Models {
	m := rows.Models{Fitted: compute.Fitted(), Classic: classic(cases)}
	for _, kind := range []string{"train/", "serve/"} {
		of := map[string]string{"train/": "train", "serve/": "infer"}[kind]
		s := newSearch(kind, slices.DeleteFunc(slices.Clone(cases), func(k rows.Case) bool {
			return !strings.HasPrefix(k.Mode, of) || k.Mode == "train-dense chosen"
		}))
		s.run(m.Fitted)
	}
	return m
}

// marginOf says which modes a margin is for.
var marginOf = map[string][]string{
	"train/margin/dense":      {"train-dense given", "train ttt"},
	"train/margin/moe":        {"train-moe given"},
	"serve/margin/latency":    {"infer-dense-latency out_tok_s", "infer-dense-latency tpot_ms"},
	"serve/margin/throughput": {"infer-dense-throughput"},
	"serve/margin/moe":        {"infer-moe"},
	"serve/margin/prefill":    {"infer-prefill ttft_ms"},
	"serve/margin/blind":      {"infer-mlperf-blind offline", "infer-mlperf-blind server"},
}

// inside is the share of measured values that an interval is made for; a bit
// more than nine in ten, since runs that were not seen are further off.
const inside = 0.93

func margins(cases []rows.Case, m rows.Models) {
	for i := range m.Fitted {
		if modes, ok := marginOf[m.Fitted.Name(i)]; ok {
			m.Fitted[i] = spread(cases, m, func(c rows.Case) bool { return slices.Contains(modes, c.Mode) })
		}
	}
	for _, class := range []string{"train", "infer", "single"} {
		m.Classic["margin/"+class] = spread(cases, m, func(c rows.Case) bool { return c.Classic != nil && c.Classic.Class() == class })
	}
}

// spread returns the margin that holds the share inside of some cases.
func spread(cases []rows.Case, m rows.Models, of func(rows.Case) bool) float64 {
	var all []float64
	for _, c := range cases {
		if e, _, err := c.Predict(m); of(c) && err == nil && e.Value > 0 {
			all = append(all, math.Exp(math.Abs(math.Log(e.Value/c.Measured)))-1)
		}
	}
	if len(all) == 0 {
		return 1
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(inside*float64(len(all))))]
}

// write puts the constants into the tables, whose other columns stay.
func write(folder string, m rows.Models) error {
	file := filepath.Join(folder, "sizing.csv")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, l := range lines {
		name, rest, _ := strings.Cut(l, ",")
		for k := range m.Fitted {
			if m.Fitted.Name(k) == name {
				_, rest, _ = strings.Cut(rest, ",")
				lines[i] = name + "," + number(m.Fitted[k]) + "," + rest
			}
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "sizing_classic.csv"), []byte(classicTable(m.Classic)), 0o666)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
