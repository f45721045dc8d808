//! Judges resources by Azure Policy definitions with regorus, and says how long
//! that took:
//!
//!     cargo run --release -- -shared DIR -aliases aliases.json -policies ../policies.json -resources FILE
//!
//! Regorus is given its best chance, in the pipeline of its own example
//! (examples/regorus/azure_policy.rs): definitions are compiled once, each with
//! a virtual machine of its own; resources are parsed, normalized and put in
//! their envelopes before the clock of evaluation starts; the allocator is the
//! one that regorus brings along.
//!
//! A second number leaves out, before the machine starts, the policies whose
//! compiled metadata names other types, as a host would that has an index.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Instant;

use flate2::read::GzDecoder;
use regorus::languages::azure_policy::aliases::{normalizer, AliasRegistry};
use regorus::languages::azure_policy::{compiler, parser};
use regorus::rvm::RegoVM;
use regorus::{Rc, Source, Value};
use serde_json::{json, Value as Json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ENGINE: &str = "regorus 0.14.1"; // as in Cargo.toml

fn main() {
    match run() {
        Ok(result) => println!("{result}"),
        Err(err) => {
            eprintln!("peer-regorus: {err}");
            std::process::exit(2);
        }
    }
}

fn run() -> Result<Json> {
    let flags = flags()?;
    let flag = |name: &str| flags.get(name).ok_or(format!("-{name} is missing"));

    let start = Instant::now();
    let registry = registry(flag("aliases")?)?;
    let mut policies = compile(flag("shared")?, flag("policies")?, &registry)?;
    let compile_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let raw = parse(flag("resources")?)?;
    let parse_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let resources: Vec<Resource> = raw.iter().map(|r| normalize(r, &registry, &policies)).collect::<Result<_>>()?;
    let normalize_seconds = start.elapsed().as_secs_f64();
    drop(raw);

    let rounds = flags.get("rounds").map_or(Ok(3), |n| n.parse())?;
    let (matches, seconds) = fastest(rounds, || judge(&mut policies.list, &resources, |_, _| true));
    let (by_type, seconds_by_type) =
        fastest(rounds, || judge(&mut policies.list, &resources, |p, r| p.types.is_empty() || p.types.contains(&r.typ)));
    if by_type != matches {
        return Err("the policies found by type match other resources than all policies".into());
    }

    let n = resources.len() as f64;
    let names = policies.list.iter().map(|p| p.name.clone());
    let errors: BTreeMap<_, _> = policies.list.iter().filter_map(|p| Some((&p.name, p.error.as_ref()?))).collect();
    Ok(json!({
        "engine": ENGINE, "resources": resources.len(), "workers": 1,
        "compile_seconds": compile_seconds, "parse_seconds": parse_seconds, "normalize_seconds": normalize_seconds,
        "seconds": seconds, "resources_per_second": n / seconds,
        "resources_per_second_with_normalization": n / (seconds + normalize_seconds),
        "seconds_by_type": seconds_by_type, "resources_per_second_by_type": n / seconds_by_type,
        "matches": names.zip(matches).collect::<BTreeMap<_, _>>(), "errors": errors,
    }))
}

/// Does it so often, and gives what the last round gave and the seconds of the
/// fastest.
fn fastest<T>(rounds: usize, mut f: impl FnMut() -> T) -> (T, f64) {
    let mut timed = || {
        let start = Instant::now();
        (f(), start.elapsed().as_secs_f64())
    };
    let (mut result, mut seconds) = timed();
    for _ in 1..rounds {
        let (r, s) = timed();
        (result, seconds) = (r, s.min(seconds));
    }
    (result, seconds)
}

fn flags() -> Result<HashMap<String, String>> {
    let mut args = std::env::args().skip(1);
    let mut flags = HashMap::new();
    while let Some(flag) = args.next() {
        let name = flag.strip_prefix('-').ok_or(format!("{flag} is no flag"))?;
        flags.insert(name.to_string(), args.next().ok_or(format!("{flag} has no value"))?);
    }
    Ok(flags)
}

fn registry(file: &str) -> Result<Rc<AliasRegistry>> {
    let mut registry = AliasRegistry::new();
    registry.load_from_json(&std::fs::read_to_string(file)?)?;
    Ok(Rc::new(registry))
}

struct Policies {
    list: Vec<Policy>,
    /// Parameters are a part of a machine's input. Policies whose parameters do
    /// not contradict each other share one object, so that a resource has one
    /// envelope for them all.
    parameters: Vec<Value>,
}

struct Policy {
    name: String,
    vm: RegoVM,
    indexed: bool,
    types: Vec<String>, // in lower case, those that its metadata names
    parameters: usize,
    error: Option<String>, // the first one of evaluation
}

/// Compiles the definitions that the table names, from the corpus.
fn compile(shared: &str, table: &str, registry: &Rc<AliasRegistry>) -> Result<Policies> {
    let table: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(table)?)?;
    let documents = documents(shared)?;
    let mut sets: Vec<serde_json::Map<String, Json>> = Vec::new();
    let mut list = Vec::new();
    for entry in &table {
        let name = entry["name"].as_str().ok_or("a policy has no name")?;
        let document = documents.get(name).ok_or(format!("the corpus has no definition {name}"))?;
        // A line of source may not be long: print it prettily.
        let source = Source::from_contents(name.to_string(), serde_json::to_string_pretty(document)?)?;
        let definition = parser::parse_policy_definition(&source).map_err(|e| format!("{name}: {e}"))?;
        let program = compiler::compile_policy_definition_with_aliases(&definition, Rc::clone(registry))?;
        let types = match program.metadata.annotations.get("resource_types") {
            Some(types) => strings(types),
            None => Vec::new(),
        };
        let mut vm = RegoVM::new();
        vm.load_program(program);
        list.push(Policy {
            name: name.to_string(),
            vm,
            indexed: definition.mode.as_deref().is_none_or(|m| m.eq_ignore_ascii_case("Indexed")),
            types,
            parameters: share(&mut sets, entry["parameters"].as_object().ok_or("a policy has no parameters")?),
            error: None,
        });
    }
    let parameters = sets.into_iter().map(|s| Value::from(Json::Object(s))).collect();
    Ok(Policies { list, parameters })
}

/// Puts the parameters into the first set that they do not contradict.
fn share(sets: &mut Vec<serde_json::Map<String, Json>>, own: &serde_json::Map<String, Json>) -> usize {
    let fits = |set: &serde_json::Map<String, Json>| own.iter().all(|(k, v)| set.get(k).is_none_or(|old| old == v));
    let at = sets.iter().position(fits).unwrap_or_else(|| {
        sets.push(Default::default());
        sets.len() - 1
    });
    sets[at].extend(own.clone());
    at
}

fn strings(v: &Value) -> Vec<String> {
    let lower = |v: &Value| v.as_string().map(|s| s.to_lowercase()).ok();
    if let Ok(items) = v.as_array() {
        return items.iter().filter_map(lower).collect();
    }
    match v.as_set() {
        Ok(items) => items.iter().filter_map(lower).collect(),
        Err(_) => Vec::new(),
    }
}

/// The public cloud's definitions, by name; the Government's have the same names.
fn documents(shared: &str) -> Result<HashMap<String, Json>> {
    let file = format!("{shared}/corpora/builtin-policyDefinitions.jsonl.gz");
    let mut documents = HashMap::new();
    for line in BufReader::new(GzDecoder::new(File::open(file)?)).lines() {
        let mut line: Json = serde_json::from_str(&line?)?;
        let government = line["path"].as_str().is_some_and(|p| p.contains("/Azure Government/"));
        if let (false, Some(name)) = (government, line["document"]["name"].as_str()) {
            documents.insert(name.to_string(), line["document"].take());
        }
    }
    Ok(documents)
}

fn parse(file: &str) -> Result<Vec<Value>> {
    let mut resources = Vec::new();
    for line in BufReader::new(File::open(file)?).lines() {
        resources.push(Value::from_json_str(&line?)?);
    }
    Ok(resources)
}

struct Resource {
    typ: String, // in lower case
    located: bool,
    inputs: Vec<Value>, // one for each set of parameters
    context: Value,
}

/// Gives a resource the form that the machines take. The request's apiVersion
/// is the resource's own.
fn normalize(raw: &Value, registry: &AliasRegistry, policies: &Policies) -> Result<Resource> {
    let api = &raw["apiVersion"];
    let mut resource = normalizer::normalize(raw, Some(registry), api.as_string().ok().map(|s| s.as_ref()));
    resource.as_object_mut()?.insert(Value::from("apiversion"), api.clone());
    let object = |members: Vec<(&str, Value)>| -> Result<Value> {
        let mut o = Value::new_object();
        for (name, value) in members {
            o.as_object_mut()?.insert(Value::from(name), value);
        }
        Ok(o)
    };
    let envelope = |p: &Value| object(vec![("resource", resource.clone()), ("parameters", p.clone())]);
    Ok(Resource {
        typ: raw["type"].as_string()?.to_lowercase(),
        located: raw["location"].as_string().is_ok(),
        inputs: policies.parameters.iter().map(envelope).collect::<Result<_>>()?,
        context: object(vec![("requestContext", object(vec![("apiVersion", api.clone())])?)])?,
    })
}

/// Counts, for each policy, the resources for which it has an effect. Mode
/// Indexed leaves out resources without a location.
fn judge(policies: &mut [Policy], resources: &[Resource], concerns: impl Fn(&Policy, &Resource) -> bool) -> Vec<usize> {
    let mut matches = vec![0; policies.len()];
    for r in resources {
        for (p, matches) in policies.iter_mut().zip(&mut matches) {
            if p.indexed && !r.located || !concerns(p, r) {
                continue;
            }
            p.vm.set_input(r.inputs[p.parameters].clone());
            p.vm.set_context(r.context.clone());
            match p.vm.execute_entry_point_by_name("main") {
                Ok(Value::Undefined) => {}
                Ok(_) => *matches += 1,
                Err(err) => {
                    p.error.get_or_insert(err.to_string());
                }
            }
        }
    }
    matches
}
