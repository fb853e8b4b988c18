//! The browser's part: wasm, script, style sheet and the files of `public/`, in one folder.
//!
//! Script, wasm and style sheet bear a hash of everything the site is made of in their names: when it is there, it is up to date.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use flate2::Compression;
use flate2::write::GzEncoder;
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::machine::{WASM, need_node_modules, need_wasm_target};
use crate::step::{run, step};
use crate::workspace::{Profile, Workspace};

/// Builds the site and returns its folder.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    need_wasm_target(workspace)?;
    let wasm = step("Compile the islands", || compile(workspace, profile))?;

    let site = workspace.target.join(match profile {
        Profile::Dev => "site",
        Profile::Release => "site-release",
    });
    let name = format!("sojourn.{}", digest(workspace, &wasm)?);
    if site.join(format!("pkg/{name}.js")).is_file() {
        return Ok(site);
    }
    if profile == Profile::Release {
        need_node_modules(workspace)?;
    }
    step("Assemble the site", || {
        let fresh = tempfile::tempdir_in(&workspace.target)?;
        let packed = fresh.path().join("pkg");
        copy(&workspace.root.join("public"), fresh.path())?;
        bind(&wasm, &packed, &name, profile)?;
        if profile == Profile::Release {
            optimise(workspace, &packed.join(format!("{name}_bg.wasm")))?;
        }
        fs::write(packed.join(format!("{name}.css")), style_sheet(&workspace.root.join("style/main.css"))?)?;
        if site.exists() {
            fs::remove_dir_all(&site)?;
        }
        copy(fresh.path(), &site)?;
        weigh(&site.join("pkg"))
    })?;
    Ok(site)
}

fn compile(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let (profile, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("wasm-release", "wasm-release"),
    };
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package=sojourn", "--lib", "--no-default-features", "--features=hydrate"]);
    cargo.args(["--target", WASM, "--profile", profile]);
    run(&mut cargo)?;
    Ok(workspace.target.join(WASM).join(folder).join("sojourn.wasm"))
}

/// A hash of everything the site is made of.
fn digest(workspace: &Workspace, wasm: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let locks = ["Cargo.lock", "end2end/package-lock.json"].map(|lock| workspace.root.join(lock));
    let folders = [files(&workspace.root.join("style"))?, files(&workspace.root.join("public"))?].concat();
    for file in [&[wasm.to_owned()], &locks[..], &folders].concat() {
        let content = fs::read(&file).with_context(|| file.display().to_string())?;
        hasher.update(file.strip_prefix(&workspace.root).unwrap_or(&file).as_os_str().as_encoded_bytes());
        hasher.update((content.len() as u64).to_be_bytes());
        hasher.update(content);
    }
    Ok(hasher.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes the script that loads the wasm, and the wasm that it loads.
fn bind(wasm: &Path, packed: &Path, name: &str, profile: Profile) -> Result<()> {
    let released = profile == Profile::Release;
    Bindgen::new()
        .input_path(wasm)
        .out_name("sojourn")
        .web(true)?
        .typescript(false)
        .keep_debug(false)
        .remove_name_section(released)
        .remove_producers_section(released)
        .generate(packed)?;
    // It takes a dot in the name for the beginning of the ending, so the hash is added after.
    for ending in [".js", "_bg.wasm"] {
        fs::rename(packed.join(format!("sojourn{ending}")), packed.join(format!("{name}{ending}")))?;
    }
    Ok(())
}

/// What the compiler uses of WebAssembly, and every browser has; "all features" would write what none reads yet.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

fn optimise(workspace: &Workspace, wasm: &Path) -> Result<()> {
    let program = workspace.end2end().join("node_modules/.bin/wasm-opt");
    run(Command::new(program).arg("-Oz").args(FEATURES).arg("-o").args([wasm, wasm]))
}

/// The style sheet and all it imports, in one, without what only people read.
fn style_sheet(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut bundle = bundler.bundle(main).map_err(|error| anyhow!("{error}"))?;
    bundle.minify(MinifyOptions::default()).map_err(|error| anyhow!("{error}"))?;
    Ok(bundle.to_css(PrinterOptions { minify: true, ..Default::default() }).map_err(|error| anyhow!("{error}"))?.code)
}

/// Says what a browser has to fetch.
fn weigh(packed: &Path) -> Result<()> {
    let mut sums = [("wasm", 0), ("js", 0), ("css", 0)];
    for file in files(packed)? {
        let Some((_, sum)) = sums.iter_mut().find(|(kind, _)| file.extension().is_some_and(|end| end == *kind)) else {
            continue;
        };
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&fs::read(&file)?)?;
        *sum += encoder.finish()?.len();
    }
    let words = sums.map(|(kind, bytes)| format!("{kind} {:.1} kB", bytes as f64 / 1000.0));
    println!("  gzipped: {}", words.join(", "));
    Ok(())
}

/// Every file in a folder and the folders in it, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let place = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(place.parent().unwrap_or(to))?;
        fs::copy(&file, &place)?;
    }
    Ok(())
}
