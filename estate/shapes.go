package estate

import (
	"slices"
	"strings"

	"airfield/diag"
	"airfield/source"
)

// Values that may be written in more than one shape.

// DecodeNode reads the word standalone, or a mapping.
func (p *Platform) DecodeNode(n *source.Node) (found diag.List) {
	p.At = source.AtOf(n)
	if n.Kind == source.Scalar {
		if n.Text != "standalone" {
			found.Errorf(n.Pos, "source/value", "%q, wanted standalone or a mapping of what is there", n.Text)
		}
		p.Standalone = true
		return found
	}
	var parts struct {
		source.At
		PlatformParts
	}
	found = source.Decode(n, &parts)
	p.At, p.PlatformParts = parts.At, parts.PlatformParts
	return found
}

// DecodeNode reads a name, or a mapping.
func (m *ServedModel) DecodeNode(n *source.Node) (found diag.List) {
	if n.Kind == source.Scalar {
		m.At = source.AtOf(n)
		return source.Decode(n, &m.Like)
	}
	var parts struct {
		source.At
		ModelParts
	}
	found = source.Decode(n, &parts)
	m.At, m.ModelParts = parts.At, parts.ModelParts
	return found
}

// ServedModel is the model that a service serves.
type ServedModel struct {
	source.At
	ModelParts
}

// DecodeNode reads the workload and keeps its text, for its environments to be
// laid over it.
func (w *Workload) DecodeNode(n *source.Node) diag.List {
	type plain Workload
	found := source.Decode(n, (*plain)(w))
	w.node = n
	return found
}

// Region is a region's name: Azure's, or `home` or `recovery`.
type Region string

// Residency is a geography, such as EU.
type Residency string

// Allowed is what a guardrail allows: `auto`, `none`, or a list.
type Allowed struct {
	Word string   // auto or none, "" where a list is written or nothing
	List []string // as written
	At   source.At
}

// Off tells whether the guardrail is not wanted.
func (a Allowed) Off() bool { return a.Word == "none" }

// DecodeNode reads a word or a list.
func (a *Allowed) DecodeNode(n *source.Node) (found diag.List) {
	a.At = source.AtOf(n)
	if n.Kind == source.Scalar {
		if n.Text != "auto" && n.Text != "none" {
			found.Errorf(n.Pos, "source/value", "%q, wanted auto, none or a list", n.Text)
		}
		a.Word = n.Text
		return found
	}
	a.List = []string{}
	return source.Decode(n, &a.List)
}

// Vocabulary is the values that a tag may have: a list, or a mapping from the
// source's value to the tag's.
type Vocabulary struct {
	List []string
	Map  source.Keyed[string]
}

// DecodeNode reads a list or a mapping.
func (v *Vocabulary) DecodeNode(n *source.Node) diag.List {
	if n.Kind == source.Map {
		return source.Decode(n, &v.Map)
	}
	return source.Decode(n, &v.List)
}

// Empty tells whether every value is allowed.
func (v Vocabulary) Empty() bool { return len(v.List) == 0 && len(v.Map) == 0 }

// Allowed gives the values a tag may have.
func (v Vocabulary) Allowed() []string {
	if len(v.List) > 0 {
		return v.List
	}
	var all []string
	for _, e := range v.Map {
		if !slices.Contains(all, e.Value) {
			all = append(all, e.Value)
		}
	}
	return all
}

// Access holds the groups, and how deployments sign in.
type Access struct {
	source.At
	Groups  source.Keyed[Group]
	Deploys Deploys
}

// DecodeNode reads the groups by name, and the key deploys.
func (a *Access) DecodeNode(n *source.Node) (found diag.List) {
	a.At = source.AtOf(n)
	if d := n.Get("deploys"); d != nil {
		found = source.Decode(d, &a.Deploys)
		n = n.Without("deploys")
	}
	return append(found, source.Decode(n, &a.Groups)...)
}

// Deploys says how pipelines sign in.
type Deploys struct {
	source.At
	// The pipelines' system: github or azure_devops. Without it no pipelines are written.
	With PipelineSystem `yaml:"with"`
	// The repository: owner/name in GitHub, such as northwind/ai-estate; organization/project/name in Azure DevOps.
	Repository string `yaml:"repository"`
	// The folder of the repository that `design -o` writes into, landing-zone without it.
	Folder string `yaml:"folder"`
	// The form that is deployed: bicep, terraform or arm; bicep without it.
	Form DeployedForm `yaml:"form"`
	// What gets an identity of its own: a stack, one stage of one subscription, as without it, or an environment, all stages of one subscription.
	IdentityPer IdentityPer `yaml:"identity_per"`
	// Who approves what is deployed to production: a team of the GitHub organization by its short name, or a group of Azure DevOps.
	Approvers string `yaml:"approvers"`
	// The id of the storage account that keeps the states, for terraform.
	State string `yaml:"state"`
}

// Group is one Microsoft Entra group and its roles.
type Group struct {
	At source.At
	// The group's object id. Without it whoever deploys must give it.
	ID string
	// The roles by where they hold: a workload, a workload and environment such as
	// atlas/prod, all environments of one as beacon/*, or */prod.
	Grants source.Keyed[Grant]
}

// DecodeNode reads the id and the grants, which stand beside each other.
func (g *Group) DecodeNode(n *source.Node) (found diag.List) {
	g.At = source.AtOf(n)
	if n.Kind != source.Map {
		found.Errorf(n.Pos, "source/type", "%s, wanted a mapping of places to roles", n.Describe())
		return found
	}
	if id := n.Get("id"); id != nil {
		found = source.Decode(id, &g.ID)
	}
	return append(found, source.Decode(n.Without("id"), &g.Grants)...)
}

// Grant is a role at a place: its name, or a mapping.
type Grant struct {
	source.At
	GrantParts
}

// GrantParts says which role, and for how long.
type GrantParts struct {
	// The role's name, such as Contributor.
	Role string `yaml:"role,required"`
	// For how long at a time the role may be taken up; without it, it is permanent.
	Eligible Duration `yaml:"eligible"`
}

// DecodeNode reads a role's name, or a mapping.
func (g *Grant) DecodeNode(n *source.Node) diag.List {
	if n.Kind == source.Scalar {
		g.At = source.AtOf(n)
		return source.Decode(n, &g.Role)
	}
	var parts struct {
		source.At
		GrantParts
	}
	found := source.Decode(n, &parts)
	g.At, g.GrantParts = parts.At, parts.GrantParts
	return found
}

// Matches tells whether a grant's place covers an environment of a workload.
func Matches(place, workload, environment string) bool {
	w, e, _ := strings.Cut(place, "/")
	return (w == "*" || w == workload) && (e == "" || e == "*" || e == environment)
}
