package emit

// deploy.sh: every deployment of a form, in the order of the stages. The ids of
// new subscriptions go from the stage that makes them to those that need them
// through the file subscriptions.json.

import (
	"slices"
	"strings"

	"airfield/arm"
)

// step is what deploy.sh must know of a deployment.
type step struct {
	stage      int
	stageName  string
	folder     string
	name       string      // of Azure's record of the deployment
	sub        string      // the subscription deployed to: its alias behind "@", or its id
	vends      string      // the alias that is made here
	subs       []string    // aliases of other subscriptions that are needed; all aliases in lower case
	parameters []Parameter // to be given by the deployer
}

func (p *plan) step() step {
	s := step{stage: p.stage, stageName: p.Stage, folder: p.folder(), subs: p.subs, name: p.recordName()}
	if p.Scope != arm.Tenant {
		s.sub = strings.ToLower(p.Scope.Name())
	}
	for _, r := range p.Resources {
		if r.Type().Equal(aliasType) {
			s.vends = strings.ToLower(r.ID.Name())
		}
	}
	for _, name := range p.params {
		if known := p.o.parameter(name); known.Value == "" {
			known.Name = name
			s.parameters = append(s.parameters, known)
		}
	}
	return s
}

func writeScript(f Form, o *Options, steps []step, sink Sink) error {
	_, err := output(sink, f.String()+"/deploy.sh", func(out *printer) {
		s := script{out, f}
		s.begin(o, steps)
		stopped := len(o.Wait) == 0
		for i := range steps {
			if i == 0 || steps[i].stage != steps[i-1].stage {
				if !stopped && steps[i].stage >= compute {
					s.stop(o, steps[i:])
					stopped = true
				}
				out.text("\n")
			}
			s.step(&steps[i])
			out.spill()
		}
		s.end(steps)
	})
	return err
}

type script struct {
	*printer
	form Form
}

// begin writes all that stands before the first stage.
func (s *script) begin(o *Options, steps []step) {
	s.text("#!/bin/sh\n")
	s.comment("#", o.madeFrom())
	s.text("set -eu\ncd \"$(dirname \"$0\")\"\n")
	s.usage(steps)
	s.arguments(steps)
	s.text(scriptFunctions)
	switch s.form {
	case Terraform:
		s.text(terraformFunctions)
	case Bicep:
		s.azFunctions("--parameters main.bicepparam", o.Location)
	case ARM:
		s.azFunctions("--template-file azuredeploy.json --parameters @azuredeploy.parameters.json", o.Location)
	}
	s.wanted(steps)
	s.text("test -f subscriptions.json || printf '{\\n}\\n' >subscriptions.json\n")
	if hasBudgets(steps) {
		s.text("failed=\n")
	}
}

// usage writes the help. No line of the user's ends it: theirs are indented.
func (s *script) usage(steps []step) {
	needs := "az, logged in with the right to deploy at the tenant"
	if s.form == Terraform {
		needs = "terraform, and what the provider azapi takes as a login"
	}
	s.text(`
usage() {
  cat <<'END'
usage: ./deploy.sh [--plan] [STAGE | STAGE/FOLDER]...

Deploys all stages in order, or those named, or single folders of them. A stage
can be deployed again. With --plan it says what would change, and changes nothing.
Needs `, needs, `.
subscriptions.json keeps the ids of new subscriptions by alias.

Exits with 0 where all is deployed, 1 where something failed, 2 where it was
asked wrongly or a variable is not set, 3 where others must do something first.
`)
	if len(steps) > 0 {
		s.text("\nStages:\n")
	}
	for _, name := range stages(steps) {
		s.text("  ", name, "\n")
	}
	seen := map[string]bool{}
	for i := range steps {
		for _, param := range steps[i].parameters {
			if seen[param.Name] {
				continue
			}
			if len(seen) == 0 {
				s.text("\nTo be set in the environment:\n")
			}
			seen[param.Name] = true
			s.text("  ", s.form.Variable(param.Name), "  ", inLine(param.Description), "\n")
		}
	}
	s.text("END\n}\n")
}

// arguments refuses stages that there are not.
func (s *script) arguments(steps []step) {
	s.text(`
plan=false
if test "${1:-}" = --plan; then
  plan=true
  shift
fi
for stage; do
  case $stage in
  -h | --help)
    usage
    exit
    ;;
`)
	if len(steps) > 0 {
		s.text("  ", strings.Join(stages(steps), " | "), ") continue ;;\n")
	}
	s.text(`  */*/* | */) ;;
  */*) test ! -d "$stage" || continue ;;
  esac
  printf 'deploy.sh: no stage "%s"\n' "$stage" >&2
  usage >&2
  exit 2
done
`)
}

// stages gives the names of the stages, in order.
func stages(steps []step) []string {
	var all []string
	for i := range steps {
		if i == 0 || steps[i].stage != steps[i-1].stage {
			all = append(all, steps[i].stageName)
		}
	}
	return all
}

// wanted checks what the deployer must set, before anything is deployed.
func (s *script) wanted(steps []step) {
	var params []Parameter
	at := map[string][]string{} // the stages that need each
	for i := range steps {
		for _, param := range steps[i].parameters {
			if at[param.Name] == nil {
				params = append(params, param)
			}
			if !slices.Contains(at[param.Name], steps[i].stageName) {
				at[param.Name] = append(at[param.Name], steps[i].stageName)
			}
		}
	}
	s.text("\n")
	if len(params) == 0 {
		return
	}
	s.text("missing=false\n")
	for _, param := range params {
		name := s.form.Variable(param.Name)
		s.text("need ", name, " \"${", name, ":-}\" ", quoteShell(param.Description), " ", strings.Join(at[param.Name], " "), "\n")
	}
	s.text("if $missing; then exit 2; fi\n")
}

// scriptFunctions are what the steps of every form call.
const scriptFunctions = `
# wanted STAGE | STAGE/FOLDER: is it, or some of it, to be deployed?
stages=" $* "
wanted() {
  case $stages in
  "  " | *" $1 "* | *" $1/"* | *" ${1%%/*} "*) return 0 ;;
  esac
  return 1
}

# need VARIABLE VALUE DESCRIPTION STAGE...: says what a wanted stage misses.
need() {
  variable=$1 value=$2 description=$3
  shift 3
  for stage; do
    if test -z "$value" && wanted "$stage"; then
      missing=true
      printf 'deploy.sh: set %s in the environment: %s\n' "$variable" "$description" >&2
      return
    fi
  done
}

# id_of ALIAS: prints the id of the subscription made under the alias.
id_of() {
  sed -n "s/^ *\"$1\": \"\([^\"]*\)\",*$/\1/p" subscriptions.json | grep . && return
  echo "deploy.sh: subscriptions.json has no \"$1\": deploy 2-vend first" >&2
  return 1
}

# keep ALIAS ID: adds the id to subscriptions.json.
keep() {
  echo "$2" | grep -q '^[0-9A-Fa-f-]\{36\}$' || { echo "deploy.sh: no subscription id for \"$1\"" >&2; return 1; }
  {
    sed -n 's/^ *\("[^"]*": "[^"]*"\),*$/\1/p' subscriptions.json | grep -vF "\"$1\": " || true
    printf '"%s": "%s"\n' "$1" "$2"
  } | sort | sed -e '$!s/$/,/' -e 's/^/  /' >subscriptions.tmp
  { echo '{'; cat subscriptions.tmp; echo '}'; } >subscriptions.json
  rm subscriptions.tmp
}

# shown COMMAND [ARGUMENT]...: runs the command; its output is shown and kept.
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
trap 'exit 130' INT TERM
shown() {
  rm -f "$kept/done"
  { "$@" 2>&1 && touch "$kept/done"; } | tee -i "$kept/output" # -i: terraform writes its state after an interrupt
  test -e "$kept/done"
}

# spreading: does the output say that Azure does not know everywhere yet what
# was made a moment ago? terraform breaks its lines and draws a bar beside them.
spreading() {
  sed 's/│//g' "$kept/output" | tr -s '\n ' '  ' |
    grep -Eq "out of scope|AuthorizationFailed|(does not|doesn't) exist in cloud|(Principal|Subscription|ManagementGroup)NotFound"
}

# retry COMMAND [ARGUMENT]...: runs the command, up to six times while what was
# made is spreading.
retry() {
  attempt=1
  until shown "$@"; do
    if $plan || test $attempt -eq 6 || ! spreading; then return 1; fi
    seconds=$((${AIRFIELD_WAIT:-10} * attempt))
    echo "deploy.sh: Azure does not know everywhere yet what was made: again in $seconds s" >&2
    sleep $seconds
    refresh || true
    attempt=$((attempt + 1))
  done
}
`

const terraformFunctions = `
# refresh forgets what was known of Azure: terraform keeps nothing.
refresh() { :; }

# deploy FOLDER
deploy() {
  terraform -chdir="$1" init -input=false || return
  if $plan; then
    terraform -chdir="$1" plan -input=false -lock=false
  else
    retry terraform -chdir="$1" apply -input=false -auto-approve
  fi
}
`

// azFunctions are for Bicep and ARM templates. None relies on set -e, which the
// shell leaves off where a failure is asked for.
func (s *script) azFunctions(files, location string) {
	s.text("\nfiles='", files, "'\n", `verb=create how='--output none'
if $plan; then
  verb=what-if how='--validation-level ProviderNoRbac' # asks for no right to write
fi

# refresh lists the subscriptions again: az refuses those that it has not listed.
refresh() {
  az account list --refresh --only-show-errors --output none
}

# tenant FOLDER NAME [ARGUMENT]...
tenant() (
  cd "$1" || exit
  name=$2
  shift 2
  retry az deployment tenant $verb --name "$name" --location `, quoteShell(location), ` $files "$@" $how
)

# subscription ID FOLDER NAME [ARGUMENT]...
subscription() (
  cd "$2" || exit
  id=$1 name=$3
  shift 3
  retry az deployment sub $verb --subscription "$id" --name "$name" --location `, quoteShell(location), ` $files "$@" $how
)
`)
}

// Variable names the variable of the environment that holds a parameter.
func (f Form) Variable(name string) string {
	if f == Terraform {
		return "TF_VAR_" + snake(name)
	}
	return variable(parameterName(name))
}

func (s *script) step(d *step) {
	s.text("if wanted ", quoteShell(d.folder), "; then\n  echo ", quoteShell(d.folder), "\n")
	for _, sub := range d.subs {
		s.export(s.form.Variable(subscriptionParameter(sub)), sub)
	}
	if s.form == Terraform {
		if alias, vended := strings.CutPrefix(d.sub, "@"); vended {
			s.export("TF_VAR_subscription_id", alias)
		}
		s.text("  deploy ", quoteShell(d.folder))
	} else {
		s.create(d)
	}
	if d.stage == budgets {
		s.text(" || failed=\"$failed \"", quoteShell(d.folder))
	}
	s.text("\n")
	if d.vends != "" {
		s.keep(d)
	}
	s.text("fi\n")
}

// keep keeps the id of the subscription that a step has made.
func (s *script) keep(d *step) {
	s.text("  if ! $plan; then\n")
	if s.form == Terraform {
		s.text("    new=$(terraform -chdir=", quoteShell(d.folder), " output -raw subscription_id)\n")
	} else {
		s.text("    new=$(az deployment tenant show --name ", quoteShell(d.name), " --query properties.outputs.subscriptionId.value --output tsv)\n")
		s.text("    refresh\n")
	}
	s.text("    keep ", quoteShell(d.vends), " \"$new\"\n  fi\n")
}

// export reads the id of a new subscription in a line of its own: the shell
// stops where there is none only if nothing else stands in the line.
func (s *script) export(variable, alias string) {
	s.text("  ", variable, "=$(id_of ", quoteShell(alias), ")\n  export ", variable, "\n")
}

func (s *script) create(d *step) {
	switch alias, vended := strings.CutPrefix(d.sub, "@"); {
	case d.sub == "":
		s.text("  tenant ")
	case vended:
		s.text("  own=$(id_of ", quoteShell(alias), ")\n  subscription \"$own\" ")
	default:
		s.text("  subscription ", quoteShell(d.sub), " ")
	}
	s.text(quoteShell(d.folder), " ", quoteShell(d.name))
	if s.form == ARM {
		for _, param := range d.parameters {
			s.text(" --parameters ", parameterName(param.Name), "=\"$", s.form.Variable(param.Name), "\"")
		}
		for _, sub := range d.subs {
			name := subscriptionParameter(sub)
			s.text(" --parameters ", camel(name), "=\"$", s.form.Variable(name), "\"")
		}
	}
}

// stop ends a deployment of all stages before those that wait for others. Who
// names one of them has seen to it.
func (s *script) stop(o *Options, rest []step) {
	s.text("\nif test \"$stages\" = \"  \" && ! $plan; then\n  echo ", quoteShell("deploy.sh: stopped before "+rest[0].stageName+", which needs what others do:"), " >&2\n")
	s.text("  printf '  %s\\n'")
	for _, line := range o.Wait {
		s.text(" \\\n    ", quoteShell(line))
	}
	s.text(" >&2\n  echo 'then: ./deploy.sh ", strings.Join(stages(rest), " "), "' >&2\n  exit 3\nfi\n")
}

// end says which budgets failed: they stop nothing, as nothing needs them.
func (s *script) end(steps []step) {
	if !hasBudgets(steps) {
		return
	}
	s.text(`
if test -n "$failed"; then
  echo "deploy.sh: budgets that failed:$failed" >&2
  echo "a new subscription takes up to 48 hours; run ./deploy.sh `, stageName(budgets), ` again" >&2
  exit 1
fi
`)
}

func hasBudgets(steps []step) bool {
	return slices.ContainsFunc(steps, func(d step) bool { return d.stage == budgets })
}

// quoteShell quotes where it must. No name in Azure has a line break.
func quoteShell(s string) string {
	s = inLine(s)
	for i := range len(s) {
		if !isWord(s[i]) && strings.IndexByte("-./:@", s[i]) < 0 {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	if s == "" {
		return "''"
	}
	return s
}
