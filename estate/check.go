package estate

import "airfield/diag"

// check gives the findings that need more than one value to see.
func (e *Estate) check() diag.List {
	var found diag.List
	if e.Airfield != Version {
		found.Errorf(e.Of("airfield"), "estate/version", "version %d of the language, wanted %d", e.Airfield, Version)
	}
	return found
}
