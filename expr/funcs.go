package expr

import (
	"maps"
	"slices"

	"airfield/arm"
)

// The general functions, by name in lower case. Each is described at
// learn.microsoft.com/azure/azure-resource-manager/templates/template-functions,
// under the heading it stands under here; those marked B only at
// …/bicep/bicep-functions, as what Bicep compiles to.
var funcs = map[string]Func{
	// array
	"array":           {1, 1, Known, toArray},
	"concat":          {0, -1, Known, concat},
	"contains":        {2, 2, Known, contains},
	"createarray":     {0, -1, Open, createArray},
	"empty":           {1, 1, Known, empty},
	"first":           {1, 1, Known, first},
	"flatten":         {1, 1, Known, flatten},           // B
	"indexfromend":    {2, 2, Known, indexFromEnd},      // B: array[^1]
	"tryindexfromend": {2, -1, Known, indexFromEndSafe}, // B: array[?^1]
	"indexof":         {2, 2, Known, indexOf},
	"intersection":    {1, -1, Known, intersection},
	"last":            {1, 1, Known, last},
	"lastindexof":     {2, 2, Known, lastIndexOf},
	"length":          {1, 1, Known, length},
	"max":             {1, -1, Deep, maxOf},
	"min":             {1, -1, Deep, minOf},
	"range":           {2, 2, Known, rangeOf},
	"skip":            {2, 2, Known, skip},
	"take":            {2, 2, Known, take},
	"tryget":          {2, -1, Known, tryGet}, // Bicep: object.?name
	"union":           {1, -1, Known, union},

	// cidr
	"parsecidr":  {1, 1, Known, parseCidr},
	"cidrsubnet": {3, 3, Known, cidrSubnet},
	"cidrhost":   {2, 2, Known, cidrHost},

	// comparison
	"coalesce":        {1, -1, Lazy, coalesce},
	"equals":          {2, 2, Open, equals},
	"greater":         {2, 2, Known, greater},
	"greaterorequals": {2, 2, Known, greaterOrEquals},
	"less":            {2, 2, Known, less},
	"lessorequals":    {2, 2, Known, lessOrEquals},

	// date
	"datetimeadd":       {2, 3, Known, dateTimeAdd},
	"datetimefromepoch": {1, 1, Known, dateTimeFromEpoch},
	"datetimetoepoch":   {1, 1, Known, dateTimeToEpoch},
	"utcnow":            {0, 1, Known, utcNow},

	// lambda
	"filter":          {2, 2, Lazy, filter},
	"groupby":         {2, 2, Lazy, groupBy}, // B
	"lambda":          {1, -1, Lazy, lambdaAlone},
	"lambdavariables": {1, 1, Known, lambdaVariables},
	"map":             {2, 2, Lazy, mapItems},
	"mapvalues":       {2, 2, Lazy, mapValues}, // B
	"reduce":          {3, 3, Lazy, reduce},
	"sort":            {2, 2, Lazy, sort},
	"toobject":        {2, 3, Lazy, toObject},

	// logical
	"and":   {1, -1, Lazy, and},
	"bool":  {1, 1, Known, toBool},
	"fail":  {1, 1, Known, fail}, // B
	"false": {0, 0, Known, func(*Call) (arm.Value, error) { return no, nil }},
	"if":    {3, 3, Lazy, ifElse},
	"not":   {1, 1, Known, not},
	"or":    {1, -1, Lazy, or},
	"true":  {0, 0, Known, func(*Call) (arm.Value, error) { return yes, nil }},

	// numeric; min and max are above
	"add":   {2, 2, Known, add},
	"div":   {2, 2, Known, div},
	"float": {1, 1, Known, toFloat},
	"int":   {1, 1, Known, toInt},
	"mod":   {2, 2, Known, mod},
	"mul":   {2, 2, Known, mul},
	"sub":   {2, 2, Known, sub},

	// object; contains, empty, intersection, length and union are above
	"createobject": {0, -1, Open, createObject},
	"items":        {1, 1, Known, items},
	"json":         {1, 1, Known, fromJSON},
	"null":         {0, 0, Known, func(*Call) (arm.Value, error) { return null, nil }},
	"objectkeys":   {1, 1, Known, objectKeys},
	"shallowmerge": {1, 1, Known, shallowMerge}, // Bicep: { ...a, ...b }

	// string; what works on arrays too is above
	"base64":               {1, 1, Deep, toBase64},
	"base64tojson":         {1, 1, Known, base64ToJSON},
	"base64tostring":       {1, 1, Known, base64ToString},
	"builduri":             {1, 1, Deep, buildURI}, // B
	"datauri":              {1, 1, Deep, dataURI},
	"datauritostring":      {1, 1, Known, dataURIToString},
	"endswith":             {2, 2, Known, endsWith},
	"format":               {1, -1, Deep, format},
	"guid":                 {1, -1, Deep, guid},
	"join":                 {2, 2, Deep, join},
	"newguid":              {0, 0, Known, newGUID},
	"padleft":              {2, 3, Known, padLeft},
	"parseuri":             {1, 1, Known, parseURI}, // B
	"replace":              {3, 3, Known, replace},
	"split":                {2, 2, Known, split},
	"startswith":           {2, 2, Known, startsWith},
	"string":               {1, 1, Deep, toString},
	"substring":            {2, 3, Known, substring},
	"tolower":              {1, 1, Known, toLower},
	"toupper":              {1, 1, Known, toUpper},
	"trim":                 {1, 1, Known, trim},
	"uniquestring":         {1, -1, Deep, uniqueString},
	"uri":                  {2, 2, Known, uri},
	"uricomponent":         {1, 1, Known, uriComponent},
	"uricomponenttostring": {1, 1, Known, uriComponentToString},
}

// Names gives the names of the general functions, in lower case and sorted.
func Names() []string { return slices.Sorted(maps.Keys(funcs)) }
