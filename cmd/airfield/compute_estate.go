package main

import (
	"fmt"
	"os"
	"strings"

	"airfield/compute"
	"airfield/design"
)

// asked gives what the models are asked about a job or a service of an estate,
// written ESTATE#workload/name or ESTATE#workload/environment/name.
func (f *computeFlags) asked(at string) (compute.Ask, error) {
	file, key, _ := strings.Cut(at, "#")
	src, e, found, err := readEstate(file)
	if err != nil {
		return compute.Ask{}, err
	}
	if e == nil || found.HasErrors() {
		printFindings(found, colourOn(f.colour, os.Stderr))
		return compute.Ask{}, errUnreadable
	}
	d := design.New(e, design.Options{Month: thisMonth(), Side: side})
	ask, known := d.Work(key)
	switch _, is := workAt(e, key); {
	case !is && !known:
		return ask, fmt.Errorf("%s has no job or service %q, wanted %s#workload/name or %s#workload/environment/name", src.Name, key, file, file)
	case !known:
		return ask, fmt.Errorf("what %s of %s wants cannot be asked about: a job needs a known model, tokens and sequence, a service a known model (like) and a load with input and output; airfield design says what is missing", key, src.Name)
	}
	return ask, nil
}
