// Package pipeline writes what deploys a design without a person's rights:
// workflows of GitHub or pipelines of Azure DevOps, the identities that they
// sign in with, the least roles of each, and steps that no template can do.
//
// A design.Design goes in, files come out through a Sink. Identities and roles
// are resources like any other (Bootstrap), written by package emit for someone
// with the right to give access, who deploys them once. The package makes
// nothing, asks nobody, and holds no secrets: identities are federated. What
// lies above subscriptions is deployed by hand.
package pipeline

import (
	"cmp"
	"io"
	"path"
	"slices"
	"strings"

	"airfield/access"
	"airfield/arm"
	"airfield/design"
	"airfield/diag"
	"airfield/emit"
	"airfield/estate"
	"airfield/expr"
)

// Pipelines is what deploys a design.
type Pipelines struct {
	Form       emit.Form
	Identities []Identity // by subscription
	ByHand     []string   // folders of what lies above subscriptions
	Open       []access.Need

	d       *design.Design
	subs    map[arm.ID]design.Subscription
	named   map[string]int // identities
	deploys estate.Deploys
	waits   []string // for what others do before stage 6-compute

	parameters []design.Parameter // that stacks of subscriptions take
}

// Identity is what some stacks are deployed as. Its name is also that of the
// environment, or the service connection, that alone may sign in as it.
type Identity struct {
	Name   string
	ID     arm.ID
	Sub    design.Subscription
	Stacks []Stack
	Plans  bool // it plans, and changes nothing
	Roles  []Role
}

// Stack is one stage of one subscription.
type Stack struct {
	Stage  string
	Folder string
	Needs  []access.Need
}

// New gives the pipelines that an estate asks for, nil for none.
func New(d *design.Design) *Pipelines {
	p := &Pipelines{d: d, deploys: d.Estate.Access.Deploys, subs: map[arm.ID]design.Subscription{}, named: map[string]int{}}
	if p.deploys.With == "" {
		return nil
	}
	for _, s := range d.Subscriptions {
		p.subs[s.ID.Fold()] = s
	}
	p.Form = emit.Form(slices.IndexFunc(emit.Forms, func(f emit.Form) bool { return f.String() == string(p.deploys.Form) }))
	for _, o := range d.Open {
		if line := o.What + " for " + o.About; o.Before != "" {
			p.waits = append(p.waits, line)
		}
	}
	var found diag.List // which emit.Write gives too
	taken := map[string]bool{}
	for x := range emit.Split(d.Tenant, &found) {
		folder := path.Join(x.Stage, x.Name)
		if sub, ours := p.subs[x.Scope.Fold()]; ours {
			p.add(sub, Stack{x.Stage, folder, needs(x, p.Form)})
			for _, r := range x.Resources {
				for ref := range expr.Refs(r.Body) {
					taken[ref.Parameter] = true
				}
			}
		} else {
			p.ByHand = append(p.ByHand, folder)
		}
	}
	slices.Sort(p.ByHand)
	p.parameters = slices.DeleteFunc(slices.Clone(d.Parameters), func(x design.Parameter) bool { return !taken[x.Name] })
	for i := range p.Identities {
		p.roles(&p.Identities[i])
	}
	return p
}

// add gives a stack to the identity that deploys it and to the one that plans it.
func (p *Pipelines) add(sub design.Subscription, s Stack) {
	name := sub.Name + "-" + s.Stage
	if p.deploys.IdentityPer == "environment" {
		name = sub.Name + "-deploy"
	}
	for _, one := range []Identity{{Name: name}, {Name: sub.Name + "-plan", Plans: true}} {
		at, there := p.named[one.Name]
		if !there {
			at = len(p.Identities)
			p.named[one.Name] = at
			one.Sub, one.ID = sub, groupOf(sub).Resource("Microsoft.ManagedIdentity/userAssignedIdentities", "id-"+one.Name)
			p.Identities = append(p.Identities, one)
		}
		p.Identities[at].Stacks = append(p.Identities[at].Stacks, s)
	}
}

// groupOf gives the resource group of a subscription's identities.
func groupOf(sub design.Subscription) arm.ID {
	return sub.ID.ResourceGroup("rg-" + sub.Name + "-deploy")
}

// stages gives the stages in order, and the stacks of each with their identities.
func (p *Pipelines) stages() (names []string, jobs map[string][]job) {
	jobs = map[string][]job{}
	for i := range p.Identities {
		for _, s := range p.Identities[i].Stacks {
			if !p.Identities[i].Plans {
				jobs[s.Stage] = append(jobs[s.Stage], job{s.Folder, &p.Identities[i]})
			}
		}
	}
	for name := range jobs {
		names = append(names, name)
		slices.SortFunc(jobs[name], func(a, b job) int { return strings.Compare(a.folder, b.folder) })
	}
	slices.Sort(names)
	return names, jobs
}

// job deploys a folder.
type job struct {
	folder string
	as     *Identity
}

// reviewed tells whether people approve what an identity does.
func (i *Identity) reviewed() bool { return i.Sub.Production && !i.Plans }

// Write writes the pipelines, and the bootstrap in the form that they deploy.
func (p *Pipelines) Write(o emit.Options, sink emit.Sink) (diag.List, error) {
	t, found := p.Bootstrap()
	if found.HasErrors() {
		return found, nil
	}
	found = append(found, p.check()...)
	o.Parameters, o.Wait, o.Prefix = nil, nil, o.Prefix+"-bootstrap"
	more, err := emit.Write(t, o, func(name string) (io.WriteCloser, error) { return sink("bootstrap/" + name) }, p.Form)
	if err != nil {
		return nil, err
	}
	files := append([]file{{"pipelines/README.md", p.readme()}}, p.identities()...)
	if p.deploys.With == "github" {
		files = append(files, p.github()...)
	} else {
		files = append(files, p.devops()...)
	}
	if p.Form == emit.Terraform {
		files = append(files, p.backends()...)
	}
	return append(found, more...), write(sink, files)
}

// maxRoles is how many custom roles a tenant has.
// learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits
const maxRoles = 5000

// check gives what is questionable about the pipelines.
func (p *Pipelines) check() (found diag.List) {
	roles, unseen := 0, false
	for _, i := range p.Identities {
		unseen = unseen || i.reviewed() && p.deploys.Approvers == ""
		for _, r := range i.Roles {
			if !r.BuiltIn {
				roles++
			}
		}
	}
	if unseen {
		found.Warnf(p.deploys.Pos(), "pipeline/approvers", "nobody approves what is deployed to production: write access.deploys.approvers")
	}
	if roles > maxRoles {
		found.Warnf(p.deploys.Pos(), "pipeline/roles", "the identities have %d custom roles, a tenant takes %d: identity_per: environment takes fewer", roles, maxRoles)
	}
	return found
}

// file is a file that is written as it stands.
type file struct{ name, text string }

func write(sink emit.Sink, files []file) error {
	for _, f := range files {
		w, err := sink(f.name)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, f.text)
		if err = cmp.Or(err, w.Close()); err != nil {
			return err
		}
	}
	return nil
}
