//! The rules of the house, held against the source.

use std::collections::BTreeSet;
use std::fs;

use crate::support::source::{Source, files, is_part_of_name, package, product};

/// Fails with all that breaks a rule, not only the first.
fn none(broken: Vec<String>, rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// Holds every file that is not in `beyond` against something that its code must not contain.
fn code_without(words: &[&str], beyond: &[&str], rule: &str) {
    let sources = product();
    let bound = sources.iter().filter(|source| !beyond.contains(&source.module()));
    let broken = bound.flat_map(|source| {
        let found = words.iter().filter(|word| source.code.contains(*word));
        found.map(|word| format!("{}: {word}", source.path)).collect::<Vec<_>>()
    });
    none(broken.collect(), rule);
}

/// The literals that are SQL.
fn statements(source: &Source) -> impl Iterator<Item = &str> {
    const VERBS: [&str; 5] = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];
    let texts = source.literals.iter().map(|(_, text)| text.as_str());
    texts.filter(|text| VERBS.iter().any(|verb| text.trim_start().starts_with(verb)))
}

#[test]
fn the_journey_needs_nothing_but_std_serde_and_time() {
    const MAY: [&str; 3] = ["chrono", "serde", "serde_json"];
    let manifest = fs::read_to_string(package().join("Cargo.toml")).expect("the manifest");
    let dependencies = manifest.split("\n[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
    let crates = dependencies.expect("dependencies").lines().filter_map(|line| line.split_once(" = "));
    let crates: Vec<_> = crates
        .map(|(name, _)| name.trim_end_matches(".workspace").replace('-', "_"))
        .filter(|name| !MAY.contains(&name.as_str()))
        .collect();
    assert!(crates.iter().any(|name| name == "sqlx"), "{crates:?}");
    let mut broken = Vec::new();
    for source in product().iter().filter(|source| source.module() == "journey") {
        for name in &crates {
            let path = format!("{name}::");
            let used = source
                .code
                .match_indices(&path)
                .any(|(at, _)| !source.code[..at].ends_with(|c: char| is_part_of_name(c) || c == ':'));
            if used {
                broken.push(format!("{} uses {name}", source.path));
            }
        }
        for word in
            ["Utc::now", "Local::now", "SystemTime", "Instant", "std::fs", "std::net", "std::env", "std::thread"]
        {
            if source.code.contains(word) {
                broken.push(format!("{} uses {word}", source.path));
            }
        }
    }
    none(broken, "the journey is pure: clock, chance and the world come in as arguments");
}

#[test]
fn modules_use_only_those_before_them() {
    // Each module, and those it may use beside itself.
    const ORDER: [(&str, &[&str]); 23] = [
        ("journey", &[]),
        ("language", &["journey"]),
        ("islands", &["journey"]),
        ("clock", &[]),
        ("db", &["journey"]),
        ("schemas", &["journey"]),
        ("log", &["journey", "db", "schemas"]),
        ("hospital", &["journey", "db", "schemas"]),
        ("projections", &["journey", "clock", "db", "schemas", "log", "hospital::tenants"]),
        ("analytics", &["journey", "language", "db", "hospital", "projections"]),
        ("mail", &[]),
        ("digest", &["journey", "language", "clock", "db", "hospital", "analytics", "mail"]),
        ("record", &["journey", "clock", "db", "log", "hospital", "projections"]),
        ("delivery", &["journey", "clock", "db", "schemas", "log", "hospital::tenants", "record"]),
        ("live", &["journey", "db", "log", "projections", "record"]),
        (
            "reminders",
            &["journey", "language", "clock", "db", "log", "hospital", "projections", "mail", "record", "delivery"],
        ),
        ("demo", &["journey", "clock", "db", "log", "hospital", "projections", "record"]),
        ("export", &["journey", "db", "log", "hospital", "projections", "analytics", "record"]),
        ("import", &["journey", "db", "log", "hospital", "record", "demo"]),
        ("simulation", &["journey", "db", "hospital", "record", "demo"]),
        (
            "screens",
            &["journey", "language", "islands", "clock", "db", "log", "hospital", "projections", "analytics", "record"],
        ),
        (
            "http",
            &[
                "journey",
                "language",
                "islands",
                "clock",
                "db",
                "schemas",
                "log",
                "hospital",
                "projections",
                "analytics",
                "record",
                "delivery",
                "live",
                "screens",
            ],
        ),
        (
            "command",
            &[
                "journey",
                "islands",
                "clock",
                "db",
                "log",
                "hospital",
                "projections",
                "analytics",
                "record",
                "delivery",
                "live",
                "reminders",
                "demo",
                "mail",
                "digest",
                "export",
                "import",
                "simulation",
                "screens",
                "http",
            ],
        ),
    ];
    let mut broken = Vec::new();
    for source in product().iter().filter(|source| !["main", "lib"].contains(&source.module())) {
        let Some((module, may)) = ORDER.iter().find(|(module, _)| *module == source.module()) else {
            broken.push(format!("{} is in no module of the table: say here what it may use", source.path));
            continue;
        };
        for path in source.crate_paths() {
            // The macros that db exports stand at the crate's root.
            let path = if ["on", "from"].contains(&path) { "db" } else { path };
            let fits = |prefix: &&str| {
                path == *prefix || path.strip_prefix(*prefix).is_some_and(|rest| rest.starts_with("::"))
            };
            if !fits(module) && !may.iter().any(fits) {
                broken.push(format!("{} uses crate::{path}", source.path));
            }
        }
        let is_top = source.path == format!("{module}.rs") || source.path == format!("{module}/mod.rs");
        if is_top && source.code.contains("super::") {
            broken.push(format!("{} uses super::, which is the crate's root: write crate::", source.path));
        }
    }
    none(
        broken,
        "journey ← islands; journey ← log ← projections ← record ← screens ← http ← main; hospital ← record ← delivery ← http",
    );
}

#[test]
fn nothing_but_the_recorder_appends() {
    let words = ["lock_head", "save_head", "log::end", "log::append", "append::append"];
    code_without(&words, &["log", "record"], "nothing but record appends to the log");
}

#[test]
fn nothing_but_the_log_knows_its_table() {
    let mut broken = Vec::new();
    for source in product().iter().filter(|source| source.module() != "log") {
        let texts = source.literals.iter().filter(|(_, text)| text.contains("visit_events"));
        broken.extend(texts.map(|(_, text)| format!("{}: {text}", source.path)));
    }
    none(broken, "nothing but log names the table visit_events");
}

#[test]
fn what_an_event_means_is_read_as_of_today() {
    let (mut broken, mut seen) = (Vec::new(), 0);
    for source in product() {
        let code: String = source.code.split_whitespace().collect();
        for word in ["event.metadata", "stored.metadata", "happened.metadata"] {
            for (at, _) in code.match_indices(word) {
                let rest = &code[at + word.len()..];
                // A step has metadata of its own, and who hands an event out may blank them.
                let is_read = !rest.starts_with('(') && (!rest.starts_with('=') || rest.starts_with("=="));
                match source.module() {
                    "log" => seen += 1,
                    _ if is_read => broken.push(format!("{}: {word}", source.path)),
                    _ => {}
                }
            }
        }
    }
    none(broken, "nothing but log reads metadata as they were logged: what they mean today() says");
    assert!(seen > 0, "it is recognised when it is seen");
}

#[test]
fn sql_is_where_it_belongs() {
    let mut broken = Vec::new();
    let (belongs, foreign): (Vec<_>, Vec<_>) =
        product().into_iter().partition(|source| ["db", "log", "projections", "hospital"].contains(&source.module()));
    for source in &foreign {
        broken.extend(statements(source).map(|text| format!("{}: {text}", source.path)));
    }
    none(broken, "nothing but db, log, projections and hospital holds SQL");
    let found = belongs.iter().map(|source| statements(source).count()).sum::<usize>();
    assert!(found > 80, "SQL is recognised when it is seen: {found} statements");
}

#[test]
fn the_recorder_asks_by_connections_of_the_tenant() {
    // The queue hands the database on whole, for groups of any tenant; a rebuild is handed what it works on.
    const BEYOND: [&str; 2] = ["record/queue.rs", "record/rebuild.rs"];
    let (mut broken, mut asked) = (Vec::new(), 0);
    for source in product().iter().filter(|source| source.module() == "record") {
        if BEYOND.contains(&source.path.as_str()) {
            continue;
        }
        for (at, word) in source.code.match_indices("self.db") {
            asked += 1;
            let rest = source.code[at + word.len()..].trim_start();
            if !rest.starts_with(".of(") {
                broken.push(format!("{}: {word}{}", source.path, rest.lines().next().unwrap_or_default()));
            }
        }
    }
    none(broken, "what is done for one tenant is done by connections that see no other");
    assert!(asked > 10, "{asked} uses of the database are seen");
}

#[test]
fn every_statement_is_handed_a_tenant() {
    // Statements without a tenant, and why.
    const WITHOUT: [(&str, &str); 14] = [
        ("SELECT 1", "asks whether the database is there"),
        ("FROM pg_roles", "asks what the role that we are may see"),
        ("FROM _sqlx_migrations", "asks which schema is there"),
        ("FROM tenants", "tenants themselves"),
        ("FROM log_heads ORDER BY tenant_id", "how far each tenant's log has got"),
        ("INSERT INTO tenants", "a tenant's own row"),
        ("UPDATE tenants", "a tenant's own row"),
        ("FROM sessions WHERE id_digest = $1 AND", "who is signed in, and where, is found by the session's id"),
        ("DELETE FROM sessions WHERE id_digest = $1", "signing out, by the session's id"),
        ("DELETE FROM sessions WHERE seen_at", "sessions of all tenants that have run out"),
        ("SELECT p.id, p.sign_in_name", "the beginning of a query; its end names the tenant, or a sign-in name"),
        ("FROM branches WHERE id = $1", "a waiting room's display is found by its branch"),
        ("SELECT s.tenant_id, s.id", "the beginning of a query; its end names the tenant, or the secret of a link"),
        ("token_digest = $", "whom a program calls for is found by its token"),
    ];
    let (mut broken, mut needed) = (Vec::new(), BTreeSet::new());
    // The macros there put the tenant into every statement they make.
    const MAKERS: [&str; 2] = ["db/rows.rs", "db/beside.rs"];
    for source in product().into_iter().filter(|source| !MAKERS.contains(&source.path.as_str())) {
        for text in statements(&source) {
            let handed = ["tenant_id = $", "(tenant_id,", ".tenant_id = $"].iter().any(|words| text.contains(words));
            match WITHOUT.iter().find(|(words, _)| text.contains(words)) {
                _ if handed => {}
                Some((words, _)) => drop(needed.insert(*words)),
                None => broken.push(format!("{}: {text}", source.path)),
            }
        }
    }
    none(broken, "every query is handed a tenant");
    assert_eq!(needed, WITHOUT.map(|(words, _)| words).into(), "an exception that nothing needs leaves the list");
}

/// The addresses that are asked for by GET.
fn asked_for() -> Vec<String> {
    let router = fs::read_to_string(package().join("src/http/mod.rs")).expect("the router");
    let routes = router.split(".route(\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let asked = routes.filter(|(_, rest)| rest.trim_start_matches([',', ' ', '\n']).starts_with("get("));
    asked.map(|(path, _)| path.to_owned()).collect()
}

/// The addresses, and the links to them, that the browser tests walk; from where they set out is no part of it.
fn walked() -> Vec<String> {
    let screens = fs::read_to_string(package().join("end2end/journeys/screens.ts")).expect("the screens");
    let (_, screens) = screens.split_once("export const SCREENS").expect("a list of screens");
    let (screens, _) = screens.split_once("\n];").expect("its end");
    let pieces: Vec<_> = screens.split('"').collect();
    let texts = pieces.chunks_exact(2).filter(|pair| {
        let before = pair[0].trim_end();
        !["name:", "from:", "through:"].iter().any(|name| before.ends_with(name))
    });
    texts.map(|pair| pair[1].to_owned()).collect()
}

fn without_query(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

#[test]
fn every_screen_is_walked_by_the_browser_tests() {
    // What is asked for and not walked as a screen, and why.
    const OTHERWISE: [(&str, &str); 18] = [
        ("/", "sends each to their own workplace"),
        ("/login", "walked before anybody is signed in"),
        ("/language/{tag}/{version}", "texts for islands"),
        ("/visits/{visit}/documents/{document}", "a file"),
        ("/shared/{secret}", "walked with a document that is lent for it"),
        ("/visits/{visit}/slip", "walked with a visit that is registered for it"),
        ("/display/{branch}", "walked without anybody signed in to it"),
        ("/display/{branch}/live", "live updates"),
        ("/live", "live updates"),
        ("/patients/found", "a list inside a screen"),
        ("/lab/offline", "walked without network"),
        ("/lab/worklist", "what a tablet keeps"),
        ("/service-worker.js", "a script"),
        ("/analytics/{panel}", "a table for spreadsheets"),
        ("/analytics/journeys/{panel}", "a table for spreadsheets"),
        ("/metrics", "figures for programs"),
        ("/healthz", "a sign of life for programs"),
        ("/readyz", "a sign of life for programs"),
    ];
    let (asked, walked) = (asked_for(), walked());
    assert!(asked.len() > 40 && walked.len() > 40, "both are recognised: {asked:?}, {walked:?}");
    let is_walked = |path: &str| {
        if !path.contains('{') {
            return walked.iter().any(|text| without_query(text) == path);
        }
        // A screen about one thing is known by what stands before its id, or after it.
        let known = path.split('/').rfind(|part| !part.is_empty() && !part.contains('{')).unwrap_or_default();
        let mark = if path.ends_with('}') { format!("/{known}/") } else { format!("/{known}'") };
        let is_another = |text: &String| asked.iter().any(|path| path == without_query(text));
        walked.iter().any(|text| text.contains(&mark) && !is_another(text))
    };
    let unwalked: BTreeSet<_> = asked.iter().map(String::as_str).filter(|path| !is_walked(path)).collect();
    let named: BTreeSet<_> = OTHERWISE.iter().map(|(path, _)| *path).collect();
    let broken = unwalked.difference(&named).map(|path| format!("{path} is not in end2end/journeys/screens.ts"));
    none(broken.collect(), "axe and the pictures walk every screen; what is none is named here, with the reason");
    assert_eq!(unwalked, named, "an exception that nothing needs leaves the list");
}

#[test]
fn no_file_is_too_long() {
    // Files that are one table.
    const LONG: [&str; 1] = ["journey/events.rs"];
    let root = package().join("src");
    let long = files(&root).into_iter().filter_map(|path| {
        let lines = fs::read_to_string(&path).expect("a file of the source").lines().count();
        let path = path.strip_prefix(&root).expect("a path below it").to_string_lossy().into_owned();
        (lines > 400 && !LONG.contains(&path.as_str())).then(|| format!("{path} has {lines} lines"))
    });
    none(long.collect(), "a file over 400 lines is asked what its two halves are called");
    let product: BTreeSet<_> =
        product().into_iter().filter(|source| source.lines > 400).map(|source| source.path).collect();
    assert_eq!(product, LONG.map(str::to_owned).into(), "who got shorter leaves the list");
}

#[test]
fn nothing_panics_by_intent() {
    let words = [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!(", "dbg!("];
    code_without(&words, &[], "no unwrap, expect or panic outside tests");
}
