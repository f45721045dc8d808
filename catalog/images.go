package catalog

import (
	"slices"
	"sync"
)

// An Image is a marketplace image for AI and HPC.
type Image struct {
	Publisher, Offer string
	SKU              string // * for any
	OS               string // Ubuntu 24.04
	Generation       string // V1 or V2; blank where unknown
	Arch             string // x64
	Purpose          string
	For              string // VM sizes it is made for, in words
	Status           string // current, ageing, unverified, legacy, withdrawn and when
	Plan             bool   // needs a purchase plan, and terms accepted in each subscription
	Note             string
	Source           string
}

// URN returns the image as az and policies write it, at its latest version.
func (i Image) URN() string { return i.Publisher + ":" + i.Offer + ":" + i.SKU + ":latest" }

// Images returns all images, sorted by publisher, offer and SKU.
func Images() []Image { return slices.Clone(images()) }

// ImageByURN returns the image publisher:offer:sku, with or without a version;
// case does not count.
func ImageByURN(urn string) (Image, bool) {
	for _, i := range images() {
		short := i.Publisher + ":" + i.Offer + ":" + i.SKU
		if u := fold(urn); u == short || len(u) > len(short) && u[:len(short)+1] == short+":" {
			return i, true
		}
	}
	return Image{}, false
}

var images = sync.OnceValue(func() []Image {
	var all []Image
	read("data/images").each(func(cell func(string) string) {
		all = append(all, Image{
			Publisher:  cell("publisher"),
			Offer:      cell("offer"),
			SKU:        cell("sku"),
			OS:         cell("os"),
			Generation: cell("generation"),
			Arch:       cell("arch"),
			Purpose:    cell("purpose"),
			For:        cell("for"),
			Status:     cell("status"),
			Plan:       yes(cell("plan")),
			Note:       cell("note"),
			Source:     cell("source"),
		})
	})
	return all
})
