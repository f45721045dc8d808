package catalog

import "sync"

// WindowsZone returns the id that Windows has for a time zone of the IANA
// database (Europe/Stockholm is W. Europe Standard Time), which is what
// autoscale and auto-shutdown take, and false where it has none.
func WindowsZone(iana string) (string, bool) {
	id, ok := timeZones()[iana]
	return id, ok
}

var timeZones = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	read("data/time_zones").each(func(cell func(string) string) { m[cell("zone")] = cell("windows") })
	return m
})
