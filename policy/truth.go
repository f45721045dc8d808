package policy

// truth is what a condition gives: besides yes and no it may not be known, or
// fail. A failure while a request is judged denies it.
type truth uint8

const (
	no truth = iota
	yes
	maybe
	failed
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case no:
		return yes
	case yes:
		return no
	}
	return t
}

var truthNames = [...]string{"false", "true", "unknown", "failed"}

// String gives the name of the truth value.
func (t truth) String() string { return truthNames[t] }
