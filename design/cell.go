package design

import (
	"slices"
	"strings"

	"airfield/catalog"
	"airfield/estate"
)

// A cell says what something is for: whose it is, in which environment, what
// it does, which stage of the pipeline it serves, where it is, and how long it
// lives. Management groups, subscriptions and resource groups are projections
// of cells: each axis that the estate chose picks one coordinate, and what has
// the same coordinates lies together.
type cell struct {
	place  *estate.Place
	key    string       // the workload's identity: its key, or the one it had before
	role   role         // for the axes project type and deployment type
	stage  estate.Stage // blank for what serves all stages
	region string
	life   life
}

// role is what something does.
type role string

const (
	training  role = "training"
	inference role = "inference"
	shared    role = "shared" // serves both
)

// life is what lives and dies together.
type life string

const (
	lifeNetwork    life = "network"
	lifeData       life = "data"
	lifeCompute    life = "compute"
	lifeOperations life = "ops"
)

// axis gives the coordinate that an axis of management groups picks, as a part
// of a name and as people read it; blank where the cell has none.
func (c cell) axis(a estate.GroupAxis) (value, display string) {
	switch a {
	case estate.GroupsOrganization:
		return slug(c.place.Of.Division), c.place.Of.Division
	case estate.GroupsProjectType:
		r := c.role
		if r == shared {
			r = c.mainRole()
		}
		return string(r), "AI " + title(string(r))
	case estate.GroupsEnvironment:
		return c.place.Environment, title(c.place.Environment)
	case estate.GroupsPipeline:
		s := c.stage
		if s == "" {
			s = c.mainStage()
		}
		return string(s), stageTitle[s]
	case estate.GroupsGeography:
		if r, ok := catalog.RegionByName(c.region); ok {
			return slug(r.Geography), r.Geography
		}
	}
	return "", ""
}

var stageTitle = map[estate.Stage]string{
	estate.Ingest: "Data Ingestion", estate.Prepare: "Preprocessing", estate.Train: "Model Training", estate.Deploy: "Deployment",
}

// mainRole gives the role that what is shared goes with: training where the
// workload trains.
func (c cell) mainRole() role {
	if len(c.place.Jobs) == 0 && len(c.place.Services) > 0 {
		return inference
	}
	return training
}

// mainStage gives the stage that what serves all stages goes with: the last
// one that the workload has.
func (c cell) mainStage() estate.Stage {
	switch {
	case len(c.place.Services) > 0:
		return estate.Deploy
	case len(c.place.Jobs) > 0:
		return jobStage(c.place.Jobs[len(c.place.Jobs)-1].Value)
	}
	return estate.Ingest
}

// purpose gives the part of a resource group's name that the axes of resource
// groups pick.
func (c cell) purpose(axes []estate.ResourceGroupAxis) string {
	var parts []string
	for _, a := range axes {
		value := "shared"
		switch a {
		case estate.ByLifecycle:
			value = string(c.life)
		case estate.ByDeploymentType:
			value = string(c.role)
		case estate.ByWorkflowStage:
			if c.stage != "" {
				value = map[estate.Stage]string{estate.Ingest: "collection", estate.Prepare: "preprocessing", estate.Train: "training", estate.Deploy: "deployment"}[c.stage]
			}
		case estate.ByPipelineStage:
			if c.stage != "" {
				value = map[estate.Stage]string{estate.Ingest: "ingestion", estate.Prepare: "preprocessing", estate.Train: "training", estate.Deploy: "serving"}[c.stage]
			}
		}
		if !slices.Contains(parts, value) {
			parts = append(parts, value)
		}
	}
	return strings.Join(parts, "-")
}

// key gives a workload's identity.
func key(p *estate.Place) string {
	if p.Of.Formerly != "" {
		return p.Of.Formerly
	}
	return p.Workload
}

// jobStage gives the stage that a job serves.
func jobStage(j estate.Job) estate.Stage {
	switch {
	case j.Stage != "":
		return j.Stage
	case j.Kind == estate.Preparation:
		return estate.Prepare
	}
	return estate.Train
}

// dataStage gives the stage that makes some data.
func dataStage(s estate.Data) estate.Stage {
	if s.Stage != "" {
		return s.Stage
	}
	switch s.Kind {
	case estate.Features:
		return estate.Prepare
	case estate.Checkpoints:
		return estate.Train
	case estate.Models, estate.Results:
		return estate.Deploy
	}
	return estate.Ingest
}

// dataRole gives the role that some data goes with: inference where only
// services of its own workload read it.
func dataRole(p *estate.Place, name string) role {
	for _, j := range p.Jobs {
		if slices.Contains(j.Value.Reads, name) || slices.Contains(j.Value.Writes, name) || j.Value.Hot.From == name {
			return training
		}
	}
	for _, s := range p.Services {
		if slices.Contains(s.Value.Reads, name) || s.Value.Model.Weights == name {
			return inference
		}
	}
	if len(p.Jobs) == 0 && len(p.Services) > 0 {
		return inference
	}
	return training
}
