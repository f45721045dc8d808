package catalog

import "sync"

// A SizingConstant is a fitted number of the models in package compute.
type SizingConstant struct {
	Value     float64
	Start     float64 // where fitting begins
	Low, High float64 // what fitting may not leave
}

// SizingConstants returns the fitted numbers by name; judged/sizing.csv has
// the unit and the reason of each.
func SizingConstants() map[string]SizingConstant { return sizingConstants() }

// ClassicConstants returns, by name, the logarithms of what a workload of
// classic deep learning does on the GPU that all are held against, and the
// exponents of their classes.
func ClassicConstants() map[string]float64 { return classicConstants() }

var sizingConstants = sync.OnceValue(func() map[string]SizingConstant {
	all := map[string]SizingConstant{}
	read("judged/sizing").each(func(cell func(string) string) {
		all[cell("name")] = SizingConstant{decimal(cell("value")), decimal(cell("start")), decimal(cell("low")), decimal(cell("high"))}
	})
	return all
})

var classicConstants = sync.OnceValue(func() map[string]float64 {
	all := map[string]float64{}
	read("judged/sizing_classic").each(func(cell func(string) string) { all[cell("name")] = decimal(cell("value")) })
	return all
})
