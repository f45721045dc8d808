package arm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
)

func parse(t *testing.T, text string) arm.Value {
	t.Helper()
	v, err := arm.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func ExampleValue_Get() {
	v, _ := arm.Parse(`{"type": "Microsoft.Compute/virtualMachines", "properties": {"hardwareProfile": {"vmSize": "Standard_NC40ads_H100_v5"}}}`)
	fmt.Println(v.Get("Properties", "hardwareProfile", "VMSIZE").Str())
	// Output: Standard_NC40ads_H100_v5
}

func TestGet(t *testing.T) {
	v := parse(t, `{"a":1,"A":2,"b":{"c":[true,null,"x\u0041\ud83d\ude00"]},"\u0064":-1.5e3,"e":{}}`)
	for _, tt := range []struct{ path, want string }{
		{"a", "2"},
		{"b", `{"c":[true,null,"x\u0041\ud83d\ude00"]}`},
		{"b.C", `[true,null,"x\u0041\ud83d\ude00"]`},
		{"D", "-1.5e3"},
		{"e", "{}"},
		{"b.c.d", ""},
		{"zz", ""},
	} {
		if have := v.Get(strings.Split(tt.path, ".")...).Text(); have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.path, have, tt.want)
		}
	}
	if have := v.Get("b", "c").At(2).Str(); have != "xA😀" {
		t.Errorf("have %q", have)
	}
	if name, at, ok := v.Duplicate(); !ok || name != "A" || at != 7 {
		t.Errorf("duplicate: have %q at %d", name, at)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "offset 0: text ends, wanted a value"},
		{"{", "offset 1: text ends, wanted a member's name in double quotes"},
		{`{"a"}`, "offset 4: found '}', wanted a colon"},
		{`{"a":1,}`, "offset 7: found '}', wanted a member's name in double quotes"},
		{"[1,]", "offset 3: found ']', wanted a value"},
		{"[1 2]", "offset 3: found '2', wanted a comma or ]"},
		{"01", "offset 0: found '0', wanted a value"},
		{"1.", "offset 0: number has no digit behind its point"},
		{"1e", "offset 0: number has no digit in its exponent"},
		{"truE", "offset 0: found 't', wanted a value"},
		{`"a`, "offset 0: string has no end"},
		{`"\x"`, "offset 1: not an escape that JSON knows"},
		{"\"\n\"", "offset 1: control character 0x0a in a string"},
		{"\"\xff\"", "offset 1: byte 0xff is not UTF-8"},
		{"1 2", "offset 2: found '2' after the end of the value"},
		{"//x", "offset 0: found '/', wanted a value"},
		{strings.Repeat("[", 600), "offset 512: nested more than 512 deep"},
	} {
		_, err := arm.Parse(tt.in)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.20q: have %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestSetAndWithout(t *testing.T) {
	v := parse(t, `{"Name":"x","properties":{"a":1}}`)
	w, err := v.Set("y", "properties", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	if have, want := w.Text(), `{"Name":"x","properties":{"a":1,"b":{"c":"y"}}}`; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
	if have, want := w.Without("Properties", "A").Text(), `{"Name":"x","properties":{"b":{"c":"y"}}}`; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
	if _, err := v.Set(1, "name", "b"); err == nil {
		t.Error("setting a member of a string: have no error")
	}
	if v.Text() != `{"Name":"x","properties":{"a":1}}` {
		t.Error("the original changed")
	}
}

func TestRefs(t *testing.T) {
	id := arm.Subscription("@atlas-prod").ResourceGroup("rg").Resource("Microsoft.ManagedIdentity/userAssignedIdentities", "id-a")
	v := arm.New(arm.O{"p", arm.O{"principalId", arm.Ref{ID: id, Path: "properties.principalId"}, "key", arm.Parameter("sshKey")}, "n", arm.A{arm.IDOf(id)}, "gone", arm.Value{}})
	var have []arm.Ref
	for r := range v.Refs() {
		have = append(have, r)
	}
	if len(have) != 3 || have[0].Path != "properties.principalId" || have[1].Parameter != "sshKey" || have[2] != arm.IDOf(id) {
		t.Errorf("have %v", have)
	}
	if k := v.Get("p", "key").Kind(); k != arm.Unknown {
		t.Errorf("have kind %s", k)
	}
	if v.Get("gone").Exists() {
		t.Error("a Missing value was written")
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[1,"x"]}`, `{"B":[1,"\u0078"],"A":1}`, true},
		{`{"a":1}`, `{"a":1,"b":null}`, false},
		{`[1,2]`, `[1]`, false},
		{`[1]`, `[1,2]`, false},
		{`"a"`, `"A"`, false},
		{`null`, `null`, true},
	} {
		if have := parse(t, tt.a).Equal(parse(t, tt.b)); have != tt.want {
			t.Errorf("%s %s: have %v", tt.a, tt.b, have)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"x\n",true,null,{}]}`, `{"$after":{"parameter":"x"}}`, `"\ud800"`, "[", "{\"a\":", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := arm.Parse(text)
		if valid := json.Valid([]byte(text)); err == nil && !valid {
			t.Fatalf("%q is no JSON", text)
		}
		if err != nil {
			return
		}
		v.Walk(func(_ string, w arm.Value) bool { w.Str(); w.Len(); return true })
		for range v.Refs() {
		}
		if again, err := arm.Parse(arm.New(v).Text()); err != nil || !again.Equal(v) && v.Kind() != arm.Unknown {
			if _, _, twice := v.Duplicate(); !twice {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

// typical is a virtual machine of about 1.7 KB.
var typical = `{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-atlas-train-prod-sdc-001/providers/Microsoft.Compute/virtualMachines/vm-atlas-prod-001","name":"vm-atlas-prod-001","type":"Microsoft.Compute/virtualMachines","location":"swedencentral","tags":{"Project":"AIResearch2024","Environment":"Production","CostCenter":"CC-4711","Owner":"atlas@northwind.example"},"zones":["1"],"identity":{"type":"SystemAssigned","principalId":"11111111-0000-0000-0000-000000000001","tenantId":"0f3c7c7e-1111-4222-8333-444455556666"},"properties":{"vmId":"22222222-0000-0000-0000-000000000001","hardwareProfile":{"vmSize":"Standard_NC40ads_H100_v5"},"storageProfile":{"imageReference":{"publisher":"microsoft-dsvm","offer":"ubuntu-hpc","sku":"2204","version":"latest","exactVersion":"22.04.2026012801"},"osDisk":{"osType":"Linux","name":"osdisk-atlas-prod-001","createOption":"FromImage","caching":"ReadWrite","managedDisk":{"storageAccountType":"Premium_LRS"},"deleteOption":"Delete","diskSizeGB":128},"dataDisks":[],"diskControllerType":"NVMe"},"osProfile":{"computerName":"atlas001","adminUsername":"azureuser","linuxConfiguration":{"disablePasswordAuthentication":true,"provisionVMAgent":true,"patchSettings":{"patchMode":"AutomaticByPlatform","assessmentMode":"AutomaticByPlatform"}},"secrets":[],"allowExtensionOperations":true},"securityProfile":{"uefiSettings":{"secureBootEnabled":true,"vTpmEnabled":true},"securityType":"TrustedLaunch","encryptionAtHost":true},"networkProfile":{"networkInterfaces":[{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-atlas-train-prod-sdc-001/providers/Microsoft.Network/networkInterfaces/nic-atlas-prod-001","properties":{"primary":true,"deleteOption":"Delete"}}]},"provisioningState":"Succeeded"}}`

func BenchmarkIndex(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	b.ReportAllocs()
	var x arm.Indexer
	for b.Loop() {
		if _, err := x.Parse(typical); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingJSON is the peer: the same text into map[string]any.
func BenchmarkEncodingJSON(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		if err := json.Unmarshal([]byte(typical), &m); err != nil {
			b.Fatal(err)
		}
	}
}
