package limits

import (
	"fmt"
	"strings"

	"airfield/arm"
)

// The types that ask for machines.
const (
	agentPools           arm.Type = "Microsoft.ContainerService/managedClusters/agentPools"
	batchAccounts        arm.Type = "Microsoft.Batch/batchAccounts"
	batchPools           arm.Type = "Microsoft.Batch/batchAccounts/pools"
	capacityReservations arm.Type = "Microsoft.Compute/capacityReservationGroups/capacityReservations"
	managedClusters      arm.Type = "Microsoft.ContainerService/managedClusters"
	mlComputes           arm.Type = "Microsoft.MachineLearningServices/workspaces/computes"
)

// A demand is a number of machines of one size that a resource asks for.
type demand struct {
	arm.Resource
	pool   string    // its name, where a resource has several
	path   string    // of the size in the body, joined by dots
	size   arm.Value // the string
	body   arm.Value // what the size has to offer is asked here: a machine's or pool's properties
	region string
	zones  arm.Value
	now    amount // machines that the deployment makes
	most   int64  // machines that it may grow to
	spot   bool
	in     arm.ID // the reservation group, or scale set, that these machines are a part of
	from   arm.ID // the account whose quota counts; "" for the subscription's
	apart  string // why no quota is known that counts; "" where one is
}

// An amount is a number that may be known only after deployment.
type amount struct {
	n       int64
	unknown bool
}

// mostMachines bounds what a text can ask for, so that sums stay within 64 bits.
const mostMachines = 1 << 31

func amountOf(v arm.Value) amount {
	n, ok := number(v)
	return amount{max(0, min(n, mostMachines)), !ok || n < 0}
}

// label names the demand within a message.
func (d *demand) label() string {
	if d.pool == "" {
		return d.ID.Name()
	}
	return d.ID.Name() + "/" + d.pool
}

// askers are the types that ask for machines, each with how it does.
var askers = []struct {
	typ  arm.Type
	read func(*plan, arm.Resource) []demand
}{
	{virtualMachines, ofMachine},
	{scaleSets, ofScaleSet},
	{managedClusters, ofCluster},
	{agentPools, ofAgentPool},
	{batchPools, ofBatchPool},
	{mlComputes, ofMLCompute},
	{capacityReservations, ofReservation},
}

// allDemands reads what all wanted resources ask for. An agent pool that is
// written in its cluster and beside it is asked for once.
func (p *plan) allDemands() []demand {
	var all []demand
	for _, a := range askers {
		for r := range p.all(a.typ) {
			for _, d := range a.read(p, r) {
				if d.pool == "" || !p.wanted.Has(d.ID.Child("agentPools", d.pool)) {
					all = append(all, d)
				}
			}
		}
	}
	grown := p.autoscaled()
	for i := range all {
		d := &all[i]
		d.most = max(d.most, d.now.n, grown[d.ID.Fold()])
	}
	return all
}

// before gives what there is of a demand already.
func (p *plan) before(d *demand) (demand, bool) {
	id, pool := d.ID, d.pool
	if agentPools.Equal(id.Type()) && !p.have.Has(id) {
		id, pool = id.Parent(), id.Name() // clusters that exist list all their pools
	}
	r, _ := p.have.Get(id)
	for _, a := range askers {
		if !a.typ.Equal(id.Type()) || !r.Body.Exists() {
			continue
		}
		for _, b := range a.read(p, r) {
			if b.pool == pool && b.spot == d.spot {
				return b, true
			}
		}
	}
	return demand{}, false
}

// autoscaled gives the most instances that autoscale settings let a scale set
// grow to, by its folded id.
func (p *plan) autoscaled() map[arm.ID]int64 {
	grown := map[arm.ID]int64{}
	for r := range p.after(autoscaleSettings) {
		if isFalse(r.Get("properties", "enabled")) {
			continue
		}
		target := idOf(r.Get("properties", "targetResourceUri")).Fold()
		for profile := range items(r.Get("properties", "profiles")) {
			grown[target] = max(grown[target], amountOf(at(profile, "capacity", "maximum")).n)
		}
	}
	return grown
}

func ofMachine(p *plan, r arm.Resource) []demand {
	body := r.Get("properties")
	d := demand{
		Resource: r, path: "properties.hardwareProfile.vmSize", size: at(body, "hardwareProfile", "vmSize"), body: body,
		region: regionOf(r.Location()), zones: r.Get("zones"), now: amount{n: 1},
		spot: is(at(body, "priority"), "Spot", "Low"), in: reservation(body),
	}
	if d.in == "" {
		d.in = idOf(at(body, "virtualMachineScaleSet"))
	}
	if given(at(body, "host")) || given(at(body, "hostGroup")) {
		d.apart = "it runs on a dedicated host, whose quota is another"
	}
	return []demand{d}
}

// reservation gives the capacity reservation group that a machine draws from.
func reservation(body arm.Value) arm.ID {
	return idOf(at(body, "capacityReservation", "capacityReservationGroup"))
}

func ofScaleSet(p *plan, r arm.Resource) []demand {
	profile := at(r.Get("properties"), "virtualMachineProfile")
	size := at(r.Body, "sku", "name")
	if !given(size) {
		return nil // Flexible without a profile: its machines stand for themselves
	}
	d := demand{
		Resource: r, path: "sku.name", size: size, body: profile,
		region: regionOf(r.Location()), zones: r.Get("zones"), now: amountOf(at(r.Body, "sku", "capacity")),
		spot: is(at(profile, "priority"), "Spot", "Low"), in: reservation(profile),
	}
	mix := r.Get("properties", "priorityMixPolicy")
	if !d.spot || !given(mix) {
		return []demand{d}
	}
	base, _ := at(mix, "baseRegularPriorityCount").Int()
	percent, _ := at(mix, "regularPriorityPercentageAboveBase").Int()
	regular := d
	regular.spot = false
	regular.now.n = min(d.now.n, base+(max(0, d.now.n-base)*percent+99)/100)
	d.now.n -= regular.now.n
	return []demand{regular, d}
}

func ofCluster(p *plan, r arm.Resource) []demand {
	var all []demand
	i := -1
	for pool := range r.Get("properties", "agentPoolProfiles").Items() {
		i++
		name := at(pool, "name").Str()
		if name == "" {
			continue
		}
		d := ofPool(r, pool, r.Location())
		d.pool, d.path = name, fmt.Sprintf("properties.agentPoolProfiles.%d.vmSize", i)
		all = append(all, d)
	}
	return all
}

func ofAgentPool(p *plan, r arm.Resource) []demand {
	cluster, _ := p.find(r.ID.Parent())
	d := ofPool(r, r.Get("properties"), cluster.Location())
	d.path = "properties.vmSize"
	return []demand{d}
}

func ofPool(r arm.Resource, pool arm.Value, location string) demand {
	d := demand{
		Resource: r, size: at(pool, "vmSize"), body: pool, region: regionOf(location), zones: at(pool, "availabilityZones"),
		now: amountOf(at(pool, "count")), spot: is(at(pool, "scaleSetPriority"), "Spot"), in: arm.ID(at(pool, "capacityReservationGroupID").Str()),
	}
	if at(pool, "enableAutoScaling").True() {
		if least := amountOf(at(pool, "minCount")); !least.unknown {
			d.now = amount{n: max(d.now.n, least.n)}
		}
		d.most = amountOf(at(pool, "maxCount")).n
	}
	return d
}

// ofBatchPool reads a pool, which has dedicated and Spot nodes, by the account's
// own quota or by the subscription's.
func ofBatchPool(p *plan, r arm.Resource) []demand {
	account, _ := p.find(r.ID.Parent())
	d := demand{
		Resource: r, path: "properties.vmSize", size: at(r.Get("properties"), "vmSize"), body: r.Get("properties"),
		region: regionOf(account.Location()), now: batchNodes(r, "DedicatedNodes"),
	}
	if !is(account.Get("properties", "poolAllocationMode"), "UserSubscription") {
		d.from = r.ID.Parent()
	}
	low := d
	low.spot, low.now = true, batchNodes(r, "LowPriorityNodes")
	if low.now.n == 0 && !low.now.unknown || d.now.unknown {
		return []demand{d}
	}
	return []demand{d, low}
}

// batchNodes reads how many nodes of a kind a pool has. Where a formula says it,
// a pool that exists says how many there are now; none are where nothing says.
func batchNodes(pool arm.Resource, kind string) amount {
	n := at(pool.Get("properties"), "scaleSettings", "fixedScale", "target"+kind)
	if formula := at(pool.Get("properties"), "scaleSettings", "autoScale"); !given(n) && given(formula) {
		return amountOf(at(pool.Get("properties"), "current"+kind))
	}
	if !given(n) {
		return amount{}
	}
	return amountOf(n)
}

const mlQuota = "compute of Azure Machine Learning has a quota of its own by family, which is not read"

func ofMLCompute(p *plan, r arm.Resource) []demand {
	compute := r.Get("properties", "properties")
	d := demand{
		Resource: r, path: "properties.properties.vmSize", size: at(compute, "vmSize"), body: compute, region: regionOf(r.Location()),
		spot:  is(at(compute, "vmPriority"), "LowPriority"),
		apart: mlQuota,
	}
	switch kind := r.Get("properties", "computeType"); {
	case is(kind, "AmlCompute"):
		d.now = amountOf(at(compute, "scaleSettings", "maxNodeCount"))
	case is(kind, "ComputeInstance"):
		d.now = amount{n: 1}
	default:
		return nil
	}
	return []demand{d}
}

func ofReservation(p *plan, r arm.Resource) []demand {
	return []demand{{
		Resource: r, path: "sku.name", size: at(r.Body, "sku", "name"), body: r.Get("properties"),
		region: regionOf(r.Location()), zones: r.Get("zones"), now: amountOf(at(r.Body, "sku", "capacity")),
	}}
}

// holder gives what machines may be a part of: the group of a reservation, a
// scale set itself.
func (d *demand) holder() arm.ID {
	switch t := d.Type(); {
	case capacityReservations.Equal(t):
		return d.ID.Parent()
	case scaleSets.Equal(t):
		return d.ID
	}
	return ""
}

// sameSize compares names of sizes, which Batch writes in capitals.
func sameSize(a, b arm.Value) bool { return a.Str() != "" && strings.EqualFold(a.Str(), b.Str()) }
