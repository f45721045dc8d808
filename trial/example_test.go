package trial_test

import (
	"fmt"
	"os"

	"airfield/source"
	"airfield/trial"
)

func ExampleSuite_Run() {
	files := map[string]string{
		"vaults.json": `{"name": "vaults", "properties": {"displayName": "No vaults", "mode": "All", "policyRule": {
			"if": {"field": "type", "equals": "Microsoft.KeyVault/vaults"}, "then": {"effect": "deny"}}}}`,
	}
	f, _ := source.NewFile("vaults.policytest.yaml", []byte(`
policy: vaults.json
tests:
  a vault: {resource: {type: Microsoft.KeyVault/vaults}, expect: deny}
  a site: {resource: {type: Microsoft.Web/sites}, expect: deny}
`))
	suite, found := trial.Read(f)
	if found.HasErrors() {
		fmt.Println(found)
		return
	}
	report := suite.Run(trial.Files{
		Read: func(path string) ([]byte, error) { return []byte(files[path]), nil },
		List: func(string) ([]string, bool) { return nil, false },
	}, nil)
	trial.Printer{Out: os.Stdout}.Report(&report)
	// Output:
	// vaults.policytest.yaml:5:3: a site: have none, want deny
	//     No vaults
	//       type is not "Microsoft.KeyVault/vaults"; saw "Microsoft.Web/sites"  vaults.json:2:10
	// FAIL vaults.policytest.yaml  1 of 2 tests failed  coverage 100.0 %
}
