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
	Rules        []string      `json:"rules,omitempty"`        // Microsoft's guidance it rests on, by airfield's ids: docs/methods.md
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
	About string   `json:"about"`
	What  string   `json:"what"`
	Why   string   `json:"why"`
	Pos   diag.Pos `json:"pos"`
}

// Edge says that one part of the estate depends on another.
type Edge struct {
	From string   `json:"from"`
	Verb string   `json:"verb"` // reads, writes, serves, signs in as, goes out through
	To   string   `json:"to"`
	Pos  diag.Pos `json:"pos"`
}

// pages are the documents that rules come from, by the mark of their ids.
var pages = map[string]string{
	"S1":   "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/resource-organization",
	"S2":   "https://learn.microsoft.com/training/modules/intro-ai-landing-zones/",
	"MG":   "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/landing-zone/design-area/resource-org-management-groups",
	"SUB":  "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/landing-zone/design-area/resource-org-subscriptions",
	"ENV":  "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/landing-zone/design-area/management-application-environments",
	"TAIL": "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/landing-zone/tailoring-alz",
	"TAG":  "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
	"NAME": "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-naming",
	"CMP":  "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/compute",
	"STO":  "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/storage",
	"NET":  "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/networking",
	"GOV":  "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/governance",
	"SEC":  "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/security",
	"WAF":  "https://learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai/infrastructure/well-architected",
	"POL":  "https://github.com/Azure/azure-policy",
	"ALZ":  "https://github.com/Azure/Azure-Landing-Zones-Library",
}

// from gives the pages of some marks.
func from(marks ...string) []string {
	var urls []string
	for _, m := range marks {
		urls = append(urls, pages[m])
	}
	return urls
}
