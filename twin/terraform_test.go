package twin_test

import (
	"testing"

	"airfield/twin"
	"airfield/twin/twintest"
)

func TestTerraform(t *testing.T) {
	tw := twin.New(twin.Options{})
	twintest.Terraform(t, tw, "testdata/terraform", nil)
}
