package emit

// What the tests of package emit_test see of the escapes.

func TemplateString(s string) string { return string(appendTemplateString(nil, s)) }
func BicepString(s string) string    { return quoteBicep(s) }
func HCLString(s string) string      { return quoteHCL(s) }
