package main

import (
	"fmt"
	"math"
	"os"
	"strings"

	"airfield/compute/rows"
)

// The charts: a square for each mode, measured to the right, predicted upward,
// both as logarithms; the line is where they are equal, the band is where the
// error is what a mode must keep on average.
const (
	side, gap, across = 190, 46, 4
)

// draw writes the charts of all modes.
func draw(file string, cases []rows.Case) error {
	var b strings.Builder
	scores := rows.Scores(cases, rows.Catalog())
	down := (len(scores) + across - 1) / across
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="10">`+"\n", across*(side+gap)+gap, down*(side+gap)+gap)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, s := range scores {
		square(&b, gap+i%across*(side+gap), gap+i/across*(side+gap), s, cases)
	}
	b.WriteString("</svg>\n")
	return os.WriteFile(file, []byte(b.String()), 0o666)
}

// square draws one mode at a place.
func square(b *strings.Builder, x, y int, s rows.Score, cases []rows.Case) {
	var at [][2]float64
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range cases {
		if _, e, _, err := rows.Off(c, rows.Catalog()); c.Mode == s.Mode && err == nil && e.Value > 0 {
			p := [2]float64{math.Log10(c.Measured), math.Log10(e.Value)}
			low, high = math.Min(low, math.Min(p[0], p[1])), math.Max(high, math.Max(p[0], p[1]))
			at = append(at, p)
		}
	}
	low, high = low-0.1, high+0.1
	scale := side / (high - low)
	fmt.Fprintf(b, `<g transform="translate(%d,%d)"><rect width="%d" height="%d" fill="none" stroke="#999"/>`, x, y, side, side)
	band := math.Min(side, math.Log10(1+s.Must)*scale)
	fmt.Fprintf(b, `<path d="M0 %d L0 %.1f L%.1f 0 L%d 0 L%d %.1f L%.1f %dz" fill="#dce9f5"/><path d="M0 %d L%d 0" stroke="#555"/>`, side, side-band, side-band, side, side, band, band, side, side, side)
	var dots strings.Builder
	for _, p := range at {
		fmt.Fprintf(&dots, "M%.1f %.1fh0", (p[0]-low)*scale, side-(p[1]-low)*scale)
	}
	fmt.Fprintf(b, `<path d="%s" stroke="#1f5f99" stroke-width="3" stroke-linecap="round" stroke-opacity="0.45"/>`, dots.String())
	fmt.Fprintf(b, `<text y="-6">%s: %.1f %%</text><text y="%d">%.3g</text><text x="%d" y="%d" text-anchor="end">%.3g</text></g>`+"\n", s.Mode, s.MAPE*100, side+12, math.Pow(10, low), side, side+12, math.Pow(10, high))
}

// peers prints the mean error of each peer in each mode beside ours.
func peers(cases []rows.Case) {
	fmt.Print("| mode | airfield |")
	for _, p := range rows.Peers {
		fmt.Printf(" %s |", p.Name)
	}
	fmt.Println("\n|---|---|" + strings.Repeat("---|", len(rows.Peers)))
	for _, s := range rows.Scores(cases, rows.Catalog()) {
		line := fmt.Sprintf("| %s | %.1f %% |", s.Mode, s.MAPE*100)
		says := false
		for _, p := range rows.Peers {
			if mean, ok := rows.Against(p, s.Mode, cases); ok {
				line, says = line+fmt.Sprintf(" %.0f %% |", mean*100), true
			} else {
				line += " |"
			}
		}
		if says {
			fmt.Println(line)
		}
	}
	kaito, ours, runs := rows.Held(cases)
	fmt.Printf("\nOf %d serving runs, KAITO's estimator says of %d that their GPUs do not hold the model, ours of %d.\n", runs, kaito, ours)
}
