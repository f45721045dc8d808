package policy_test

import (
	"testing"

	"airfield/arm"
	"airfield/policy"
)

// TestImagePart compares the offer of the image a disk was made of, which is a
// part of the image's id.
func TestImagePart(t *testing.T) {
	const rule = `{"if":{"allOf":[{"field":"type","equals":"Microsoft.Compute/disks"},{"field":"Microsoft.Compute/imageOffer","equals":"UbuntuServer"},{"value":"[field('Microsoft.Compute/imageSku')]","equals":"22_04-lts"}]},"then":{"effect":"deny"}}`
	def, err := define(rule, &policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, _ := def.Bind(arm.Value{})
	for id, want := range map[string]string{
		"/Subscriptions/s/Providers/Microsoft.Compute/Locations/westeurope/Publishers/Canonical/ArtifactTypes/VMImage/Offers/ubuntuserver/Skus/22_04-LTS/Versions/1": "true",
		"/Subscriptions/s/Providers/Microsoft.Compute/Locations/westeurope/Publishers/Canonical/ArtifactTypes/VMImage/Offers/other/Skus/22_04-lts/Versions/1":        "false",
		"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/UbuntuServer":                                                                          "false",
	} {
		body := arm.New(arm.O{"type", "Microsoft.Compute/disks", "properties", arm.O{"creationData", arm.O{"imageReference", arm.O{"id", id}}}})
		if o := r.Judge(arm.Resource{Body: body}, &policy.Facts{}); o.Truth != want {
			t.Errorf("%s: have %s %v, want %s", id, o.Truth, o.Err, want)
		}
	}
}
