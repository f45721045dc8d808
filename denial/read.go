package denial

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"airfield/arm"
)

// reader reads one text from front to back. What it finds belongs to the denial
// that was named last: tools print an error's details behind its sentence.
type reader struct {
	page    *page
	denials []*Denial
	byName  map[string]*Denial // by code and the resource's name
	now     *Denial            // the one that was named last
	near    arm.ID             // of the request that was named last
	loose   []Evaluated        // that no policy was named for yet
	facts   int                // found so far
	at      int                // offset in the page
	depth   int                // of texts in texts
}

const maxLevels = 24 // of texts in strings of texts

// text reads prose with JSON in it.
func (r *reader) text(s string) {
	if r.depth++; r.depth > maxLevels {
		return
	}
	defer func() { r.depth-- }()
	for done := 0; done < len(s); {
		m := opening.FindStringSubmatchIndex(s[done:])
		if m == nil {
			r.prose(s[done:], done)
			return
		}
		brace, backslashes := done+m[0], m[3]-m[2]
		r.prose(s[done:brace], done)
		if r.depth == 1 {
			r.at = brace
		}
		switch {
		case strings.HasSuffix(s[:brace], "b'"): // bytes, as Python prints them
			p := scrap{s: s, i: brace - 1}
			r.text(p.text())
			done = max(p.i, brace+1)
		case backslashes > 0:
			n := max(escaped(s[brace:], backslashes), 1)
			r.text(unescape(s[brace : brace+n]))
			done = brace + n
		default:
			done = r.json(s, brace)
		}
	}
}

// json reads an object as far as it goes and gives where it ends.
func (r *reader) json(s string, brace int) int {
	p := scrap{s: s, i: brace}
	v, facts := arm.New(p.value()), r.facts
	r.value(v)
	if p.broken && r.facts > facts && r.now != nil {
		r.now.Cut = true
	}
	return p.i
}

func (r *reader) value(v arm.Value) {
	switch v.Kind() {
	case arm.String:
		r.text(v.Str())
	case arm.Array:
		for item := range v.Items() {
			r.value(item)
		}
	case arm.Object:
		r.object(v)
	}
}

// object reads an error, a policy that refused, or what such are in.
func (r *reader) object(v arm.Value) {
	if id := v.Get("resourceId").Str(); strings.HasPrefix(id, "/") {
		r.near = arm.ID(id)
	}
	switch {
	case v.Get("code").Str() != "" && (v.Get("message").Exists() || v.Get("details").Exists()):
		r.error(v)
	case v.Get("operator").Exists() && v.Get("expression").Exists():
		r.loose = append(r.loose, evaluated(v))
		r.facts++
	case isPolicy(v):
		r.policy(policyOf(v))
	case kindOf(arm.ID(v.Get("id").Str())) != "":
		r.named(arm.ID(v.Get("id").Str()), v.Get("name").Str())
	default:
		for _, m := range v.Members() {
			r.value(m)
		}
		if a := v.Get("address").Str(); a != "" && v.Get("detail").Exists() && r.now != nil { // terraform -json
			r.now.Address = cmp.Or(r.now.Address, a)
		}
	}
}

// error reads an error as Azure Resource Manager writes it.
func (r *reader) error(v arm.Value) {
	code, target := v.Get("code").Str(), v.Get("target").Str()
	switch {
	case strings.EqualFold(code, ByPolicy):
		if r.now != nil && r.now.Resource.Name != "" {
			r.now = nil
		}
		r.value(v.Get("message"))
		if r.now == nil || r.now.Resource == (Resource{}) {
			r.denied(lastName(target), ByPolicy)
		}
		if strings.HasPrefix(target, "/") && strings.EqualFold(lastName(target), r.now.Resource.Name) {
			r.now.Resource.ID = arm.ID(target)
		}
	case Other(code) != nil:
		r.other(Other(code).Code, v.Get("message").Str(), target)
	default:
		r.value(v.Get("message"))
	}
	for name, m := range v.Members() {
		if !slices.Contains([]string{"code", "message", "target"}, strings.ToLower(name)) {
			r.value(m)
		}
	}
}

func lastName(target string) string { return target[strings.LastIndexByte(target, '/')+1:] }

// denied names what is refused; without a name it is what was named last.
func (r *reader) denied(name, code string) *Denial {
	r.facts++
	key := code + " " + strings.ToLower(name)
	if d := r.byName[key]; name != "" && d != nil {
		r.now = d
		return d
	}
	if r.now == nil || r.now.Code != code || name != "" && r.now.Resource.Name != "" {
		r.settle()
		r.now = &Denial{Pos: r.page.pos(r.at), Code: code}
		r.denials = append(r.denials, r.now)
	}
	if r.now.Resource.Name = cmp.Or(r.now.Resource.Name, name); strings.EqualFold(r.near.Name(), name) {
		r.now.Resource.ID = r.near
	}
	if r.byName == nil {
		r.byName = map[string]*Denial{}
	}
	r.byName[key] = r.now
	return r.now
}

// other notes an error that is not a policy's.
func (r *reader) other(code, message, target string) {
	message = flat(message)
	for _, d := range r.denials {
		again := message != "" && d.Message != "" && (strings.Contains(d.Message, message) || strings.Contains(message, d.Message))
		if d.Code != ByPolicy && again || d.Code == code && (message == "" || d.Message == "") {
			d.Message = cmp.Or(d.Message, message)
			r.now = d
			return
		}
	}
	r.now = nil
	d := r.denied(lastName(target), code)
	if d.Message = message; strings.HasPrefix(target, "/") {
		d.Resource.ID = arm.ID(target)
	}
}

// policy adds a policy to the denial, or what is new of one that it has.
func (r *reader) policy(p Policy) {
	if p.Effect != "" && !strings.HasPrefix(strings.ToLower(p.Effect), "deny") {
		return // the activity log has what only audits in the same form
	}
	if r.now == nil || r.now.Code != ByPolicy {
		r.denied(r.near.Name(), ByPolicy)
	}
	r.facts++
	p.Conditions, r.loose = append(p.Conditions, r.loose...), nil
	for i := range r.now.Policies {
		if have := &r.now.Policies[i]; have.same(&p) {
			have.add(&p)
			return
		}
	}
	r.now.Policies = append(r.now.Policies, p)
}

func (p *Policy) same(q *Policy) bool {
	return p.Assignment.Same(q.Assignment) && p.Definition.Same(q.Definition) && p.Set.Same(q.Set) &&
		(p.Reference == "" || q.Reference == "" || p.Reference == q.Reference) &&
		(len(p.Conditions) == 0 || len(q.Conditions) == 0 || slices.EqualFunc(p.Conditions, q.Conditions, Evaluated.equal))
}

// add adds what q knows and p does not.
func (p *Policy) add(q *Policy) {
	p.Assignment, p.Definition, p.Set = p.Assignment.with(q.Assignment), p.Definition.with(q.Definition), p.Set.with(q.Set)
	p.Reference, p.Effect, p.Message = cmp.Or(p.Reference, q.Reference), cmp.Or(p.Effect, q.Effect), cmp.Or(p.Message, q.Message)
	p.Scope = arm.ID(cmp.Or(string(p.Scope), string(q.Scope)))
	if !p.Parameters.Exists() {
		p.Parameters = q.Parameters
	}
	if len(p.Conditions) == 0 {
		p.Conditions = q.Conditions
	}
}

// part adds one object to the policy that was named last, or begins another
// where that has one of the kind already.
func (r *reader) part(kind string, o Object, reference string) {
	if r.now == nil || r.now.Code != ByPolicy {
		return
	}
	p := Policy{Reference: reference}
	switch kind {
	case "assignment":
		p.Assignment = o
	case "definition":
		p.Definition = o
	case "set":
		p.Set = o
	}
	if n := len(r.now.Policies); n > 0 && r.now.Policies[n-1].same(&p) {
		r.facts++
		r.now.Policies[n-1].add(&p)
		return
	}
	r.policy(p)
}

// named adds the policy object with an id.
func (r *reader) named(id arm.ID, title string) {
	o := Object{ID: id, Name: id.Name()}
	if !strings.EqualFold(title, o.Name) {
		o.Title = title
	}
	r.part(kindOf(id), o, "")
}

func kindOf(id arm.ID) string {
	switch t := id.Type(); {
	case t.Equal("Microsoft.Authorization/policyAssignments"):
		return "assignment"
	case t.Equal("Microsoft.Authorization/policyDefinitions"):
		return "definition"
	case t.Equal("Microsoft.Authorization/policySetDefinitions"):
		return "set"
	}
	return ""
}

// isPolicy tells whether an object names a policy in one of the forms that
// errors do: {policyAssignment: {name, id}, …} or policyAssignmentId, ….
func isPolicy(v arm.Value) bool {
	return v.Get("policyAssignment", "id").Exists() || v.Get("policyAssignment", "name").Exists() ||
		v.Get("policyAssignmentId").Exists() && (v.Get("policyDefinitionId").Exists() || v.Get("evaluationDetails").Exists()) ||
		v.Get("policyDefinitionId").Exists() && v.Get("evaluationDetails").Exists() ||
		v.Get("evaluationDetails", "evaluatedExpressions").Exists()
}

func policyOf(v arm.Value) Policy {
	p := Policy{
		Assignment: objectOf(v, "policyAssignment"), Definition: objectOf(v, "policyDefinition"), Set: objectOf(v, "policySetDefinition"),
		Scope: arm.ID(v.Get("policyAssignmentScope").Str()), Reference: v.Get("policyDefinitionReferenceId").Str(),
		Effect: v.Get("policyDefinitionEffect").Str(), Parameters: v.Get("policyAssignmentParameters"),
		Message: v.Get("evaluationDetails", "reason").Str(),
	}
	if p.Parameters.Kind() == arm.String { // the activity log has it as a text
		p.Parameters, _ = arm.Parse(p.Parameters.Str())
	}
	for e := range v.Get("evaluationDetails", "evaluatedExpressions").Items() {
		if e.Kind() == arm.Object {
			p.Conditions = append(p.Conditions, evaluated(e))
		}
	}
	return p
}

func objectOf(v arm.Value, kind string) Object {
	o := Object{
		ID:    arm.ID(cmp.Or(v.Get(kind+"Id").Str(), v.Get(kind, "id").Str())),
		Name:  v.Get(kind + "Name").Str(),
		Title: cmp.Or(v.Get(kind+"DisplayName").Str(), v.Get(kind, "name").Str()),
	}
	if o.Name = cmp.Or(o.Name, o.ID.Name()); strings.EqualFold(o.Title, o.Name) {
		o.Title = ""
	}
	return o
}

func evaluated(v arm.Value) Evaluated {
	return Evaluated{Kind: v.Get("expressionKind").Str(), Expression: v.Get("expression").Str(), Path: v.Get("path").Str(),
		Operator: v.Get("operator").Str(), Result: strings.Trim(v.Get("result").Text(), `"`), Value: v.Get("expressionValue"), Target: v.Get("targetValue")}
}

func (e Evaluated) equal(f Evaluated) bool {
	return e.Expression == f.Expression && e.Operator == f.Operator && e.Value.Equal(f.Value) && e.Target.Equal(f.Target)
}

// prose reads what stands between the objects of a text.
func (r *reader) prose(s string, offset int) {
	type hit struct {
		at     int
		phrase *phrase
		groups []string
	}
	var hits []hit
	low := lower(s)
	for i := range phrases {
		p := &phrases[i]
		for at := p.next(low, 0); at >= 0; at = p.next(low, at+1) {
			if groups := p.match(s, at); groups != nil {
				hits = append(hits, hit{at, p, groups})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.at - b.at })
	for _, h := range hits {
		if r.depth == 1 {
			r.at = offset + h.at
		}
		h.phrase.means(r, h.groups[1:])
	}
}

// phrase is something that Azure and the tools write around what they say of a
// denial.
type phrase struct {
	key   string                         // in lower case, where it may be
	says  *regexp.Regexp                 // what it must be, from the key on, or from the beginning of the path or the line that the key is in
	means func(r *reader, said []string) // with the groups of says
}

const (
	farthest = 4096 // characters of one phrase
	longest  = 1024 // characters of a path before its type
)

// next gives the next place where the phrase may begin, as a word; -1 for none.
func (p *phrase) next(low string, from int) int {
	for from < len(low) {
		i := strings.Index(low[from:], p.key)
		if i < 0 {
			break
		}
		at := from + i
		if at == 0 || !isLetter(low[at]) || !isLetter(low[at-1]) {
			return at
		}
		from = at + 1
	}
	return -1
}

// match gives the groups of the phrase at a place, nil where it is not there.
func (p *phrase) match(s string, at int) []string {
	begin := at
	if p.key[0] == '/' {
		begin = max(0, at-longest)
		begin += max(0, strings.LastIndexAny(s[begin:at], "'\" \t\n(,="))
	} else if strings.Contains(p.key, " ") { // a part of a sentence
		begin = max(0, at-longest)
		begin += strings.LastIndexByte(s[begin:at], '\n') + 1
	}
	return p.says.FindStringSubmatch(s[begin:min(len(s), begin+farthest)])
}

// lower gives a text of the same length with small ASCII letters.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

var phrases = slices.Concat(policyPhrases, otherPhrases())

var policyPhrases = []phrase{
	{"\nerror: ", regexp.MustCompile(`^`), func(r *reader, _ []string) { r.settle(); r.now, r.near = nil, "" }},
	{"resourceid", regexp.MustCompile(`(?i)^resourceid["'\s:=]+(/[^"'\s]+)`), func(r *reader, said []string) { r.near = arm.ID(said[0]) }},
	{"https://", regexp.MustCompile(`(?i)^https://[^/\s]+(/subscriptions/[^?\s"']+)`), func(r *reader, said []string) { r.near = arm.ID(said[0]) }},
	{"resource", regexp.MustCompile("(?i)^resource\\s+(?:['\"`‘]([^'\"`’]*)['\"`’]\\s+)?was\\s+disallowed\\s+by\\s+policy\\b(?:\\s+['\"]([^'\"]+)['\"])?"), (*reader).sentence},
	{"resource", regexp.MustCompile("(?i)^resource\\s+['\"`‘]([^'\"`’]*)['\"`’]\\s+was\\s+(disallowed\\s+by\\s+(?:azure|-+):[^\n]*)"), func(r *reader, said []string) {
		r.other("RequestDisallowedByAzure", said[1], said[0])
	}},
	{"resource", regexp.MustCompile(`(?i)^resource\s+action\s+'([^']+)/\w+'\s+is\s+disallowed\s+by\s+one\s+or\s+more\s+policies`), func(r *reader, said []string) {
		r.denied("", ByPolicy).Resource.Type = arm.Type(said[0])
	}},
	{"requestdisallowedbypolicy", regexp.MustCompile(`(?i)^requestdisallowedbypolicy\b`), (*reader).code},
	{"because", regexp.MustCompile(`^because\s+of\s+(?:a\s+)?policy\s+violation`), (*reader).code},
	{"reasons:", regexp.MustCompile(`(?s)^Reasons:\s*(?:'(.+?)'\s*\.\s*(?:See\s+error|$)|'(.+?)'\s*(?:\n|$)|([^'\s].*?)\s*(?:See\s+error|\n|$))`), (*reader).reasons},
	{"target", regexp.MustCompile(`^[Tt]arget["']?\s*[:=]\s*["']?(/?[^'"\s,)]+)`), (*reader).target},
	{"/policy", regexp.MustCompile(`(?i)^(?:["'](/[^"'\n]*?/policy(?:assignments|definitions|setdefinitions)/[^"'\n]+)["']|[\s(,=]*(/\S*?/policy(?:assignments|definitions|setdefinitions)/[^\s"',)\]}]+))`), func(r *reader, said []string) {
		r.named(arm.ID(strings.TrimRight(said[0]+said[1], ".")), "")
	}},
	{"policy", regexp.MustCompile(`(?i)^(policy[ _-]?(?:(?:set|initiative)[ _-]?definition|initiative|assignment|definition))` + label), (*reader).label},
	{"initiative", regexp.MustCompile(`(?i)^(initiative(?:[ _-]?definition)?)` + label), (*reader).label},
	{"policy:", regexp.MustCompile(`^Policy:\s*(?:'(.+?)'\.|["“]([^"”]+)["”])`), func(r *reader, said []string) {
		r.part("assignment", Object{Title: said[0] + said[1]}, "")
	}},
	{"with", regexp.MustCompile(`^with\s+([\w.\[\]"-]+),\s+on\s+(\S+)\s+line\s+(\d+)`), func(r *reader, said []string) {
		if r.now != nil && r.now.Address == "" {
			r.now.Address = said[0] + ", " + said[1] + ":" + said[2]
		}
	}},
}

// label is what follows the name of a kind of policy object: which of its names
// it is, and the name.
const label = `[ _-]?(display[ _-]?name|name|reference[ _-]?id|)["']?\s*[:=]\s*["'“]?([^'"\n,;{}\[\]]+)`

// otherPhrases are the codes of other errors, each with what follows it, and
// the sentences that tell them where no code is printed.
func otherPhrases() []phrase {
	behind, around := regexp.MustCompile(`(?s)^\w+["')]*[\s:.]*(.*)`), regexp.MustCompile(`(?s)^(.*)`)
	var all []phrase
	for _, k := range kinds {
		all = append(all, phrase{lower(k.Code), behind, func(r *reader, said []string) { r.other(k.Code, paragraph(said[0]), "") }})
		for _, key := range k.says {
			all = append(all, phrase{key, around, func(r *reader, said []string) { r.other(k.Code, paragraph(said[0]), "") }})
		}
	}
	return all
}

// paragraph gives the sentences that a text begins with, up to a blank line or
// one that begins with a label.
func paragraph(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if next.MatchString(line) {
			lines = lines[:i]
			break
		}
	}
	if s = flat(strings.Join(lines, "\n")); !strings.Contains(s, " ") {
		return ""
	}
	return s
}

// flat gives a text in one line.
func flat(s string) string { return strings.TrimSpace(wrapped.ReplaceAllString(s, " ")) }

var next = regexp.MustCompile(`^\s*(?:$|[A-Z]\w*(?: \w+)?:|with |at )`)

// code reads that a policy refused something, without what.
func (r *reader) code([]string) {
	if r.now == nil || r.now.Code != ByPolicy {
		r.now = nil
		r.denied("", ByPolicy)
	}
}

// sentence reads "Resource 'x' was disallowed by policy".
func (r *reader) sentence(said []string) {
	if said[0] == "" {
		r.code(said)
	} else {
		r.denied(flat(said[0]), ByPolicy)
	}
	if said[1] != "" {
		r.part("assignment", Object{Title: flat(said[1])}, "")
	}
}

func (r *reader) reasons(said []string) {
	if r.now == nil || r.now.Code != ByPolicy {
		return
	}
	for _, reason := range strings.Split(flat(said[0]+said[1]+said[2]), "','") {
		if !slices.Contains(r.now.Reasons, reason) {
			r.now.Reasons = append(r.now.Reasons, reason)
		}
	}
}

func (r *reader) target(said []string) {
	if r.now == nil || r.now.Code != ByPolicy {
		return
	}
	name := lastName(said[0])
	if r.now.Resource.Name = cmp.Or(r.now.Resource.Name, name); said[0][0] == '/' && strings.EqualFold(r.now.Resource.Name, name) {
		r.now.Resource.ID = arm.ID(strings.TrimRight(said[0], "."))
	}
}

// label reads "Policy Assignment Name : x", however it is spelled.
func (r *reader) label(said []string) {
	what, of, value := strings.ToLower(said[0]), strings.ToLower(said[1]), strings.Trim(another.ReplaceAllString(said[2], ""), ". ")
	if value == "" || value == "null" || value[0] == '/' {
		return
	}
	kind := "definition"
	switch {
	case strings.Contains(what, "assignment"):
		kind = "assignment"
	case strings.Contains(what, "set"), strings.Contains(what, "initiative"):
		kind = "set"
	}
	if strings.HasPrefix(of, "reference") {
		r.part("", Object{}, value)
	} else { // tools write either name, under either label
		r.part(kind, Object{Title: value}, "")
	}
}

// another is a label that follows on the same line.
var another = regexp.MustCompile(`(?i)\s+policy\w+\s*[:=].*`)

// settle gives conditions that no policy was named for to the only policy.
func (r *reader) settle() {
	if len(r.loose) > 0 && r.now != nil && r.now.Code == ByPolicy {
		if len(r.now.Policies) != 1 || len(r.now.Policies[0].Conditions) > 0 {
			r.now.Policies = append(r.now.Policies, Policy{})
		}
		p := &r.now.Policies[len(r.now.Policies)-1]
		p.Conditions = r.loose
	}
	r.loose = nil
}

// end gives what was found, without a code that stood alone beside what it is
// the code of.
func (r *reader) end() []Denial {
	r.settle()
	var all []Denial
	for _, d := range r.denials {
		if d.Code == ByPolicy {
			d.finish(r.near)
		}
		bare := d.Resource == (Resource{}) && len(d.Policies)+len(d.Reasons) == 0 && d.Message == ""
		if !bare || !slices.ContainsFunc(r.denials, func(o *Denial) bool { return o != d && o.Code == d.Code }) {
			all = append(all, *d)
		}
	}
	return all
}

// finish fills in what follows from the rest.
func (d *Denial) finish(near arm.ID) {
	if d.Resource.Name == "" && d.Resource.ID == "" {
		d.Resource.ID = near
	}
	res := &d.Resource
	res.Name = cmp.Or(res.Name, res.ID.Name())
	if res.ID != "" {
		res.Type = res.ID.Type()
	}
	for i := range d.Policies {
		p := &d.Policies[i]
		for _, e := range p.Conditions {
			if strings.EqualFold(e.Expression, "type") && res.Type == "" {
				res.Type = arm.Type(e.Value.Str())
			}
		}
		if p.Scope == "" && p.Assignment.ID != "" {
			p.Scope = p.Assignment.ID.Scope()
		}
		if p.Message == "" && len(d.Reasons) == 1 && len(d.Policies) == 1 {
			p.Message = d.Reasons[0]
		}
	}
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
