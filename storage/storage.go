// Package storage chooses how data is kept: the storage account's kind and
// redundancy, versioning or the reason there is none, the days at which data
// moves to cooler tiers, and the fast store that a job works on.
//
// What is known of the data or the job goes in, an Account or a Hot store with
// its reasons comes out. It makes no Azure resource; package design does.
package storage

import "strings"

// Need is what is known of some data.
type Need struct {
	Kind       string // dataset, checkpoints, models, features, results
	Redundancy string // LRS, ZRS, GRS, GZRS as asked for, or blank
	Lake       bool   // a hierarchical namespace is asked for
	Archive    bool   // it moves to the Archive tier
	Production bool
	Linked     bool // a Managed Lustre fills itself from it
	Zones      bool // the region has availability zones
	Pair       bool // the region has a paired region in which copies may lie
}

// Account is how data is kept. Data with equal Accounts shares one.
type Account struct {
	Purpose    string // a short word for the account's name
	Redundancy string // LRS, ZRS, GRS, GZRS
	Lake       bool
	Versioning bool
	Linked     bool // to a Managed Lustre, which asks for account keys
}

// Reasons are why an account is as it is, a sentence each.
type Reasons struct{ Redundancy, Versioning string }

// Choose gives the account for some data.
//
// The Archive tier excludes redundancy over zones (guidance STO-07), a
// hierarchical namespace excludes versioning (X12), and checkpoints are
// overwritten too often to version (STO-09).
func Choose(n Need) (Account, Reasons) {
	a := Account{Purpose: "data", Lake: n.Lake, Versioning: true, Redundancy: "LRS", Linked: n.Linked}
	var r Reasons
	switch {
	case n.Lake:
		a.Purpose, a.Versioning = "lake", false
		r.Versioning = "no versions: a hierarchical namespace excludes them; soft delete keeps what is deleted"
	case n.Kind == "checkpoints":
		a.Purpose, a.Versioning = "ckpt", false
		r.Versioning = "no versions: checkpoints are overwritten often, and each version would be paid for"
	default:
		r.Versioning = "versions are kept, so that an overwritten dataset or model can be had back"
	}
	switch {
	case n.Redundancy != "":
		a.Redundancy, r.Redundancy = n.Redundancy, n.Redundancy+" as the estate says"
	case n.Archive && n.Production && n.Pair && n.Kind != "checkpoints":
		a.Redundancy = "GRS"
		r.Redundancy = "GRS: production data with a copy in the paired region, since the Archive tier excludes copies over zones"
	case n.Archive && n.Production && n.Kind != "checkpoints":
		r.Redundancy = "LRS: the Archive tier excludes copies over zones, and no paired region is known in which copies may lie"
	case n.Archive:
		r.Redundancy = "LRS: the Archive tier excludes copies over zones"
	case n.Production && n.Zones && n.Kind != "checkpoints":
		a.Redundancy, r.Redundancy = "ZRS", "ZRS: production data outlives the loss of an availability zone"
	case n.Kind == "checkpoints":
		r.Redundancy = "LRS: a checkpoint can be computed again"
	case n.Production:
		r.Redundancy = "LRS: no availability zones are known of in the region"
	default:
		r.Redundancy = "LRS: no production data"
	}
	if n.Archive && a.Purpose == "data" {
		a.Purpose = "arch"
	}
	if n.Linked {
		a.Purpose = "hot" + strings.TrimPrefix(a.Purpose, "data")
	}
	return a, r
}

// Tiers are the days after its last change at which data moves on; 0 is never.
type Tiers struct{ Cool, Cold, Archive, Delete int }

// DefaultTiers gives the tiers of data for which the estate says nothing:
// Cool at 30 days and Cold at 90, which are also the least times that those
// tiers charge for. Archive is only ever asked for, since it takes hours to
// read from. Checkpoints and models stay where they are: they are read at once
// when they are read.
func DefaultTiers(kind string) Tiers {
	switch kind {
	case "checkpoints", "models":
		return Tiers{}
	}
	return Tiers{Cool: 30, Cold: 90}
}

// Before gives the tiers without the steps that come on a day or later: data
// that is deleted then has no use for them.
func (t Tiers) Before(day int) Tiers {
	if t.Cool >= day {
		t.Cool = 0
	}
	if t.Cold >= day {
		t.Cold = 0
	}
	if t.Archive >= day {
		t.Archive = 0
	}
	return t
}
