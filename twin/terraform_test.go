package twin_test

import (
	"testing"

	"airfield/arm"
	"airfield/twin"
	"airfield/twin/twintest"
)

func TestTerraform(t *testing.T) {
	tw := twin.New(twin.Options{})
	twintest.Terraform(t, tw, "testdata/terraform", func() {
		all, found := tw.Tenant()
		if found.HasErrors() {
			t.Error(found)
		}
		alias, _ := all.Get("/providers/Microsoft.Subscription/aliases/atlas-prod")
		group := arm.Subscription(alias.Get("properties", "subscriptionId").Str()).ResourceGroup("rg-atlas-prod")
		if up := all.Ancestors(group); len(up) < 2 || up[1] != arm.ManagementGroup("mg-ai") {
			t.Errorf("have the group in %q, want it below mg-ai", up)
		}
		blob, _ := all.Get(group.Resource("Microsoft.Storage/storageAccounts/blobServices", "statlasprod", "default"))
		if days, _ := blob.Get("properties", "deleteRetentionPolicy", "days").Int(); days != 7 {
			t.Errorf("have %s, want 7 days of retention", blob.Body.Text())
		}
		net, _ := all.Get(group.Resource("Microsoft.Network/virtualNetworks", "vnet-atlas"))
		if name := net.Get("properties", "subnets").At(0).Get("name").Str(); name != "snet-train" {
			t.Errorf("have %s, want the subnet in its network", net.Body.Text())
		}
	})
}
