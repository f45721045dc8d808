package design

import (
	"maps"
	"slices"
	"strconv"

	"airfield/arm"
	"airfield/cost"
	"airfield/tenant"
)

// runs says of the bill how long the nodes of a resource run.
func (d *designer) runs(id arm.ID, n *nodes) {
	d.costs.Usage[id.Fold()] = cost.Usage{cost.Hours: n.hours}
}

// grows says of the bill how many nodes of a resource that grows by itself run,
// and how long.
func (d *designer) grows(id arm.ID, n *nodes) {
	d.costs.Usage[id.Fold()] = cost.Usage{cost.Hours: n.hours, cost.Nodes: float64(n.count)}
}

// planned puts nodes on the bill that no resource of the design stands for.
func (d *designer) planned(n *nodes) {
	d.costs.Planned = append(d.costs.Planned, cost.Fleet{ID: n.share.sub.id, Name: n.purpose, Size: n.size.Name, Region: n.cell.region,
		Nodes: float64(n.count), Hours: n.hours, Spot: n.spot})
}

// bill prices the design: what lies in an account is as much as the estate
// says, and a month of growth, all of it in the tier that it begins in.
// What the caller knows of use counts before what the estate tells.
func (d *designer) bill(t *tenant.Tenant, known map[arm.ID]cost.Usage) *cost.Bill {
	for _, name := range slices.Sorted(maps.Keys(d.data)) {
		st := d.data[name]
		if st.account == nil {
			continue
		}
		id := st.account.id
		if st.data.Size == 0 {
			d.costs.Unpriced = append(d.costs.Unpriced, cost.Unpriced{ID: id, What: "what " + name + " takes", Why: "the estate does not say how much: size"})
			continue
		}
		gib := st.data.Size.GiB() + float64(st.data.Grows)/(1<<30)
		d.costs.Assumptions = append(d.costs.Assumptions, cost.Assumption{ID: id, What: name + ": " + strconv.FormatFloat(gib, 'f', 0, 64) + " GiB in Hot, its size at the begin and a month's growth"})
		if d.costs.Usage[id.Fold()] == nil {
			d.costs.Usage[id.Fold()] = cost.Usage{}
		}
		d.costs.Usage[id.Fold()][cost.Hot] += gib
	}
	for id, u := range known {
		if d.costs.Usage[id] == nil {
			d.costs.Usage[id] = cost.Usage{}
		}
		maps.Copy(d.costs.Usage[id], u)
	}
	return cost.Of(t, d.costs)
}

// Workload names the workload whose line asked for a resource, or, where several
// share it, asked first.
func (d *Design) Workload(id arm.ID) string {
	name, line := "the platform", 0
	r, ok := d.Tenant.Get(id)
	for _, w := range d.Estate.Workloads {
		if at := w.Value.Pos().Line; ok && at <= r.Pos.Line && at > line {
			name, line = w.Key, at
		}
	}
	return name
}
