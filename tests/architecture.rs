//! The documents say what is so: the paths, arrows and absences of ARCHITECTURE.md, and the settings of the README.

use dialogdex::config::{SETTINGS, to_toml};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module at the top of a crate may use of the others. One that is not here fails the test.
type Arrows = &'static [(&'static str, &'static [&'static str])];

const LIBRARY: Arrows = &[
    ("data_folder", &[]),
    ("domain", &[]),
    ("error", &["domain"]),
    ("explanation", &[]),
    ("last_used", &[]),
    ("sizes", &[]),
    ("text", &["domain"]),
    ("query", &["domain", "text"]),
    ("scope", &["domain"]),
    ("store", &["domain", "error", "sizes"]),
    ("search", &["domain", "error", "explanation", "last_used", "query", "sizes", "text"]),
    (
        "dialogs",
        &[
            "data_folder",
            "domain",
            "error",
            "explanation",
            "last_used",
            "query",
            "scope",
            "search",
            "sizes",
            "store",
            "text",
        ],
    ),
];

/// The program itself, which is `main.rs` and the commands, uses the service as a crate of its own.
const SERVICE: Arrows = &[
    ("blocking", &[]),
    ("error_chain", &[]),
    ("server", &[]),
    ("metrics", &[]),
    ("telemetry", &["error_chain", "metrics", "outbound"]),
    ("outbound", &[]),
    ("auth", &["blocking", "error_chain", "metrics", "outbound"]),
    ("events", &["blocking", "error_chain", "metrics", "outbound"]),
    ("app", &["auth", "blocking", "metrics", "telemetry"]),
    ("api", &["app", "auth", "error_chain", "events", "metrics", "telemetry"]),
    ("corpus", &["api", "auth"]),
    ("config", &["app", "auth", "events", "outbound", "telemetry"]),
];

/// Which modules of which crate may name another crate.
const NAMED_IN: &[(&str, &str, &[&str])] = &[
    ("index", "redb", &["error", "store"]),
    ("index", "tantivy", &["error", "search"]),
    (".", "axum", &["api", "server", "telemetry"]),
];

/// What the library must not need, not even through others.
const BANNED_IN_LIBRARY: [&str; 6] = ["async-graphql", "axum", "hyper", "jsonwebtoken", "reqwest", "tokio"];

#[test]
fn every_path_of_the_map_exists() {
    let map = read("ARCHITECTURE.md");
    let is_missing = |path: &&str| !root().join(path).exists();
    assert_eq!(paths(&map).into_iter().filter(is_missing).collect::<Vec<_>>(), [""; 0]);
    assert!(paths(&map).len() > 50, "the paths of the map are not found");

    let text = "`src/gone.rs` and `src/lib.rs`, `Cargo.toml`, `fixtures/`; `App::blocking`, `/api/v1`, `text_open`\n\
                ```text\n`src/fenced.rs`\n```\nand `gone.md`";
    let found: Vec<_> = paths(text).into_iter().collect();
    assert_eq!(found, ["Cargo.toml", "fixtures/", "gone.md", "src/gone.rs", "src/lib.rs"]);
    assert_eq!(found.iter().filter(|path| is_missing(path)).collect::<Vec<_>>(), [&"gone.md", &"src/gone.rs"]);
}

#[test]
fn the_map_names_every_module() {
    let map = read("ARCHITECTURE.md");
    let unnamed = |map: &str| -> Vec<String> {
        let files = ["index", "."].into_iter().flat_map(|folder| {
            let prefix = if folder == "." { "src" } else { "index/src" };
            modules(folder).into_iter().map(move |module| format!("{prefix}/{module}.rs"))
        });
        files.filter(|file| !paths(map).contains(file.as_str())).collect()
    };
    assert_eq!(unnamed(&map), [""; 0]);
    assert_eq!(unnamed(&map.replace("`index/src/scope.rs`", "a scope")), ["index/src/scope.rs"]);
}

#[test]
fn arrows_never_turn_back() {
    for (folder, arrows) in [("index", LIBRARY), (".", SERVICE)] {
        let known: BTreeSet<_> = arrows.iter().map(|(module, _)| (*module).to_owned()).collect();
        assert_eq!(modules(folder), known, "the modules of {folder}/src/lib.rs");
        let sources = sources(folder);
        assert!(sources.len() > 50, "the sources of {folder} are not found");
        assert_eq!(forbidden_uses(arrows, &reexports(folder), &sources), [""; 0]);
    }
}

#[test]
fn an_arrow_that_turns_back_is_found() {
    let reexports = reexports("index");
    let check = |path: &str, text: &str, expected: &[&str]| {
        let source = [(PathBuf::from(path), text.to_owned())];
        assert_eq!(forbidden_uses(LIBRARY, &reexports, &source), expected, "{path}: {text}");
    };
    check("domain/dialog.rs", "use super::time::Timestamp;\nuse crate::domain::Party;", &[]);
    check("domain/dialog.rs", "use crate::store::Kind;", &["domain/dialog.rs uses store"]);
    check("domain/dialog.rs", "fn f() -> crate::query::Order {", &["domain/dialog.rs uses query"]);
    check("domain/dialog.rs", "use super::super::text::Tokens;", &["domain/dialog.rs uses text"]);
    check("domain.rs", "use super::search::Hits;", &["domain.rs uses search"]);
    check("store/codec.rs", "use super::tables::IDS;\nuse crate::{Part, StoreError};", &[]);
    check(
        "store/codec.rs",
        "use crate::{\n    Part,\n    search::{Hits, IndexRow},\n};",
        &["store/codec.rs uses search"],
    );
    check("store/codec.rs", "use crate::{StoreError, AuthorizedScope};", &["store/codec.rs uses scope"]);
    check("search/page.rs", "use super::super::{store::Kind, text::Tokens};", &["search/page.rs uses store"]);
    check("search/page.rs", "/// As [`crate::store::Kind`].\n// crate::dialogs", &[]);
    check("search/page.rs", "use crate::Dialogs;", &["search/page.rs uses dialogs"]);
    check("search/tests/scan.rs", "use crate::Dialogs;", &[]);
    check("store/tests.rs", "use crate::dialogs::fixture;", &[]);
    check("text/compile.rs", "use crate::*;", &["text/compile.rs uses *"]);
}

#[test]
fn other_crates_are_named_in_their_places() {
    for (folder, name, places) in NAMED_IN {
        let sources = sources(folder);
        assert_eq!(named_elsewhere(name, places, &sources), [""; 0], "{name}");
        let found: BTreeSet<_> =
            sources.iter().filter(|(_, text)| names(text, name)).map(|(path, _)| top(path)).collect();
        assert_eq!(found, places.iter().map(|place| (*place).to_owned()).collect(), "{name}");
    }
    let sources = ["use redb::Database;", "use forged_redb::Database;", "// redb::Database"]
        .map(|text| (PathBuf::from("domain/time.rs"), text.to_owned()));
    assert_eq!(named_elsewhere("redb", &["store"], &sources), ["domain/time.rs names redb"]);
}

#[test]
fn the_library_needs_no_http() {
    let manifest: toml::Table = read("index/Cargo.toml").parse().expect("a manifest");
    let direct: BTreeSet<_> = manifest["dependencies"].as_table().expect("dependencies").keys().cloned().collect();
    let lock: toml::Table = read("Cargo.lock").parse().expect("a lock file");
    let graph = dependencies(&lock);
    let all = reached("dialog-index", &graph);
    assert!(direct.is_subset(&all), "{direct:?}");
    assert_eq!(banned(&all), [""; 0]);
    assert_eq!(banned(&reached("dialogdex", &graph)), ["axum", "hyper", "jsonwebtoken", "reqwest", "tokio"]);
}

#[test]
fn the_readme_shows_every_setting() {
    let readme = read("README.md");
    let table = settings_table();
    assert_eq!(settings_rows(&readme), settings_rows(&table), "the table of the README should be\n{table}");
    for changed in [
        table.replace("| `log.level` |", "| `log.weight` |"),
        table.replace("`1024`", "`1023`"),
        table.replace("| none |", "| `1` |"),
        table.lines().filter(|line| !line.contains("`data.dir`")).collect::<Vec<_>>().join("\n"),
    ] {
        assert_ne!(settings_rows(&changed), settings_rows(&table), "{changed}");
    }

    // What is printed has the same keys and defaults.
    let printed: toml::Table = to_toml().parse().expect("TOML");
    let mut defaults = BTreeMap::new();
    flatten("", &printed, &mut defaults);
    let shown = SETTINGS.iter().filter_map(|setting| Some((setting.key.to_owned(), setting.default?.to_owned())));
    assert_eq!(defaults, shown.collect());
}

fn settings_table() -> String {
    let rows = SETTINGS.iter().map(|setting| {
        let default = setting.default.map_or("none".to_owned(), |default| format!("`{default}`"));
        format!("| `{}` | {default} | {} |\n", setting.key, setting.meaning)
    });
    format!("| key | default | meaning |\n| --- | --- | --- |\n{}", rows.collect::<String>())
}

/// The rows of the table of settings in a document.
fn settings_rows(document: &str) -> Vec<&str> {
    let rows = document.lines().skip_while(|line| *line != "| key | default | meaning |");
    rows.skip(2).take_while(|line| line.starts_with('|')).collect()
}

fn flatten(above: &str, table: &toml::Table, defaults: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        match value {
            toml::Value::Table(table) => flatten(&format!("{above}{name}."), table, defaults),
            value => drop(defaults.insert(format!("{above}{name}"), value.to_string())),
        }
    }
}

/// What a document names in backticks and looks like a path of the repository, outside of fenced blocks. What begins
/// with a slash is a path of the service.
fn paths(document: &str) -> BTreeSet<&str> {
    let prose = document.split("```").step_by(2);
    let quoted = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    let ends = [".rs", ".toml", ".md"];
    let is_path = |text: &&str| {
        let is_plain = !text.starts_with('/') && !text.contains(char::is_whitespace);
        is_plain && (text.contains('/') || ends.iter().any(|end| text.ends_with(end)))
    };
    quoted.filter(is_path).collect()
}

/// Uses that the arrows do not allow, such as `domain/time.rs uses store`. Files of tests alone may use everything.
fn forbidden_uses(arrows: Arrows, reexports: &BTreeMap<String, String>, sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut forbidden = Vec::new();
    let is_test = |path: &Path| path.with_extension("").iter().any(|name| name == "tests");
    for (path, text) in sources.iter().filter(|(path, _)| !is_test(path)) {
        let own = top(path);
        let allowed = arrows.iter().find(|(module, _)| *module == own).map_or(&[][..], |(_, allowed)| allowed);
        for name in names_of_the_crate(path, text) {
            let module = reexports.get(&name).unwrap_or(&name);
            let is_module = arrows.iter().any(|(other, _)| other == module);
            if (is_module || module == "*") && *module != own && !allowed.contains(&module.as_str()) {
                forbidden.push(format!("{} uses {module}", path.display()));
            }
        }
    }
    forbidden
}

/// The names at the top of the crate that a file uses, by `crate::` or by enough of `super::`. Inside of a module that
/// is written in the file, as tests are, `super` goes less far than it is taken to go here, so its `*` says nothing.
fn names_of_the_crate(path: &Path, text: &str) -> BTreeSet<String> {
    let depth = path.with_extension("").components().count();
    let text = without_comments(text);
    let roots = ["crate::".to_owned(), "super::".repeat(depth)];
    let mut names = BTreeSet::new();
    for root in roots {
        for (at, _) in text.match_indices(&root) {
            let is_whole =
                !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
            if is_whole {
                let used = first_names(&text[at + root.len()..]);
                names.extend(used.into_iter().filter(|name| root == "crate::" || name != "*"));
            }
        }
    }
    names
}

/// The first name of a path, or of each path of a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let is_of_name = |letter: &char| letter.is_alphanumeric() || *letter == '_' || *letter == '*';
        text.trim_start().chars().take_while(is_of_name).collect()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let mut depth = 0;
    let mut members = vec![String::new()];
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(String::new()),
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if let Some(member) = members.last_mut() {
            member.push(if letter == ',' { ' ' } else { letter });
        }
    }
    members.iter().map(|member| name(member)).filter(|name| !name.is_empty()).collect()
}

fn without_comments(text: &str) -> String {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(code).flat_map(|line| [line, "\n"]).collect()
}

fn named_elsewhere(name: &str, places: &[&str], sources: &[(PathBuf, String)]) -> Vec<String> {
    let is_elsewhere = |(path, text): &&(PathBuf, String)| names(text, name) && !places.contains(&top(path).as_str());
    sources.iter().filter(is_elsewhere).map(|(path, _)| format!("{} names {name}", path.display())).collect()
}

/// Whether a text uses this crate.
fn names(text: &str, name: &str) -> bool {
    let text = without_comments(text);
    let is_whole =
        |(at, _): (usize, &str)| !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    text.match_indices(&format!("{name}::")).any(is_whole)
}

/// The module at the top of the crate that a file belongs to.
fn top(path: &Path) -> String {
    let first = path.iter().next().unwrap_or_default();
    Path::new(first).with_extension("").display().to_string()
}

/// The modules that `lib.rs` declares.
fn modules(folder: &str) -> BTreeSet<String> {
    let lib = read(&format!("{folder}/src/lib.rs"));
    let declared =
        lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    declared.map(str::to_owned).collect()
}

/// The module that each name comes from which `lib.rs` hands on.
fn reexports(folder: &str) -> BTreeMap<String, String> {
    let lib = read(&format!("{folder}/src/lib.rs"));
    let mut modules = BTreeMap::new();
    for handed_on in lib.split("pub use ").skip(1) {
        let Some((module, names)) = handed_on.split_once("::") else { continue };
        modules.extend(first_names(names).into_iter().map(|name| (name, module.to_owned())));
    }
    modules
}

/// The files of the modules of a crate, by their paths below `src`.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let src = root().join(folder).join("src");
    let (modules, mut folders, mut sources) = (modules(folder), vec![src.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let below = path.strip_prefix(&src).expect("a path below").to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && modules.contains(&top(&below)) {
                sources.push((below, fs::read_to_string(path).expect("a text")));
            }
        }
    }
    sources
}

/// What each package of a lock file depends on, tests included.
fn dependencies(lock: &toml::Table) -> BTreeMap<String, BTreeSet<String>> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().expect("packages") {
        let needed = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        // A name that is there twice has its version behind it.
        let needed = needed.filter_map(|needed| needed.as_str()?.split(' ').next());
        let name = package["name"].as_str().expect("a name").to_owned();
        graph.entry(name).or_default().extend(needed.map(str::to_owned));
    }
    graph
}

fn reached(from: &str, graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(package) = next.pop() {
        if reached.insert(package.clone()) {
            next.extend(graph.get(&package).into_iter().flatten().cloned());
        }
    }
    reached
}

fn banned(packages: &BTreeSet<String>) -> Vec<&'static str> {
    BANNED_IN_LIBRARY.into_iter().filter(|name| packages.contains(*name)).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the repository")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
