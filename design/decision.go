package design

import (
	"airfield/diag"
)

// Decision is one choice that the design made, with its reasons.
type Decision struct {
	About        string        `json:"about"`                  // what it is about: "estate", a workload, or a workload/environment/part
	Question     string        `json:"question"`               //
	Answer       string        `json:"answer"`                 //
	Because      string        `json:"because"`                // the reason, in a sentence
	Alternatives []Alternative `json:"alternatives,omitempty"` // what was not taken
	Rules        []string      `json:"rules,omitempty"`        // the guidance it rests on, by the ids of catalog.GuidanceOf
	Pages        []string      `json:"pages,omitempty"`        // where that guidance is written
	Pos          diag.Pos      `json:"pos"`                    // the line of the estate that decides it
	Changes      string        `json:"changes,omitempty"`      // what would change it
}

// Alternative is an answer that was not taken.
type Alternative struct {
	Option string `json:"option"`
	WhyNot string `json:"why_not"`
}

// Open is something that the design leaves to someone: a request to the
// platform, a value that only the deployer has, a part that is not designed.
type Open struct {
	About  string   `json:"about"`
	What   string   `json:"what"`
	Why    string   `json:"why"`
	Pos    diag.Pos `json:"pos"`
	Before string   `json:"before,omitempty"` // the stage of a deployment that does not work without it
}

// Edge says that one part of the estate depends on another.
type Edge struct {
	From string   `json:"from"`
	Verb string   `json:"verb"` // reads, writes, serves, signs in as, goes out through
	To   string   `json:"to"`
	Pos  diag.Pos `json:"pos"`
}
