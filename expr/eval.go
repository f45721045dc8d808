package expr

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"airfield/arm"
	"airfield/diag"
)

// The limits on one evaluation, so that a hostile expression ends in an error.
const (
	maxCalls  = 1_000_000 // function calls
	maxResult = 4 << 20   // bytes of one value's JSON text
	maxWork   = 32 << 20  // bytes of all values made
	maxNested = 64        // evaluations inside evaluations (variables, user functions)
)

// Env is where an expression stands: the functions that exist there beside the
// general ones, and how the general ones behave there.
type Env struct {
	// Func gives a function of the place by its name in lower case. It is asked
	// before the general functions, so that a place can replace or refuse one.
	Func func(name string) (Func, bool)
	// Now is the time that utcNow gives; without one, utcNow is an error.
	Now time.Time
	// NewGUID gives what newGuid gives; without one, newGuid is an error.
	NewGUID func() string
	// Policy makes the general functions behave as in policy rules: contains
	// compares strings without case, and null counts as empty.
	Policy bool
	// NullMember tells whether a member that the object written as base (in
	// canonical form, such as "resourceGroup().tags") lacks is null, and no error.
	NullMember func(base string) bool
	// Names gives the names that Func knows, for "did you mean".
	Names func() []string
	// Budget, where set, is shared by the evaluations that are given it.
	Budget *Budget
}

// Budget is what evaluations may still do. One without a Budget has a million
// calls and 32 MiB.
type Budget struct {
	Calls int // of functions
	Bytes int // of all values made, as JSON text
}

// Mode says what a function takes.
type Mode uint8

// The modes. Of a function that is no Lazy one the arguments are evaluated
// first.
const (
	Known Mode = iota // an unknown argument makes the result unknown
	Deep              // so does an unknown anywhere below an argument
	Open              // the function sees unknown arguments
	Lazy              // arguments are evaluated when the function asks for one
)

// Func is one function of the language.
type Func struct {
	Min, Max int // number of arguments; a Max of -1 is any
	Mode     Mode
	Eval     func(c *Call) (arm.Value, error)
}

// Call is one call of a function while it is evaluated.
//
// Its methods Str, Int, Bool, Array and Object give an argument as what the
// function wants. The first that is something else is remembered, the zero
// value is given, and the call fails with an error that names the function, the
// argument, what was wanted and what was found.
type Call struct {
	Name string // as written
	n    *node
	s    *state
	args []arm.Value // where the mode is not Lazy
	lazy []outcome   // where it is
	free bool        // the result costs nothing
	err  error
}

type outcome struct {
	value arm.Value
	err   error
	done  bool
}

// state is one evaluation. States are used again, with their memory.
type state struct {
	env    *Env
	vars   *variable // of the lambdas around, innermost first
	budget *budget
	args   []arm.Value // of the calls around, outermost first
	calls  []*Call     // to be used again

	ownEnv    Env
	ownBudget budget
}

var states = sync.Pool{New: func() any { return new(state) }}

func (s *state) release() {
	s.vars, s.args, s.ownEnv, s.ownBudget = nil, s.args[:0], Env{}, budget{}
	states.Put(s)
}

type variable struct {
	name  string
	value arm.Value
	up    *variable
}

type budget struct {
	*Budget
	nested int
	names  func() []string // of all functions
}

// Eval gives the value of the expression at env. The error is an *Error.
func (e *Expr) Eval(env Env) (arm.Value, error) {
	if e.root.kind == literal && !e.root.decimal {
		return e.root.value, nil
	}
	if env.Budget == nil {
		env.Budget = &Budget{maxCalls, maxWork}
	}
	names := Names
	if env.Names != nil {
		names = func() []string { return append(Names(), env.Names()...) }
	}
	s := states.Get().(*state)
	defer s.release()
	s.ownEnv, s.ownBudget = env, budget{env.Budget, maxNested, names}
	s.env, s.budget = &s.ownEnv, &s.ownBudget
	return s.eval(e.root)
}

// Eval evaluates another expression as part of this call: a variable's, or the
// body of a user's function. It shares the limits of the evaluation it is in.
func (c *Call) Eval(e *Expr, env Env) (arm.Value, error) {
	if e.root.kind == literal && !e.root.decimal {
		return e.root.value, nil
	}
	b := c.s.budget
	if b.nested == 0 {
		return arm.Value{}, fmt.Errorf("expressions refer to each other more than %d deep", maxNested)
	}
	b.nested--
	s := states.Get().(*state)
	s.ownEnv = env
	s.env, s.budget = &s.ownEnv, b
	v, err := s.eval(e.root)
	s.release()
	b.nested++
	if err != nil {
		return v, errors.New(err.Error()) // its offset is one in another text
	}
	return v, nil
}

func (s *state) eval(n *node) (arm.Value, error) {
	switch n.kind {
	case literal:
		if n.decimal && !s.env.Policy {
			return arm.Value{}, &Error{n.at, fmt.Sprintf("%s is no integer: expressions of templates have no other numbers", n.value.Text())}
		}
		return n.value, nil
	case access:
		return s.access(n)
	}
	f, free, ok := s.lookup(n)
	if !ok {
		return arm.Value{}, &Error{n.at, fmt.Sprintf("no function %q here%s", n.name, diag.DidYouMean(n.name, s.budget.names()))}
	}
	if len(n.sub) < f.Min || f.Max >= 0 && len(n.sub) > f.Max {
		return arm.Value{}, &Error{n.at, fmt.Sprintf("%s: wanted %s, found %d", n.name, f.count(), len(n.sub))}
	}
	c, below := s.call(), len(s.args)
	*c = Call{Name: n.name, n: n, s: s, free: free}
	v, err := c.run(f)
	clear(s.args[below:])
	s.args = s.args[:below]
	*c = Call{}
	s.calls = append(s.calls, c)
	return v, err
}

func (s *state) call() *Call {
	if last := len(s.calls) - 1; last >= 0 {
		c := s.calls[last]
		s.calls = s.calls[:last]
		return c
	}
	return new(Call)
}

func (c *Call) run(f Func) (arm.Value, error) {
	if f.Mode != Lazy {
		if err := c.evalArgs(); err != nil {
			return arm.Value{}, err
		}
		if c.holdsUnknown(f.Mode) {
			return c.checked(c.Unknown())
		}
	}
	return c.checked(f.Eval(c))
}

// lookup finds a function; free tells that it is one of the place, which mostly
// gives values that are there already.
func (s *state) lookup(n *node) (f Func, free, ok bool) {
	if s.env.Func != nil {
		if f, ok := s.env.Func(n.fold); ok {
			return f, true, true
		}
	}
	if n.fn == nil {
		return Func{}, false, false
	}
	return *n.fn, false, true
}

func (f Func) count() string {
	switch {
	case f.Min == f.Max && f.Min == 1:
		return "1 argument"
	case f.Min == f.Max:
		return fmt.Sprintf("%d arguments", f.Min)
	case f.Max < 0:
		return fmt.Sprintf("%d or more arguments", f.Min)
	}
	return fmt.Sprintf("%d to %d arguments", f.Min, f.Max)
}

// evalArgs puts the arguments behind those of the calls around.
func (c *Call) evalArgs() error {
	s, below, size := c.s, len(c.s.args), 0
	for _, arg := range c.n.sub {
		v, err := s.eval(arg)
		if err != nil {
			return err
		}
		if !v.Exists() {
			v = null
		}
		s.args = append(s.args, v)
		if size += len(v.Text()); size > maxResult {
			return &Error{c.n.at, fmt.Sprintf("%s: arguments have more than %d MiB", c.Name, maxResult>>20)}
		}
	}
	c.args = s.args[below:len(s.args):len(s.args)]
	return nil
}

func (c *Call) holdsUnknown(m Mode) bool {
	for _, v := range c.args {
		switch {
		case m != Open && v.Kind() == arm.Unknown, m == Deep && holdsUnknown(v):
			return true
		}
	}
	return false
}

// checked gives the outcome of the call, if the limits allow it.
func (c *Call) checked(v arm.Value, err error) (arm.Value, error) {
	if c.err != nil {
		err = c.err
	}
	if err != nil {
		if _, ok := err.(*Error); !ok {
			err = &Error{c.n.at, c.Name + ": " + err.Error()}
		}
		return arm.Value{}, err
	}
	b := c.s.budget
	if b.Calls--; b.Calls < 0 {
		return arm.Value{}, &Error{c.n.at, tooManyCalls}
	}
	if !c.free {
		if err := c.spend(len(v.Text())); err != nil {
			return arm.Value{}, err
		}
	}
	if !v.Exists() {
		return null, nil
	}
	return v, nil
}

const tooManyCalls = "expression needs too many function calls"

// spend takes bytes from what the evaluation may still make.
func (c *Call) spend(bytes int) error {
	b := c.s.budget
	if bytes > maxResult {
		return &Error{c.n.at, fmt.Sprintf("%s: result has more than %d MiB", c.Name, maxResult>>20)}
	}
	if b.Bytes -= bytes; b.Bytes < 0 {
		return &Error{c.n.at, "expression makes values of too many bytes"}
	}
	return nil
}

func (s *state) access(n *node) (arm.Value, error) {
	base, err := s.eval(n.sub[0])
	if err != nil {
		return arm.Value{}, err
	}
	key, err := s.eval(n.sub[1])
	if err != nil {
		return arm.Value{}, err
	}
	if base.Kind() == arm.Unknown || key.Kind() == arm.Unknown {
		return member(base, key)
	}
	v, problem := lookup(base, key)
	if problem == "" {
		return v, nil
	}
	if base.Kind() == arm.Object && s.env.NullMember != nil && s.env.NullMember(string(n.sub[0].append(nil))) {
		return null, nil
	}
	return arm.Value{}, &Error{n.at, problem}
}

// lookup gives a member or an item, or says why there is none.
func lookup(base, key arm.Value) (v arm.Value, problem string) {
	switch base.Kind() {
	case arm.Object:
		if key.Kind() != arm.String {
			return v, fmt.Sprintf("property name is %s, wanted a string", article(key))
		}
		if v = base.Get(key.Str()); !v.Exists() {
			return v, missing(base, key.Str())
		}
	case arm.Array:
		i, ok := key.Int()
		if !ok {
			return v, fmt.Sprintf("index of an array is %s, wanted an integer", article(key))
		}
		if n := base.Len(); i < 0 || i >= int64(n) {
			return v, fmt.Sprintf("index %d is out of range: the array has %d items", i, n)
		}
		return base.At(int(i)), ""
	default:
		return v, fmt.Sprintf("%s has no property %s", article(base), key.Text())
	}
	return v, ""
}

func missing(base arm.Value, name string) string {
	var have []string
	for k := range base.Members() {
		have = append(have, k)
	}
	if near := diag.DidYouMean(name, have); near != "" || len(have) == 0 {
		return fmt.Sprintf("no property %q%s", name, near)
	}
	if len(have) > 8 {
		have = append(have[:8:8], "…")
	}
	return fmt.Sprintf("no property %q; there are %s", name, strings.Join(have, ", "))
}

// Len gives the number of arguments.
func (c *Call) Len() int { return len(c.n.sub) }

// Arg gives an argument. In a Lazy function it is evaluated now, and an error
// in it makes the call fail.
func (c *Call) Arg(i int) arm.Value {
	if c.args != nil {
		return c.args[i]
	}
	o := c.outcome(i)
	if o.err != nil && c.err == nil {
		c.err = o.err
	}
	return o.value
}

// outcome evaluates an argument of a Lazy function, once.
func (c *Call) outcome(i int) outcome {
	if c.args != nil {
		return outcome{value: c.args[i]}
	}
	if c.lazy == nil {
		c.lazy = make([]outcome, c.Len())
	}
	if o := &c.lazy[i]; !o.done {
		o.value, o.err = c.s.eval(c.n.sub[i])
		o.done = true
	}
	return c.lazy[i]
}

// Args gives all arguments.
func (c *Call) Args() []arm.Value {
	if c.args != nil {
		return c.args
	}
	all := make([]arm.Value, c.Len())
	for i := range all {
		all[i] = c.Arg(i)
	}
	return all
}

// Written gives an argument as it is written, in canonical form.
func (c *Call) Written(i int) string { return string(c.n.sub[i].append(nil)) }

// Wrong notes that an argument is not what was wanted.
func (c *Call) Wrong(i int, wanted string) {
	if c.err == nil {
		c.err = &Error{c.n.sub[i].at, fmt.Sprintf("%s: argument %d is %s, wanted %s", c.Name, i+1, article(c.Arg(i)), wanted)}
	}
}

// Str gives an argument that must be a string.
func (c *Call) Str(i int) string {
	v := c.Arg(i)
	if v.Kind() != arm.String {
		c.Wrong(i, "a string")
	}
	return v.Str()
}

// Int gives an argument that must be an integer.
func (c *Call) Int(i int) int64 {
	n, ok := c.Arg(i).Int()
	if !ok {
		c.Wrong(i, "an integer")
	}
	return n
}

// Bool gives an argument that must be a boolean.
func (c *Call) Bool(i int) bool {
	v := c.Arg(i)
	if v.Kind() != arm.Bool {
		c.Wrong(i, "a boolean")
	}
	return v.True()
}

// Array gives an argument that must be an array.
func (c *Call) Array(i int) arm.Value { return c.kind(i, arm.Array, "an array") }

// Object gives an argument that must be an object.
func (c *Call) Object(i int) arm.Value { return c.kind(i, arm.Object, "an object") }

func (c *Call) kind(i int, k arm.Kind, wanted string) arm.Value {
	v := c.Arg(i)
	if v.Kind() != k {
		c.Wrong(i, wanted)
		return arm.Value{}
	}
	return v
}

// article gives the kind of a value as it is called in a sentence, with a short
// value itself.
func article(v arm.Value) string {
	switch k := v.Kind(); k {
	case arm.Null:
		return "null"
	case arm.Missing:
		return "missing"
	case arm.Unknown:
		return "unknown until deployed"
	case arm.Array, arm.Object:
		return "an " + k.String()
	default:
		if text := v.Text(); len(text) <= 40 {
			return "the " + k.String() + " " + text
		}
		return "a " + k.String()
	}
}
