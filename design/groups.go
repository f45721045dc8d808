package design

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/estate"
)

// group is a management group that subscriptions are put in, or that further
// groups lie below. The zero group is one whose name is not known.
type group struct {
	id    arm.ID
	ours  bool
	depth int    // levels below the tenant root, 0 where not known
	below arm.ID // of ours, the nearest group around it that is theirs
	in    string // of ours, the name of the one of ours around it, "" for none
}

// known tells whether it is known which group it is.
func (g group) known() bool { return g.id != "" }

// hierarchy finds the groups that landing zones lie in: theirs by the roles the
// estate names, or ours for an organization without a platform.
func (d *designer) hierarchy() {
	d.landing, d.groups = map[estate.Connects]group{}, map[string]group{}
	e := d.e
	if e.Platform.Standalone {
		pos := e.Of("platform")
		prefix := e.Organization.Prefix
		d.root = d.ownGroup(prefix, e.Organization.Name, group{}, pos)
		used := map[estate.Connects]bool{}
		for _, p := range e.Places() {
			used[p.Connects] = true
		}
		if used[estate.Corp] || used[estate.Online] {
			zones := d.ownGroup(prefix+"-landingzones", "Landing zones", d.root, pos)
			for _, c := range []estate.Connects{estate.Corp, estate.Online} {
				if used[c] {
					d.landing[c] = d.ownGroup(prefix+"-"+string(c), title(string(c)), zones, pos)
				}
			}
		}
		if used[estate.Sandbox] {
			d.landing[estate.Sandbox] = d.ownGroup(prefix+"-sandbox", "Sandbox", d.root, pos)
		}
		d.decide(Decision{About: "estate", Question: "Is there a platform to land on?", Answer: "no: groups, way out, DNS and logs are the estate's own",
			Because: "the estate says standalone, or names no platform", Rules: []string{"ORG-08", "SUB-18"}, Pos: pos,
			Alternatives: []Alternative{{"a hub of our own", "a hub is a platform's; an estate of workloads needs none to begin with"}},
			Changes:      "platform.groups, once there is one"})
		return
	}
	g := e.Platform.Groups
	root := d.theirGroup(g.Root, g.Of("root"), group{})
	d.theirGroup(g.Platform, g.Of("platform"), root)
	zones := d.theirGroup(g.LandingZones, g.Of("landing_zones"), root)
	d.landing[estate.Corp] = d.theirGroup(g.Corp, g.Of("corp"), zones)
	d.landing[estate.Online] = d.theirGroup(g.Online, g.Of("online"), zones)
	d.landing[estate.Sandbox] = d.theirGroup(g.Sandbox, g.Of("sandbox"), root)
	d.theirGroup(g.Decommissioned, g.Of("decommissioned"), root)
	d.decide(Decision{About: "estate", Question: "Is there a platform to land on?", Answer: "yes: its groups, hub and policies are referred to and never written",
		Because: "the estate names it", Rules: []string{"ORG-01", "ORG-05"}, Pos: e.Of("platform"), Changes: "platform: standalone"})
}

// theirGroup refers to a group of theirs by its name, below the nearest group
// that is known.
func (d *designer) theirGroup(name string, pos diag.Pos, parent group) group {
	if name == "" {
		return group{}
	}
	properties := arm.O{"displayName", name}
	if parent.known() {
		properties = append(properties, "details", arm.O{"parent", arm.O{"id", parent.id}})
	}
	return group{id: d.theirs(arm.ManagementGroup(name), pos, properties), depth: parent.depth + 1}
}

// ownGroup makes a group of ours, below the tenant root where the parent is not
// known, and gives it again when it is asked for again.
func (d *designer) ownGroup(name, display string, parent group, pos diag.Pos) group {
	name = d.names.fit(arm.ManagementGroupType, name, "", pos)
	if g, ok := d.groups[name]; ok {
		return g
	}
	properties := arm.O{"displayName", display}
	if parent.known() {
		properties = append(properties, "details", arm.O{"parent", arm.O{"id", arm.IDOf(parent.id)}})
	}
	above, in := parent.id, ""
	if parent.ours {
		above, in = parent.below, parent.id.Name()
	}
	g := group{below: above, in: in, id: d.add(arm.ManagementGroup(name), pos, arm.O{"properties", properties}), ours: true, depth: parent.depth + 1}
	if limit, ok := catalog.LimitOf("mg-depth"); ok && int64(g.depth) > limit.Max {
		d.found.Errorf(d.e.Structure.Of("groups"), "design/depth", "management group %q would be at level %d below the tenant root, at most %d are possible: take an axis away", name, g.depth, limit.Max)
	}
	d.groups[name] = g
	return g
}

// above gives the group of ours around one of ours.
func (d *designer) above(g group) (group, bool) {
	above, ok := d.groups[g.in]
	return above, ok
}

// groupOf gives the group a subscription belongs in: its landing zone's, or the
// one that the axes lead to below it.
func (d *designer) groupOf(c cell) group {
	g := d.landing[c.place.Connects]
	if !g.known() {
		if d.once("role " + string(c.place.Connects)) {
			d.found.Infof(d.e.Of("platform"), "design/role-unknown", "management group for %q assumed, not known: name it as platform.groups.%s; nothing is placed in it", c.place.Connects, c.place.Connects)
			d.leave("platform", "the management group for "+string(c.place.Connects)+" workloads", "platform.groups."+string(c.place.Connects)+" is not named, so subscriptions are placed nowhere", d.e.Of("platform"))
		}
		return g
	}
	name := d.e.Organization.Prefix + "-" + string(c.place.Connects)
	for _, axis := range d.axes() {
		value, display := c.axis(axis)
		if value == "" {
			continue
		}
		name += "-" + value
		g = d.ownGroup(name, display, g, d.e.Structure.Of("groups"))
	}
	return g
}

// axes gives the axes of the management groups.
func (d *designer) axes() []estate.GroupAxis {
	return slices.DeleteFunc(slices.Clone(d.e.Structure.Groups), func(a estate.GroupAxis) bool { return a == estate.GroupsNone })
}

// title gives a word with a capital letter.
func title(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// slug gives a text as a part of a name: lower-case letters, digits, hyphens.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			gap = false
		} else {
			gap = true
		}
	}
	return b.String()
}
