package expr

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"airfield/arm"
)

// place is an Env with the functions that the tests need: u(path) is unknown,
// obj() and arr() are known.
var place = Env{
	Func: func(name string) (Func, bool) {
		f, ok := placeFuncs[name]
		return f, ok
	},
	Now:     time.Date(2019, 3, 5, 17, 53, 18, 123456700, time.UTC),
	NewGUID: func() string { return "3f2504e0-4f89-41d3-9a0c-0305e82c3301" },
}

var placeFuncs = map[string]Func{
	"u": {1, 1, Known, func(c *Call) (arm.Value, error) {
		return arm.New(arm.Ref{ID: "/subscriptions/s/x", Path: c.Str(0)}), nil
	}},
	"p":        {1, 1, Known, func(c *Call) (arm.Value, error) { return arm.New(arm.Parameter(c.Str(0))), nil }},
	"ns.twice": {1, 1, Known, func(c *Call) (arm.Value, error) { return num(2 * c.Int(0)), nil }},
	"obj":      {0, 0, Known, func(*Call) (arm.Value, error) { return object, nil }},
}

var object = arm.New(arm.O{"one", "a", "Two", arm.O{"deep", arm.A{1, 2, arm.O{"x y", true}}}, "three", nil})

func eval(t *testing.T, in string) string {
	t.Helper()
	e, err := Parse(in)
	if err != nil {
		return "! " + err.Error()
	}
	v, err := e.Eval(place)
	if err != nil {
		return "! " + err.Error()
	}
	return v.Text()
}

func TestLanguage(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain", `"plain"`},
		{"", `""`},
		{"[[not an expression]", `"[not an expression]"`},
		{"[[[two]]", `"[[two]]"`},
		{"[[no end", `"[[no end"`},
		{" [null()]", `" [null()]"`},
		{"[null()] ", `"[null()] "`},
		{"[half", `"[half"`},
		{"['it''s']", `"it's"`},
		{"['[[x]']", `"[[x]"`},
		{"[ concat ( 'a' ,\n'b' ) ]", `"ab"`},
		{"[concat('a',\u202f'b')]", `"ab"`},
		{"[-12]", "-12"},
		{"[007]", "7"},
		{"[TRUE()]", "true"},
		{"[obj().ONE]", `"a"`},
		{"[obj()['two'].deep[1]]", "2"},
		{"[obj().two.deep[add(1, 1)]['X Y']]", "true"},
		{"[obj().three]", "null"},
		{"[ns.twice(4)]", "8"},
		{"[NS . Twice(4)]", "8"},
		{"[]", "! expression ends early, wanted a function, a string in single quotes or an integer"},
		{"[x]", `! expression ends early, wanted an opening parenthesis behind "x"`},
		{"['a]", "! string has no closing quote"},
		{"[f(1]", "! expression ends early, wanted a comma or a closing parenthesis"},
		{"[f(1 2)]", "! found '2', wanted a comma or a closing parenthesis"},
		{"[f(1,)]", "! found ')', wanted a function, a string in single quotes or an integer"},
		{"[1.5]", "! 1.5 is no integer: expressions of templates have no other numbers"},
		{"[99999999999999999999]", `! "99999999999999999999" is no integer of 64 bits`},
		{"[1 2]", "! found '2', wanted the end of the expression"},
		{"[true()[1]", `! expression ends early, wanted ']'`},
		{"[conct('a')]", `! no function "conct" here; did you mean "concat"?`},
		{"[obj().threee]", `! no property "threee"; did you mean "three"?`},
		{"[obj().else]", `! no property "else"; there are one, Two, three`},
		{"[obj().three.x]", `! null has no property "x"`},
		{"[obj().two.deep[3]]", "! index 3 is out of range: the array has 3 items"},
		{"[obj().two.deep['a']]", "! index of an array is the string \"a\", wanted an integer"},
		{"[add(1)]", "! add: wanted 2 arguments, found 1"},
		{"[add(1, 'x')]", `! add: argument 2 is the string "x", wanted an integer`},
		{"[" + strings.Repeat("not(", 300) + "true()" + strings.Repeat(")", 300) + "]", "! expression is nested more than 256 deep"},
		{"[obj()" + strings.Repeat(".a", 300) + "]", "! expression is nested more than 256 deep"},
		{"[" + strings.Repeat(" ", MaxText) + "null()]", "! expression has more than 81920 characters"},
	} {
		if have := eval(t, tt.in); have != tt.want {
			t.Errorf("%.60s: have %s, want %s", tt.in, have, tt.want)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	for in, want := range map[string]int{"[concat('a', 1 2)]": 15, "[concat('a', add(1, 'x'))]": 20, "[obj().two.nope]": 11} {
		e, err := Parse(in)
		if err == nil {
			_, err = e.Eval(place)
		}
		if have, ok := err.(*Error); !ok || have.Offset != want {
			t.Errorf("%s: have %#v, want offset %d", in, err, want)
		}
	}
}

// The first lines of each group are the examples of Microsoft's documentation.
var functionTests = []struct{ in, want string }{
	// array
	{"array('efgh')", `["efgh"]`},
	{"array(createObject('a', 1))", `[{"a":1}]`},
	{"array(createArray(1))", `[1]`},
	{"concat('prefix', '-', '5yj4yjf5mbg72')", `"prefix-5yj4yjf5mbg72"`},
	{"concat(createArray('1-1'), createArray('2-1', '2-2'))", `["1-1","2-1","2-2"]`},
	{"concat('a', 1, true(), null())", `"a1True"`},
	{"concat()", `""`},
	{"concat('a', createArray())", `! concat: argument 2 is an array, wanted a string, a number or a boolean beside others of them`},
	{"concat(createArray(), 'a')", `! concat: argument 2 is the string "a", wanted an array`},
	{"contains('OneTwoThree', 'e')", "true"},
	{"contains('OneTwoThree', 'z')", "false"},
	{"contains('OneTwoThree', 'one')", "false"},
	{"contains(createObject('one', 1), 'ONE')", "true"},
	{"contains(createObject('one', 1), 'two')", "false"},
	{"contains(createArray('one', 'two'), 'two')", "true"},
	{"contains(createArray('one', 'two'), 'Two')", "false"},
	{"contains(createArray(createObject('a', 1)), createObject('A', 1))", "true"},
	{"contains(3, 3)", "! contains: argument 1 is the number 3, wanted an array, an object or a string"},
	{"contains('a', createArray())", "! contains: argument 2 is an array, wanted a string"},
	{"createArray('a', 1, createArray())", `["a",1,[]]`},
	{"createArray()", "[]"},
	{"empty(createArray())", "true"},
	{"empty(createObject())", "true"},
	{"empty('')", "true"},
	{"empty(null())", "true"},
	{"empty('a')", "false"},
	{"empty(0)", "! empty: argument 1 is the number 0, wanted an array, an object or a string"},
	{"first(createArray('one', 'two'))", `"one"`},
	{"first('One Two')", `"O"`},
	{"first('')", `""`},
	{"first(createArray())", "null"},
	{"first(1)", "! first: argument 1 is the number 1, wanted an array or a string"},
	{"flatten(createArray(createArray(1, 2), createArray(3), createArray()))", "[1,2,3]"},
	{"flatten(createArray(1))", "! flatten: array holds the number 1, wanted arrays"},
	{"indexFromEnd(createArray(1, 2, 3), 1)", "3"},
	{"indexFromEnd(createArray(1), 2)", "! indexFromEnd: index 2 from the end is out of range: the array has 1 items"},
	{"tryIndexFromEnd(createArray(1, 2, 3), 2)", "2"},
	{"tryIndexFromEnd(createArray(1), 2)", "null"},
	{"tryIndexFromEnd(createArray(createObject('foo', 7)), 1, 'foo')", "7"},
	{"tryIndexFromEnd(null(), 1)", "null"},
	{"indexOf(createArray('one', 'two', 'one'), 'one')", "0"},
	{"indexOf(createArray(1, 2), 3)", "-1"},
	{"indexOf('test', 't')", "0"},
	{"indexOf('abcdef', 'CD')", "2"},
	{"indexOf('abcdef', 'z')", "-1"},
	{"indexOf(null(), 'z')", "-1"},
	{"lastIndexOf(createArray('one', 'two', 'one'), 'one')", "2"},
	{"lastIndexOf(createArray('one'), 'x')", "-1"},
	{"lastIndexOf('test', 't')", "3"},
	{"lastIndexOf('abcdef', 'AB')", "0"},
	{"intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))", `["two","three"]`},
	{"intersection(createArray(1, 1, 2), createArray(1, 2, 2), createArray(1))", `[1]`},
	{"intersection(json('{\"one\": \"a\", \"two\": \"b\", \"three\": \"c\"}'), json('{\"one\": \"a\", \"two\": \"z\", \"three\": \"c\"}'))", `{"one":"a","three":"c"}`},
	{"intersection(createArray(), createObject())", "! intersection: argument 2 is an object, wanted an array like argument 1"},
	{"last(createArray('one', 'two', 'three'))", `"three"`},
	{"last('One Two Three')", `"e"`},
	{"last('')", `""`},
	{"length(createArray('one', 'two', 'three'))", "3"},
	{"length('One Two Three')", "13"},
	{"length(createObject('a', 1, 'b', 2))", "2"},
	{"length('a𝄞')", "3"},
	{"length(null())", "0"},
	{"length(true())", "! length: argument 1 is the boolean true, wanted an array, an object or a string"},
	{"max(createArray(0, 3, 2, 5, 4))", "5"},
	{"max(0, 3, 2, 5, 4)", "5"},
	{"min(createArray(0, 3, 2, 5, 4))", "0"},
	{"min(0, 3, json('-1.5'))", "-1.5"},
	{"min(createArray())", "! min: array is empty, wanted numbers"},
	{"max(1, 'a')", `! max: argument 2 is the string "a", wanted a number`},
	{"range(5, 3)", "[5,6,7]"},
	{"range(0, 0)", "[]"},
	{"range(0, 10001)", "! range: count is 10001, wanted 0 to 10000"},
	{"range(2147483647, 2)", "! range: range goes beyond 2147483647"},
	{"skip(createArray('one', 'two', 'three'), 2)", `["three"]`},
	{"skip('one two three', 4)", `"two three"`},
	{"skip('abc', 9)", `""`},
	{"skip('abc', -1)", `"abc"`},
	{"take(createArray('one', 'two', 'three'), 2)", `["one","two"]`},
	{"take('one two three', 2)", `"on"`},
	{"take('abc', 9)", `"abc"`},
	{"take('aüz', 2)", `"aü"`},
	{"take(null(), 1)", "null"},
	{"tryGet(obj(), 'two', 'deep', 0)", "1"},
	{"tryGet(obj(), 'none', 'deep')", "null"},
	{"tryGet(createArray(1), 3)", "null"},
	{"tryGet(createArray('red', 'green'), 0)", `"red"`},
	{"tryGet(null(), 'x')", "null"},
	{"tryGet(obj(), 'two', 'none')", `! tryGet: no property "none"; there are deep`},
	{"tryGet(1, 'x')", "! tryGet: argument 1 is the number 1, wanted an object or an array"},
	{"union(createArray('one', 'two', 'three'), createArray('three', 'four'))", `["one","two","three","four"]`},
	{"union(json('{\"one\": \"a\", \"two\": \"b\", \"three\": \"c1\"}'), json('{\"three\": \"c2\", \"four\": \"d\"}'))", `{"one":"a","two":"b","three":"c2","four":"d"}`},
	{"union(json('{\"property\":{\"one\":\"a\",\"three\":\"c1\"},\"nestedArray\":[1,2]}'), json('{\"property\":{\"three\":\"c2\",\"four\":\"d\"},\"nestedArray\":[3,4]}'))", `{"property":{"one":"a","three":"c2","four":"d"},"nestedArray":[3,4]}`},
	{"union(createArray(createArray('one', 'two'), createArray('three')), createArray(createArray('three'), createArray('four', 'two')))", `[["one","two"],["three"],["four","two"]]`},
	{"union(createObject('A', 1), createObject('a', 2))", `{"A":2}`},
	{"union('a', 'b')", `! union: argument 1 is the string "a", wanted an array or an object`},

	// cidr
	{"parseCidr('10.144.0.0/20')", `{"network":"10.144.0.0","netmask":"255.255.240.0","broadcast":"10.144.15.255","firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","cidr":20}`},
	{"parseCidr('fdad:3236:5555::/48')", `{"network":"fdad:3236:5555::","netmask":"ffff:ffff:ffff::","firstUsable":"fdad:3236:5555::","lastUsable":"fdad:3236:5555:ffff:ffff:ffff:ffff:ffff","cidr":48}`},
	{"parseCidr('10.0.0.5/32').lastUsable", `"10.0.0.5"`},
	{"parseCidr('10.0.0.0/33')", `! parseCidr: argument 1 is the string "10.0.0.0/33", wanted an address range such as 10.0.0.0/16`},
	{"cidrSubnet('10.144.0.0/20', 24, 0)", `"10.144.0.0/24"`},
	{"cidrSubnet('10.144.0.0/20', 24, 4)", `"10.144.4.0/24"`},
	{"cidrSubnet('fdad:3236:5555::/48', 52, 4)", `"fdad:3236:5555:4000::/52"`},
	{"cidrSubnet('10.0.0.0/24', 16, 0)", "! cidrSubnet: a /16 does not fit into 10.0.0.0/24, wanted /24 to /32"},
	{"cidrSubnet('10.0.0.0/24', 26, 4)", "! cidrSubnet: index 4 is out of range: 10.0.0.0/24 holds 2^2 ranges of /26"},
	{"cidrHost('10.144.3.0/24', 0)", `"10.144.3.1"`},
	{"cidrHost('10.144.3.0/24', 4)", `"10.144.3.5"`},
	{"cidrHost('fdad:3236:5555:3000::/52', 0)", `"fdad:3236:5555:3000::1"`},
	{"cidrHost('10.0.0.0/30', 2)", "! cidrHost: host 2 is not in 10.0.0.0/30"},

	// comparison
	{"coalesce(null(), null(), 'a', fail('never'))", `"a"`},
	{"coalesce(null(), createObject())", "{}"},
	{"coalesce(null(), null())", "null"},
	{"equals(1, 1)", "true"},
	{"equals('a', 'A')", "false"},
	{"equals(createArray('a', 1), createArray('a', 1))", "true"},
	{"equals(createObject('a', 1), createObject('A', 1))", "true"},
	{"equals(1, json('1.0'))", "true"},
	{"equals(1, '1')", "false"},
	{"equals(null(), null())", "true"},
	{"greater(1, 2)", "false"},
	{"greater('A', 'a')", "true"},
	{"greater('b', 'A')", "true"},
	{"greater(1, '2')", `! greater: argument 1 is the number 1, wanted a number beside a number, or a string beside a string`},
	{"greaterOrEquals(1, 2)", "false"},
	{"greaterOrEquals('A', 'a')", "true"},
	{"less(1, 2)", "true"},
	{"less('A', 'a')", "false"},
	{"less('a_b', 'a1')", "true"},
	{"less(json('1.5'), 2)", "true"},
	{"lessOrEquals(1, 2)", "true"},
	{"lessOrEquals('A', 'a')", "false"},

	// date
	{"dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", `"2023-04-07 14:53:14Z"`},
	{"dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')", `"2020-03-29 14:53:14Z"`},
	{"dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H')", `"2020-04-07 15:53:14Z"`},
	{"dateTimeAdd('2020-04-07T14:53:14Z', 'PT1H', 'G')", `"04/07/2020 15:53:14"`},
	{"dateTimeAdd('2020-04-07T14:53:14+02:00', 'PT0.5S')", `"2020-04-07T12:53:14.5Z"`},
	{"dateTimeAdd('x', 'P1D')", `! dateTimeAdd: argument 1 is the string "x", wanted a date and time such as 2026-01-31T12:00:00Z`},
	{"dateTimeAdd('2020-04-07', '1D')", `! dateTimeAdd: "1D" is no ISO 8601 duration such as P1D, PT1H30M or -P1Y`},
	{"dateTimeAdd('9999-04-07', 'P1Y')", "! dateTimeAdd: result is not in the years 1 to 9999"},
	{"dateTimeFromEpoch(1683040573)", `"2023-05-02T15:16:13Z"`},
	{"dateTimeFromEpoch(99999999999999)", "! dateTimeFromEpoch: result is not in the years 1 to 9999"},
	{"dateTimeToEpoch('2023-05-02T15:16:13Z')", "1683040573"},
	{"utcNow()", `"20190305T175318Z"`},
	{"utcNow('d')", `"03/05/2019"`},
	{"utcNow('M d')", `"3 5"`},
	{"utcNow('u')", `"2019-03-05 17:53:18Z"`},
	{"utcNow('o')", `"2019-03-05T17:53:18.1234567Z"`},
	{"utcNow('R')", `"Tue, 05 Mar 2019 17:53:18 GMT"`},
	{"utcNow('yy-MMM-dd hh:mm tt ''x'' \\d %h zzz fff')", `"19-Mar-05 05:53 PM x d 5 +00:00 123"`},
	{"utcNow('q')", `! utcNow: no standard format "q" of dates`},

	// lambda
	{"filter(range(0, 10), lambda('i', equals(0, mod(lambdaVariables('i'), 2))))", "[0,2,4,6,8]"},
	{"filter(createArray(5, 6), lambda('x', 'i', equals(lambdaVariables('i'), 1)))", "[6]"},
	{"filter(createArray(1), lambda('i', 1))", "! filter: lambda gives the number 1, wanted a boolean"},
	{"map(createArray('Evie', 'Casper'), lambda('dog', format('Hello {0}!', lambdaVariables('DOG'))))", `["Hello Evie!","Hello Casper!"]`},
	{"map(createArray(1, 2), lambda('x', map(createArray(10), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))", "[[11],[12]]"},
	{"map(createArray(1), 'x')", "! map: argument 2 is no lambda(…)"},
	{"map(createArray(1), lambda(1, 'x'))", "! map: argument 2 is no lambda whose variables are named by strings"},
	{"map(createArray(1), lambda('x'))", "! map: argument 2 is no lambda of 1 variables"},
	{"map(1, lambda('x', 1))", "! map: argument 1 is the number 1, wanted an array"},
	{"lambda('x', 1)", "! lambda: stands alone, wanted it as an argument of map, filter, reduce, sort, toObject, groupBy or mapValues"},
	{"lambdaVariables('x')", `! lambdaVariables: no lambda around has the variable "x"`},
	{"reduce(createArray(5, 3, 2, 8), 0, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))", "18"},
	{"reduce(createArray(5, 3, 2, 8), 1, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))", "19"},
	{"reduce(createArray(createObject('foo', 123), createObject('bar', 456)), createObject(), lambda('cur', 'next', union(lambdaVariables('cur'), lambdaVariables('next'))))", `{"foo":123,"bar":456}`},
	{"reduce(createArray('a', 'b'), '', lambda('c', 'n', 'i', concat(lambdaVariables('c'), lambdaVariables('n'), lambdaVariables('i'))))", `"a0b1"`},
	{"sort(createArray(5, 3, 2, 8), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", "[2,3,5,8]"},
	{"sort(createArray(5, 3, 3, 8), lambda('a', 'b', lessOrEquals(lambdaVariables('b'), lambdaVariables('a'))))", "[8,5,3,3]"},
	{"sort(createArray(1, 'a'), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", `! less: argument 2 is the number 1, wanted a number beside a number, or a string beside a string`},
	{"toObject(createArray(createObject('name', 'Evie', 'age', 5)), lambda('e', lambdaVariables('e').name))", `{"Evie":{"name":"Evie","age":5}}`},
	{"toObject(createArray(createObject('name', 'Evie', 'age', 5)), lambda('e', lambdaVariables('e').name), lambda('e', lambdaVariables('e').age))", `{"Evie":5}`},
	{"toObject(createArray(1), lambda('e', lambdaVariables('e')))", "! toObject: lambda gives the number 1 as a key, wanted a string"},
	{"groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))", `{"f":["foo"],"b":["bar","baz"]}`},
	{"mapValues(createObject('foo', 'foo'), lambda('val', toUpper(lambdaVariables('val'))))", `{"foo":"FOO"}`},

	// logical
	{"and(bool('true'), bool('false'))", "false"},
	{"and(true(), true())", "true"},
	{"and(false(), fail('never'))", "false"},
	{"and(true(), 1)", "! and: argument 2 is the number 1, wanted a boolean"},
	{"bool('true')", "true"},
	{"bool('FALSE')", "false"},
	{"bool(1)", "true"},
	{"bool(0)", "false"},
	{"bool('yes')", `! bool: argument 1 is the string "yes", wanted "true", "false" or a number`},
	{"fail('no such size')", "! fail: no such size"},
	{"false()", "false"},
	{"true()", "true"},
	{"true(1)", "! true: wanted 0 arguments, found 1"},
	{"if(equals('a', 'a'), 'yes', 'no')", `"yes"`},
	{"if(bool(0), fail('never'), 'no')", `"no"`},
	{"if('true', 1, 2)", `! if: argument 1 is the string "true", wanted a boolean`},
	{"not(bool('false'))", "true"},
	{"not(equals(1, 1))", "false"},
	{"not(1)", "! not: argument 1 is the number 1, wanted a boolean"},
	{"or(bool('true'), bool('false'))", "true"},
	{"or(true(), fail('never'))", "true"},
	{"or(false(), false())", "false"},

	// numeric
	{"add(5, 3)", "8"},
	{"add(9223372036854775807, 1)", "! add: result does not fit into 64 bits"},
	{"div(8, 3)", "2"},
	{"div(-8, 3)", "-2"},
	{"div(1, 0)", "! div: division by zero"},
	{"float('3.0')", "3.0"},
	{"float(3)", "3.0"},
	{"float('x')", `! float: argument 1 is the string "x", wanted a number, or a string that holds one`},
	{"int('4')", "4"},
	{"int(4)", "4"},
	{"int('4.2')", `! int: argument 1 is the string "4.2", wanted an integer, or a string that holds one`},
	{"mod(7, 3)", "1"},
	{"mod(-7, 3)", "-1"},
	{"mod(7, 0)", "! mod: division by zero"},
	{"mul(5, 3)", "15"},
	{"mul(9223372036854775807, 2)", "! mul: result does not fit into 64 bits"},
	{"sub(7, 3)", "4"},
	{"sub(-9223372036854775807, 2)", "! sub: result does not fit into 64 bits"},

	// object
	{"createObject('intProp', 1, 'stringProp', 'abc', 'boolProp', true(), 'arrayProp', createArray('a', 'b'), 'objectProp', createObject('key1', 'value1'))", `{"intProp":1,"stringProp":"abc","boolProp":true,"arrayProp":["a","b"],"objectProp":{"key1":"value1"}}`},
	{"createObject()", "{}"},
	{"createObject('a')", "! createObject: wanted names and values in turn, found 1 arguments"},
	{"createObject('a', 1, 'A', 2)", `! createObject: name "A" is given twice`},
	{"items(createObject('item002', 2, 'item001', 1))", `[{"key":"item001","value":1},{"key":"item002","value":2}]`},
	{"items(1)", "! items: argument 1 is the number 1, wanted an object"},
	{"json('{\"a\": \"b\"}').a", `"b"`},
	{"json('\"test\"')", `"test"`},
	{"json('true')", "true"},
	{"json('3')", "3"},
	{"json('[1,2,3]')", "[1,2,3]"},
	{"json(null())", "{}"},
	{"json('null')", "null"},
	{"json(concat('{''a'': ''', 'demo value', '''}'))", `{"a": "demo value"}`},
	{"json('{')", "! json: string is no JSON: offset 1: text ends, wanted a member's name in double quotes"},
	{"null()", "null"},
	{"objectKeys(createObject('b', 2, 'A', 1))", `["A","b"]`},
	{"shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2), 'b', 3)))", `{"a":{"y":2},"b":3}`},
	{"shallowMerge(createArray(createObject('one', 'a'), createObject('two', 'b'), createObject('two', 'c')))", `{"one":"a","two":"c"}`},
	{"shallowMerge(createArray(1))", "! shallowMerge: array holds the number 1, wanted objects"},

	// string
	{"base64('one, two, three')", `"b25lLCB0d28sIHRocmVl"`},
	{"base64ToString('b25lLCB0d28sIHRocmVl')", `"one, two, three"`},
	{"base64ToJson(base64('{''one'': ''a'', ''two'': ''b''}'))", `{"one": "a", "two": "b"}`},
	{"base64ToString('%')", "! base64ToString: string is no base64: illegal base64 data at input byte 0"},
	{"dataUri('Hello')", `"data:text/plain;charset=utf8;base64,SGVsbG8="`},
	{"dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", `"Hello, World!"`},
	{"dataUriToString('data:,a%20b')", `"a b"`},
	{"dataUriToString('x')", "! dataUriToString: string is no data URI, wanted data:[type][;base64],data"},
	{"endsWith('abcdef', 'ef')", "true"},
	{"endsWith('abcdef', 'F')", "true"},
	{"endsWith('abcdef', 'e')", "false"},
	{"startsWith('abcdef', 'ab')", "true"},
	{"startsWith('abcdef', 'A')", "true"},
	{"startsWith('abcdef', 'e')", "false"},
	{"format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)", `"Hello, User. Formatted number: 8,175,133"`},
	{"format('{0:D3}|{0,4}|{0,-4}|{{{0}}}', 7)", `"007|   7|7   |{7}"`},
	{"format('{0:X}|{0:x4}|{0:N2}|{0:F1}|{0:E2}|{0:P0}|{0:C}', 255)", `"FF|00ff|255.00|255.0|2.55E+002|25,500 %|¤255.00"`},
	{"format('{0:000}|{0:#,##0.0#}|{0:0.00}', 1234)", `"1234|1,234.0|1234.00"`},
	{"format('{0:X}', -1)", `"FFFFFFFF"`},
	{"format('{0} {1}', true(), createArray('a'))", `"True ['a']"`},
	{"format('{1}', 'a')", "! format: format has {1}, and there are 1 values behind it"},
	{"format('{0', 'a')", "! format: format has a { without a }"},
	{"format('{0:Q}', 1)", `! format: no format "Q" of numbers`},
	{"guid('a', 'b')", `"` + GUID("a-b") + `"`},
	{"join(createArray('one', 'two', 'three'), ', ')", `"one, two, three"`},
	{"join(createArray('a', createArray()), ',')", "! join: array holds an array, wanted strings"},
	{"newGuid()", `"3f2504e0-4f89-41d3-9a0c-0305e82c3301"`},
	{"padLeft('123', 10, '0')", `"0000000123"`},
	{"padLeft(7, 3)", `"  7"`},
	{"padLeft('1', 17)", "! padLeft: width is 17, wanted at most 16"},
	{"padLeft('1', 3, 'ab')", `! padLeft: argument 3 is the string "ab", wanted one character`},
	{"replace('123-123-1234', '-', '')", `"1231231234"`},
	{"replace('123-123-1234', '1234', 'xxxx')", `"123-123-xxxx"`},
	{"replace('aBc', 'b', '-')", `"a-c"`},
	{"replace('a', '', 'b')", "! replace: argument 2 is an empty string, wanted what to replace"},
	{"split('one,two,three', ',')", `["one","two","three"]`},
	{"split('one;two,three', createArray(',', ';'))", `["one","two","three"]`},
	{"split('a,,b,', ',')", `["a","","b",""]`},
	{"split('abc', '')", `["abc"]`},
	{"split(null(), ',')", "[]"},
	{"string(createArray('a', 'b', 'c'))", `"[\"a\",\"b\",\"c\"]"`},
	{"string(json('{ \"valueA\": 10, \"valueB\": \"Example Text\" }'))", `"{\"valueA\":10,\"valueB\":\"Example Text\"}"`},
	{"string(5)", `"5"`},
	{"string(true())", `"True"`},
	{"string(null())", `""`},
	{"substring('one two three', 4, 3)", `"two"`},
	{"substring('abc', 1)", `"bc"`},
	{"substring('abc', 3)", `""`},
	{"substring('abc', 2, 2)", "! substring: 2 characters from 2 on are not all in a string of 3"},
	{"toLower('One Two Three')", `"one two three"`},
	{"toUpper('One Two Three')", `"ONE TWO THREE"`},
	{"toLower(null())", `""`},
	{"toLower(1)", "! toLower: argument 1 is the number 1, wanted a string"},
	{"trim('    one two three   ')", `"one two three"`},
	{"uniqueString('hello', 'world')", `"a7wkljktk6wne"`},
	{"uri('http://contoso.com/resources/', 'nested/azuredeploy.json')", `"http://contoso.com/resources/nested/azuredeploy.json"`},
	{"uri('http://contoso.org/firstpath', 'myscript.sh')", `"http://contoso.org/myscript.sh"`},
	{"uri('http://contoso.org/firstpath/', 'myscript.sh')", `"http://contoso.org/firstpath/myscript.sh"`},
	{"uri('http://contoso.org/firstpath/azuredeploy.json', 'myscript.sh')", `"http://contoso.org/firstpath/myscript.sh"`},
	{"uri('http://contoso.org/firstpath/azuredeploy.json/', 'myscript.sh')", `"http://contoso.org/firstpath/azuredeploy.json/myscript.sh"`},
	{"uri('contoso', 'a')", `! uri: argument 1 is the string "contoso", wanted an absolute URI`},
	{"uriComponent('http://contoso.com/resources/nested/azuredeploy.json')", `"http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"`},
	{"uriComponentToString('http%3A%2F%2Fcontoso.com%2F%zz')", `"http://contoso.com/%zz"`},
	{"parseUri('https://a.b:8443/c?d=e')", `{"scheme":"https","host":"a.b","port":8443,"path":"/c","query":"?d=e"}`},
	{"buildUri(createObject('scheme', 'https', 'host', 'a.b', 'port', 8443, 'path', '/c d', 'query', '?e=f'))", `"https://a.b:8443/c%20d?e=f"`},
	{"buildUri(createObject('host', 'a.b'))", "! buildUri: object has no scheme or no host"},
}

func TestFunctions(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range functionTests {
		if have := eval(t, "["+tt.in+"]"); have != tt.want {
			t.Errorf("%s:\nhave %s\nwant %s", tt.in, have, tt.want)
		}
		name, _, _ := strings.Cut(tt.in, "(")
		seen[strings.ToLower(name)] = true
	}
	for _, name := range Names() {
		if !seen[name] {
			t.Errorf("no test begins with %s(", name)
		}
	}
}

func TestUnknown(t *testing.T) {
	is := func(path string) string {
		if e, ok := strings.CutPrefix(path, "="); ok {
			return fmt.Sprintf(`{"$after":{"expression":%s}}`, arm.AppendString(nil, e))
		}
		return fmt.Sprintf(`{"$after":{"id":"/subscriptions/s/x","path":%s}}`, arm.AppendString(nil, path))
	}
	for _, tt := range []struct{ in, want string }{
		{"u('properties')", is("properties")},
		{"u('properties').a['b'][0]", is("properties.a.b.0")},
		{"u('properties')['a.b']", is("=after('/subscriptions/s/x', 'properties')['a.b']")},
		{"u('a')[toLower(u('b'))]", is("=after('/subscriptions/s/x', 'a')[toLower(after('/subscriptions/s/x', 'b'))]")},
		{"p('key')", `{"$after":{"parameter":"key"}}`},
		{"toUpper(p('key')).x", `{"$after":{"expression":"toUpper(parameters('key')).x"}}`},
		{"reduce(range(0, 300), u('a'), lambda('c', 'n', toLower(lambdaVariables('c'))))", "! toLower: what is known only after deployment goes into an expression that is nested too deep"},
		{"concat('a', u('b'), 1, 'it''s')", is("=concat('a', after('/subscriptions/s/x', 'b'), 1, 'it''s')")},
		{"concat('a', concat('b', u('b')))", is("=concat('a', concat('b', after('/subscriptions/s/x', 'b')))")},
		{"if(false(), u('a'), 1)", "1"},
		{"if(equals(u('a'), 1), 'x', 'x')", `"x"`},
		{"if(equals(u('a'), 1), 'x', fail('y'))", is("=if(equals(after('/subscriptions/s/x', 'a'), 1), 'x', fail('fail: y'))")},
		{"or(u('a'), true())", "true"},
		{"or(u('a'), false())", is("=or(after('/subscriptions/s/x', 'a'), false())")},
		{"and(u('a'), false())", "false"},
		{"and(u('a'), fail('guarded'), false())", "false"},
		{"not(u('a'))", is("=not(after('/subscriptions/s/x', 'a'))")},
		{"coalesce('k', u('a'))", `"k"`},
		{"coalesce(u('a'), 'k')", is("=coalesce(after('/subscriptions/s/x', 'a'), 'k')")},
		{"equals(u('a'), u('a'))", "true"},
		{"equals(createArray(1, u('a')), createArray(2, u('b')))", "false"},
		{"equals(createArray(1), createArray(1, u('b')))", "false"},
		{"length(createArray(u('a'), u('b')))", "2"},
		{"first(createArray(u('a'), 1))", is("a")},
		{"createObject('k', u('a')).k", is("a")},
		{"contains(createObject('k', u('a')), 'k')", "true"},
		{"contains(createArray(u('a'), 'k'), 'k')", "true"},
		{"contains(createArray(u('a'), 'k'), 'z')", is("=contains(createArray(after('/subscriptions/s/x', 'a'), 'k'), 'z')")},
		{"indexOf(createArray('k', u('a')), 'k')", "0"},
		{"string(createObject('k', u('a')))", is("=string(createObject('k', after('/subscriptions/s/x', 'a')))")},
		{"union(createObject('k', u('a')), createObject('l', 1))", `{"k":` + is("a") + `,"l":1}`},
		{"map(createArray(1, 2), lambda('x', u(concat('a', lambdaVariables('x')))))", "[" + is("a1") + "," + is("a2") + "]"},
		{"map(u('a'), lambda('x', concat(toUpper('k'), lambdaVariables('x').y)))", is("=map(after('/subscriptions/s/x', 'a'), lambda('x', concat('K', lambdaVariables('x').y)))")},
		{"map(createArray(1), lambda('x', if(equals(u('a'), lambdaVariables('x')), 1, 2)))", "[" + is("=if(equals(after('/subscriptions/s/x', 'a'), 1), 1, 2)") + "]"},
		{"filter(createArray(1), lambda('x', equals(lambdaVariables('x'), u('a'))))", is("=filter(createArray(1), lambda('x', equals(lambdaVariables('x'), after('/subscriptions/s/x', 'a'))))")},
		{"tryGet(createObject('k', u('a')), 'k', 'l')", is("a.l")},
		{"guid(u('a'), json('1.5'))", is("=guid(after('/subscriptions/s/x', 'a'), json('1.5'))")},
	} {
		have := eval(t, "["+tt.in+"]")
		if have != tt.want {
			t.Errorf("%s:\nhave %s\nwant %s", tt.in, have, tt.want)
		}
	}
}

// A computed value holds all that is needed to evaluate it once its references
// are known.
func TestResolve(t *testing.T) {
	e, err := Parse("[createObject('k', concat('it''s ', u('a.b'), '/', toUpper(p('key')), string(createObject('n', u('c')))), 'l', createArray(u('d'), 1))]")
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.Eval(place)
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for r := range Refs(v) {
		refs = append(refs, r.Path+r.Parameter)
	}
	if have := strings.Join(refs, " "); have != "a.b key c d" {
		t.Errorf("refs: have %s", have)
	}
	all := func(r arm.Ref) (arm.Value, bool) { return str("<" + r.Path + r.Parameter + ">"), true }
	have, err := Resolve(v, all)
	if want := `{"k":"it's <a.b>/<KEY>{\"n\":\"<c>\"}","l":["<d>",1]}`; err != nil || have.Text() != want {
		t.Errorf("have %s %v, want %s", have.Text(), err, want)
	}
	some := func(r arm.Ref) (arm.Value, bool) { return str("<" + r.Path + ">"), r.Path == "a.b" }
	half, err := Resolve(v, some)
	if err != nil {
		t.Fatal(err)
	}
	if have, err = Resolve(half, all); err != nil || have.Get("k").Str() != "it's <a.b>/<KEY>{\"n\":\"<c>\"}" {
		t.Errorf("in two steps: have %s %v", have.Text(), err)
	}
}

func TestConcurrentUse(t *testing.T) {
	e, err := Parse("[map(range(0, 9), lambda('x', format('{0}{1}', lambdaVariables('x'), obj().one)))]")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if v, err := e.Eval(place); err != nil || v.Len() != 9 {
					t.Error(v.Text(), err)
				}
			}
		})
	}
	all.Wait()
}

func TestPlaceDecides(t *testing.T) {
	env := place
	env.Policy = true
	env.NullMember = func(base string) bool { return base == "obj().two" }
	env.Now, env.NewGUID = time.Time{}, nil
	for _, tt := range []struct{ in, want string }{
		{"[contains('OneTwo', 'onetwo')]", "true"},
		{"[add(-2.5, 3.5)]", "1"},
		{"[mul(1.5, 2)]", "3"},
		{"[sub(1, 0.25)]", "0.75"},
		{"[1.5]", "1.5"},
		{"[OBJ().two.nope]", "! no property \"nope\"; there are deep"},
		{"[obj().two.nope]", "null"},
		{"[utcNow()]", "! utcNow: gives another value each time and can be used only in the default value of a parameter"},
		{"[newGuid()]", "! newGuid: gives another value each time and can be used only in the default value of a parameter"},
	} {
		e, err := Parse(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Eval(env)
		have := v.Text()
		if err != nil {
			have = "! " + err.Error()
		}
		if have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.in, have, tt.want)
		}
	}
}

func TestHostileEndsInAnError(t *testing.T) {
	big := "range(0, 10000)"
	for _, in := range []string{
		"map(" + big + ", lambda('x', map(" + big + ", lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))",
		"map(" + big + ", lambda('x', string(" + big + ")))",
		"reduce(" + big + ", 'ab', lambda('c', 'n', concat(lambdaVariables('c'), lambdaVariables('c'))))",
		"reduce(" + big + ", createArray(), lambda('c', 'n', createArray(lambdaVariables('c'))))",
		"reduce(" + big + ", 'a', lambda('c', 'n', replace(lambdaVariables('c'), 'a', 'aaaaaaaa')))",
		"reduce(" + big + ", 'a', lambda('c', 'n', format('{0}{0}{0}{0}', lambdaVariables('c'))))",
		"reduce(" + big + ", u('a'), lambda('c', 'n', concat(lambdaVariables('c'), lambdaVariables('c'))))",
		"reduce(createArray('a', 'b'), string(" + big + "), lambda('c', 'n', join(" + big + ", lambdaVariables('c'))))",
		"sort(" + big + ", lambda('a', 'b', equals(" + big + ", " + big + ")))",
	} {
		if have := eval(t, "["+in+"]"); !strings.HasPrefix(have, "! ") {
			t.Errorf("%s: have %.60s, want an error", in, have)
		}
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"[ CONCAT( 'a''b',-1 , x . y( ) )[ 'z' ] [ 'z z' ] [0][ f() ] ]", "[CONCAT('a''b', -1, x.y()).z['z z'][0][f()]]"},
		{"[[x]", "[[x]"},
		{"[[[x]", "[[[x]"},
		{"plain", "plain"},
		{"[[x", "[[x"},
	} {
		e, err := Parse(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if have := e.String(); have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.in, have, tt.want)
		}
	}
}

// The hashes of Microsoft's service, restated in shared/vectors.
func TestUniqueString(t *testing.T) {
	shared := os.Getenv("AIRFIELD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	raw, err := os.ReadFile(filepath.Join(shared, "vectors", "policy-docs-tables.json"))
	if err != nil {
		t.Skipf("left out the uniqueString vectors: %v", err)
	}
	var tables struct {
		UniqueString []struct {
			Args  []string
			Value string
		}
	}
	if err := json.Unmarshal(raw, &tables); err != nil || len(tables.UniqueString) == 0 {
		t.Fatalf("%d vectors, %v", len(tables.UniqueString), err)
	}
	for _, v := range tables.UniqueString {
		if have := UniqueString(strings.Join(v.Args, "-")); have != v.Value {
			t.Errorf("%q: have %s, want %s", v.Args, have, v.Value)
		}
	}
}

// The value is that of Python's uuid.uuid5.
func TestGUID(t *testing.T) {
	if have, want := GUID("a-b"), "2d796349-8c7e-55ec-9624-54ece82ed031"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

func TestCalls(t *testing.T) {
	e, _ := Parse("[if(parameters('a').b, variables('x')[parameters(concat('c'))], 1)]")
	var have []string
	e.Calls(func(name string, first arm.Value) { have = append(have, name+" "+first.Str()) })
	if s := strings.Join(have, ","); s != "if ,parameters a,variables x,parameters ,concat c" {
		t.Error(s)
	}
}

func Example() {
	e, err := Parse("[format('st{0}{1:D2}', toLower('Train'), 7)]")
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := e.Eval(Env{})
	fmt.Println(v.Str(), err)
	// Output: sttrain07 <nil>
}

func FuzzParse(f *testing.F) {
	for _, tt := range functionTests {
		f.Add("[" + tt.in + "]")
	}
	f.Add("[[x]")
	f.Fuzz(func(t *testing.T, in string) {
		e, err := Parse(in)
		if err != nil {
			return
		}
		printed := e.String()
		again, err := Parse(printed)
		if err != nil && len(printed) <= MaxText {
			t.Fatalf("%q is printed as %q: %v", in, printed, err)
		}
		if err == nil && again.String() != printed {
			t.Fatalf("%q is printed as %q, then %q", in, printed, again.String())
		}
	})
}

func FuzzEval(f *testing.F) {
	for _, tt := range functionTests {
		f.Add("[" + tt.in + "]")
	}
	f.Add("[map(createArray(1), lambda('x', if(equals(u('a'), lambdaVariables('x')), p('b').c, 2)))]")
	f.Fuzz(func(t *testing.T, in string) {
		e, err := Parse(in)
		if err != nil {
			return
		}
		v, err := e.Eval(place)
		if err == nil && !v.Exists() {
			t.Fatalf("%q has no value", in)
		}
		for r := range v.Refs() {
			if _, ok := Computed(arm.New(r)); r.Expression != "" && !ok {
				t.Fatalf("%q is computed by what cannot be read: %s", in, r.Expression)
			}
		}
		for range Refs(v) {
		}
	})
}

func BenchmarkEval(b *testing.B) {
	for _, in := range []string{
		"[equals(obj().one, 'a')]",
		"[concat('st', toLower('Train'), '-', uniqueString('a', 'b'))]",
		"[if(and(not(empty(obj().two.deep)), contains(obj(), 'three')), length(obj().two.deep), 0)]",
	} {
		e, err := Parse(in)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(in[1:8], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(place); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
