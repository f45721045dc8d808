package report

import (
	"cmp"
	"slices"
	"strings"
)

// graph is the drawing of what workloads have from each other: a workload
// stands to the right of all that it reads from.
type graph struct {
	Width, Height int // in CSS pixels, as everything here
	Nodes         []graphNode
	Edges         []graphEdge
	Alone         []string // workloads that neither give nor take
	Many          int      // workloads, where there are too many to draw
}

type graphNode struct {
	X, Y             int // of the upper left corner
	Name, Title, All string
}

type graphEdge struct {
	X1, Y1, X2, Y2, C1, C2, LX, LY int
	Label, All                     string
}

const (
	boxWidth, boxHeight = 210, 46 // as in page.html
	gapX, gapY          = 130, 22
	mostDrawn           = 60 // nodes
)

// draw lays the graph out. The verbs between workloads are reads and writes; a
// data path goes from who writes to who reads.
func (v *view) draw() *graph {
	known := v.parts()
	flows := map[[2]string][]string{} // from, to: what
	var order [][2]string
	var names []string
	for _, e := range v.d.Edges {
		from, to := known.of(e.From), known.of(e.To)
		if to.name == "" || from.workload == to.workload || e.Verb != "reads" && e.Verb != "writes" {
			continue
		}
		k := [2]string{to.workload, from.workload}
		if e.Verb == "writes" {
			k = [2]string{from.workload, to.workload}
		}
		if flows[k] == nil {
			order = append(order, k)
		}
		flows[k] = appendNew(flows[k], to.name)
		names = appendNew(appendNew(names, k[0]), k[1])
	}
	g := &graph{}
	titles := map[string]string{}
	for _, w := range v.d.Estate.Workloads {
		titles[w.Key] = w.Value.Title
		if !slices.Contains(names, w.Key) && len(names) <= mostDrawn {
			g.Alone = append(g.Alone, w.Key)
		}
	}
	if len(names) > mostDrawn {
		return &graph{Many: len(names)}
	}
	at := g.place(names, order, titles)
	for _, k := range order {
		a, b := at[k[0]], at[k[1]]
		e := graphEdge{X1: a.X + boxWidth, Y1: a.Y + boxHeight/2, X2: b.X - 7, Y2: b.Y + boxHeight/2, All: strings.Join(flows[k], ", ")}
		e.C1, e.C2 = e.X1+gapX/2, e.X2-gapX/2
		e.LX, e.LY = (e.X1+e.X2)/2, (e.Y1+e.Y2)/2-7
		e.Label = cut(e.All, 18)
		g.Edges = append(g.Edges, e)
	}
	return g
}

// place puts the nodes into columns, each behind the last of what it reads
// from, and in a column near what it reads from.
func (g *graph) place(names []string, order [][2]string, titles map[string]string) map[string]graphNode {
	column := map[string]int{}
	for range names { // as many steps as the longest path has; a circle stops here
		moved := false
		for _, k := range order {
			if c := column[k[0]] + 1; c > column[k[1]] && c < len(names) {
				column[k[1]], moved = c, true
			}
		}
		if !moved {
			break
		}
	}
	rank := map[string]float64{}
	for i, n := range names {
		rank[n] = float64(i)
	}
	columns := make([][]string, len(names)+1)
	for _, n := range names {
		columns[column[n]] = append(columns[column[n]], n)
	}
	columns = slices.DeleteFunc(columns, func(col []string) bool { return len(col) == 0 })
	at := map[string]graphNode{}
	for c, col := range columns {
		for _, n := range col {
			sum, count := 0., 0.
			for _, k := range order {
				if before, ok := at[k[0]]; ok && k[1] == n {
					sum, count = sum+float64(before.Y), count+1
				}
			}
			if count > 0 {
				rank[n] = sum / count
			}
		}
		slices.SortStableFunc(col, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
		for i, n := range col {
			node := graphNode{X: 1 + c*(boxWidth+gapX), Y: 1 + i*(boxHeight+gapY), Name: cut(n, 22), Title: cut(titles[n], 27), All: n + " " + titles[n]}
			at[n] = node
			g.Nodes = append(g.Nodes, node)
			g.Width, g.Height = max(g.Width, node.X+boxWidth+1), max(g.Height, node.Y+boxHeight+1)
		}
	}
	return at
}

// cut shortens a text that is drawn.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
