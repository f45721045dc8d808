package limits

import "airfield/arm"

const registries arm.Type = "Microsoft.ContainerRegistry/registries"

func batchKeyVault(c *check) {
	if is(c.p("poolAllocationMode"), "UserSubscription") && !given(c.p("keyVaultReference")) {
		c.fail("wanted a keyVaultReference where nodes are allocated in the subscription, found none")
	}
}

// batchSpot: low-priority nodes of the service's own ended, and Spot nodes are
// the subscription's.
func batchSpot(c *check) {
	account, found := c.get(c.ID.Parent())
	n, ok := c.p("scaleSettings", "fixedScale", "targetLowPriorityNodes").Int()
	if mode := account.Get("properties", "poolAllocationMode"); found && ok && n > 0 && (is(mode, "BatchService") || !mode.Exists()) {
		c.fail("wanted an account that allocates nodes in the subscription for %d Spot nodes, and %q lets the service do it", n, account.ID.Name())
	}
}

func batchScale(c *check) {
	if c.p("scaleSettings", "fixedScale").Kind() == arm.Object && c.p("scaleSettings", "autoScale").Kind() == arm.Object {
		c.fail("wanted fixedScale or autoScale, found both")
	}
}

// batchSlots: tasks over several nodes want each node whole.
func batchSlots(c *check) {
	if n, ok := c.p("taskSlotsPerNode").Int(); ok && n > 1 && is(c.p("interNodeCommunication"), "Enabled") {
		c.fail("wanted one task a node where nodes talk to each other, found %d", n)
	}
}

func clusterBounds(c *check) {
	for pool := range items(c.p("agentPoolProfiles")) {
		least, ok := pool.Get("minCount").Int()
		most, ok2 := pool.Get("maxCount").Int()
		if !pool.Get("enableAutoScaling").True() || !ok || !ok2 {
			continue
		}
		if system := is(pool.Get("mode"), "System"); least > most || least < 1 && system {
			c.fail("wanted pool %q to have no more at the least than at the most%s, found %d and %d", pool.Get("name").Str(), map[bool]string{true: ", and one"}[system], least, most)
		}
	}
}

func clusterSpot(c *check) {
	for pool := range items(c.p("agentPoolProfiles")) {
		if is(pool.Get("mode"), "System") && is(pool.Get("scaleSetPriority"), "Spot") {
			c.fail("wanted regular nodes in system pool %q, found Spot", pool.Get("name").Str())
		}
	}
}

func registryPremium(c *check) {
	if sku := c.Get("sku", "name"); is(c.p("publicNetworkAccess"), "Disabled") && other(sku, "Premium") {
		c.fail("wanted SKU Premium without public network access, found %s", sku.Str())
	}
}
