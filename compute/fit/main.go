// Command fit improves the constants of package compute on measured runs,
// starting from those of the catalog:
//
//	go run ./compute/fit -rows DIR -to catalog/judged
//
// It moves one constant after the other within its bounds as long as the mean
// error over all modes falls, sets the margins so that nine in ten measured
// values of groups that fitting did not see lie inside, and writes sizing.csv and sizing_classic.csv. With -folds
// 5 it writes nothing and says how far off predictions are for groups of rows
// that it left out of fitting.
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

	"airfield/catalog"
	"airfield/compute"
	"airfield/compute/rows"
)

func main() {
	from := flag.String("rows", "../shared/sizing", "folder of measured runs")
	to := flag.String("to", "catalog/judged", "folder of the tables of constants")
	folds := flag.Int("folds", 0, "hold out each of so many parts in turn")
	rounds := flag.Int("rounds", 12, "rounds over all constants")
	worst := flag.String("worst", "", "print predictions of this mode and stop")
	flag.Parse()
	cases, err := read(*from)
	if err != nil {
		panic(err) // only those who work on airfield run this
	}
	switch {
	case *worst != "":
		print(cases, *worst)
	case *folds > 0:
		for _, s := range rows.Scores(holdOut(cases, *folds, *rounds), rows.Catalog()) {
			fmt.Println("held out:", s)
		}
	default:
		m := fit(cases, rows.Catalog(), *rounds)
		margins(holdOut(cases, 5, 5), m)
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
func holdOut(cases []rows.Case, folds, rounds int) []rows.Case {
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
			held[i] = fit(seen, rows.Catalog(), rounds)
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

// fit returns the models that fit the cases best, searched from a start.
func fit(cases []rows.Case, start rows.Models, rounds int) rows.Models {
	c := *start.Fitted
	byKind := map[string][]rows.Case{}
	for _, k := range cases {
		switch {
		case k.Mode == "train-dense chosen":
		case strings.HasPrefix(k.Mode, "train"):
			byKind["train/"] = append(byKind["train/"], k)
		case strings.HasPrefix(k.Mode, "infer"):
			byKind["serve/"] = append(byKind["serve/"], k)
		}
	}
	for kind, cases := range byKind {
		descend(&c, kind, cases, rounds)
	}
	return rows.Models{Fitted: &c, Classic: classic(cases)}
}

// loss is the mean error of each mode, summed by how hard its bar is and how
// many rows it has.
func loss(cases []rows.Case, c *compute.Constants) float64 {
	sum, count := map[string]float64{}, map[string]float64{}
	for _, k := range cases {
		off, _, _, _ := rows.Off(k, rows.Models{Fitted: c})
		if off > 1 {
			off = 1 + math.Log(off) // one wild row must not lead
		}
		sum[k.Mode] += off
		count[k.Mode]++
	}
	all := 0.0
	for _, b := range rows.Bars {
		if n := count[b.Mode]; n > 0 {
			all += sum[b.Mode] / n / b.Must * math.Min(1, (n+30)/100)
		}
	}
	return all
}

// descend moves the constants of a kind one after the other.
func descend(c *compute.Constants, kind string, cases []rows.Case, rounds int) {
	bounds := catalog.SizingConstants()
	steps := [len(c)]float64{}
	for i := range steps {
		steps[i] = 0.15
	}
	best := loss(cases, c)
	for range rounds {
		before := best
		for i := range c {
			name := c.Name(i)
			b := bounds[name]
			if !strings.HasPrefix(name, kind) || strings.Contains(name, "/margin/") {
				continue
			}
			moved := false
			for _, sign := range []float64{1, -1} {
				was := c[i]
				c[i] = math.Min(b.High, math.Max(b.Low, was+sign*steps[i]*math.Max(was, (b.High-b.Low)/50)))
				if now := loss(cases, c); now < best-1e-6 {
					best, moved = now, true
					break
				}
				c[i] = was
			}
			if moved {
				steps[i] *= 1.5
			} else {
				steps[i] *= 0.5
			}
			steps[i] = math.Min(0.5, math.Max(0.004, steps[i]))
		}
		fmt.Fprintf(os.Stderr, "%s loss %.4f\n", kind, best)
		if before-best < 1e-4 {
			return
		}
	}
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
