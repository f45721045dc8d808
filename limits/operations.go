package limits

import (
	"regexp"
	"strconv"
	"strings"

	"airfield/arm"
)

// scheduleName: the service finds the schedule of a machine by its name.
func scheduleName(c *check) {
	vm := idOf(c.p("targetResourceId"))
	if vm == "" || !virtualMachines.Equal(vm.Type()) {
		return
	}
	if want := "shutdown-computevm-" + vm.Name(); !arm.EqualFold(want, c.ID.Name()) {
		c.fail("wanted the name %q", want)
	}
}

func scheduleTask(c *check) {
	if t := c.p("taskType"); strings.HasPrefix(strings.ToLower(c.ID.Name()), "shutdown-computevm-") && t.Kind() != arm.Unknown && !is(t, "ComputeVmShutdownTask") {
		c.fail("wanted taskType ComputeVmShutdownTask, found %s", orNone(t))
	}
}

var clockTime = regexp.MustCompile(`^([01][0-9]|2[0-3])[0-5][0-9]$`)

func scheduleTime(c *check) {
	for _, member := range []string{"dailyRecurrence", "weeklyRecurrence"} {
		if t := c.p(member, "time"); known(t) && !clockTime.MatchString(t.Str()) {
			c.fail("wanted a time such as 1900 in %s, found %s", member, t.Text())
		}
	}
}

func autoscaleProfiles(c *check) {
	if p := c.p("profiles"); p.Kind() == arm.Array && p.Len() == 0 {
		c.fail("wanted 1 to 20 profiles, found none")
	}
}

func autoscaleRules(c *check) {
	for p := range items(c.p("profiles")) {
		if n := count(p.Get("rules")); n > 10 {
			c.fail("wanted at most 10 rules in profile %q, found %d", p.Get("name").Str(), n)
		}
	}
}

func autoscaleCapacity(c *check) {
	for p := range items(c.p("profiles")) {
		least, err := strconv.Atoi(at(p, "capacity", "minimum").Str())
		usual, err2 := strconv.Atoi(at(p, "capacity", "default").Str())
		most, err3 := strconv.Atoi(at(p, "capacity", "maximum").Str())
		if err == nil && err2 == nil && err3 == nil && (least > usual || usual > most) {
			c.fail("wanted minimum, default and maximum in this order in profile %q, found %d, %d and %d", p.Get("name").Str(), least, usual, most)
		}
	}
}

// autoscaleBothWays tells of profiles that only grow.
func autoscaleBothWays(c *check) {
	for p := range items(c.p("profiles")) {
		up, down := false, false
		for r := range items(p.Get("rules")) {
			up = up || is(at(r, "scaleAction", "direction"), "Increase")
			down = down || is(at(r, "scaleAction", "direction"), "Decrease")
		}
		if up != down {
			c.fail("wanted rules to grow and to shrink in profile %q, found one of the two", p.Get("name").Str())
		}
	}
}

func workspaceRetention(c *check) {
	if n, ok := c.p("retentionInDays").Int(); ok && !is(c.p("sku", "name"), "Free") && (n < 30 || n > 730) {
		c.fail("wanted a retention of 30 to 730 days, found %d", n)
	}
}

func workspaceSKU(c *check) {
	sku := c.p("sku", "name")
	if other(sku, "PerGB2018", "CapacityReservation", "LACluster") {
		c.fail("wanted SKU PerGB2018 or CapacityReservation, found %s", sku.Str())
	}
	if is(sku, "CapacityReservation") && !given(c.p("sku", "capacityReservationLevel")) {
		c.fail("wanted a capacityReservationLevel with SKU CapacityReservation, found none")
	}
}

func vaultSoftDelete(c *check) {
	if isFalse(c.p("enableSoftDelete")) {
		c.fail("wanted enableSoftDelete true or none, found false")
	}
}

func vaultPurge(c *check) {
	if isFalse(c.p("enablePurgeProtection")) {
		c.fail("wanted enablePurgeProtection true or none, found false, which the service does not take")
	}
}

func vaultPurgeMissing(c *check) {
	if !given(c.p("enablePurgeProtection")) {
		c.fail("wanted enablePurgeProtection true, found none")
	}
}

func vaultRetention(c *check) {
	if n, ok := c.p("softDeleteRetentionInDays").Int(); ok && (n < 7 || n > 90) {
		c.fail("wanted softDeleteRetentionInDays of 7 to 90, found %d", n)
	}
}
