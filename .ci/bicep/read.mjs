// Reads Bicep files and prints them as JSON, for the tests of package emit:
// {FILE: {errors, scope, parameters, resources, modules}}. Plain values are
// plain JSON; everything else is one of
//   {$symbol: NAME}  {$of: EXPRESSION, $member: NAME}  {$call: NAME, $arguments: [...]}
//   {$number: TEXT}  {$object: [[NAME or EXPRESSION, VALUE]...]}
//   {$parts: [TEXT or EXPRESSION...]}, a string with interpolations
//
// usage: AIRFIELD_BICEP=FOLDER node read.mjs FILE...
// FOLDER holds the node_modules of package.json (npm install --ignore-scripts).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const folder = path.resolve(process.env.AIRFIELD_BICEP ?? import.meta.dirname);
const require = createRequire(path.join(folder, 'x.js'));
const { Parser, Language } = require('web-tree-sitter');

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(path.join(folder, 'node_modules/tree-sitter-bicep/tree-sitter-bicep.wasm')));

const escapes = { n: '\n', r: '\r', t: '\t', "'": "'", '\\': '\\', $: '$' };

// Strings are read from the text between their interpolations: the grammar's
// own nodes leave out white space at their edges.
function string(node) {
  const parts = [];
  let text = '';
  let at = node.startIndex + 1;
  const take = end => {
    text += source.slice(at, end).replace(/\\(u\{([0-9a-fA-F]+)\}|[\s\S])/g, (all, c, hex) => {
      if (hex) return String.fromCodePoint(parseInt(hex, 16));
      if (!(c in escapes)) throw new Error(`unknown escape ${all}`);
      return escapes[c];
    });
  };
  for (const child of node.namedChildren) {
    if (child.type !== 'interpolation') continue;
    take(child.startIndex);
    if (text) parts.push(text);
    text = '';
    parts.push(value(child.namedChildren[0]));
    at = child.endIndex;
  }
  take(node.endIndex - 1);
  if (parts.length === 0) return text;
  if (text) parts.push(text);
  return { $parts: parts };
}

function value(node) {
  switch (node.type) {
    case 'string': return string(node);
    case 'number': return { $number: node.text };
    case 'boolean': return node.text === 'true';
    case 'null': return null;
    case 'array': return node.namedChildren.map(value);
    case 'object': return object(node);
    case 'identifier': return { $symbol: node.text };
    case 'member_expression':
      return { $of: value(node.childForFieldName('object')), $member: node.childForFieldName('property').text };
    case 'subscript_expression':
      return { $of: value(node.childForFieldName('object')), $member: index(node.childForFieldName('index')) };
    case 'call_expression':
      return { $call: node.childForFieldName('function').text, $arguments: node.childForFieldName('arguments').namedChildren.map(value) };
  }
  throw new Error(`${node.type} at line ${node.startPosition.row + 1}`);
}

function index(node) {
  return node.type === 'number' ? node.text : string(node);
}

// object gives the members as pairs, as names may be expressions too.
function object(node) {
  const pairs = [];
  for (const property of node.namedChildren) {
    if (property.type !== 'object_property') throw new Error(`${property.type} at line ${property.startPosition.row + 1}`);
    const [name, of] = property.namedChildren;
    pairs.push([name.type === 'identifier' ? name.text : value(name), value(of)]);
  }
  return { $object: pairs };
}

function read(file) {
  const out = { errors: [], scope: '', parameters: [], resources: [], modules: [] };
  const root = parser.parse(source).rootNode;
  const visit = node => {
    if (node.isError || node.isMissing) out.errors.push(`${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}: ${node.text.slice(0, 40)}`);
    if (node.hasError) node.children.forEach(visit);
  };
  visit(root);
  if (out.errors.length) return out;
  for (const node of root.namedChildren) {
    const named = type => node.namedChildren.find(child => child.type === type);
    switch (node.type) {
      case 'target_scope_assignment': out.scope = string(named('string')); break;
      case 'parameter_declaration': out.parameters.push(named('identifier').text); break;
      case 'resource_declaration': {
        const [type, version] = string(named('string')).split('@');
        const existing = node.children.some(child => child.type === 'existing');
        out.resources.push({ symbol: named('identifier').text, type, version, existing, body: object(named('object')) });
        break;
      }
      case 'module_declaration':
        out.modules.push({ symbol: named('identifier').text, file: string(named('string')), body: object(named('object')) });
        break;
    }
  }
  return out;
}

const all = {};
let source;
for (const file of process.argv.slice(2)) {
  source = fs.readFileSync(file, 'utf8');
  all[file] = read(file);
}
process.stdout.write(JSON.stringify(all) + '\n');
