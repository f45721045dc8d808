package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A LeadTime is how long something takes that must be so before a workload can
// begin, as airfield's makers judged it.
type LeadTime struct {
	Key    string   // quota
	After  []string // keys of what comes before it
	Days   int      // calendar days from asking for it until it is so
	Who    string   // who opens it: billing, identity, platform, carrier, workload
	Reason string
}

// LeadTimes returns all lead times, sorted by key.
func LeadTimes() []LeadTime { return slices.Clone(leadTimes()) }

var leadTimes = sync.OnceValue(func() []LeadTime {
	var all []LeadTime
	read("judged/lead_times").each(func(cell func(string) string) {
		all = append(all, LeadTime{cell("key"), strings.Fields(cell("after")), whole(cell("days")), cell("who"), cell("reason")})
	})
	return all
})

// A FirewallName is a name or service tag that a service must reach.
type FirewallName struct {
	Service  string // aks, batch, ubuntu
	Name     string // mcr.microsoft.com, or a service tag such as AzureMonitor
	Protocol string // TCP or UDP
	Port     int
	Optional bool // needed only where jobs use it
	Why      string
	Source   string
}

// FirewallNames returns what a service must reach from a region, sorted by name.
func FirewallNames(service, region string) []FirewallName {
	var in []FirewallName
	for _, n := range firewallNames() {
		if n.Service == service {
			n.Name = strings.ReplaceAll(n.Name, "{region}", region)
			in = append(in, n)
		}
	}
	return in
}

var firewallNames = sync.OnceValue(func() []FirewallName {
	var all []FirewallName
	read("data/firewall_names").each(func(cell func(string) string) {
		all = append(all, FirewallName{cell("service"), cell("name"), cell("protocol"), whole(cell("port")), yes(cell("optional")), cell("why"), cell("source")})
	})
	return all
})

// A RetireTime is how long after the end of a workload a step of its retirement
// is due, as airfield's makers judged it.
type RetireTime struct {
	Key    string // export
	Days   int    // calendar days
	Who    string // workload or platform
	Reason string
}

// RetireTimes returns all retire times by key.
func RetireTimes() map[string]RetireTime {
	all := map[string]RetireTime{}
	read("judged/retire_times").each(func(cell func(string) string) {
		all[cell("key")] = RetireTime{cell("key"), whole(cell("days")), cell("who"), cell("reason")}
	})
	return all
}
