//! The golden scripts through both doors of the real binary.

use std::path::{Path, PathBuf};

use selvedge_golden::{PASSWORD, RespTarget, RestForm, RestTarget, Target, run_folder};
use selvedge_wire::json::Encoding;

use crate::harness::Selvedge;

/// Scripts are about replies, not about the disk.
fn start(data: &tempfile::TempDir, arguments: &[&str]) -> Selvedge {
    Selvedge::start_with(data.path(), |command| {
        let debug = ["--enable-debug-command", "yes"];
        command.args(["--durability", "none"]).args(debug).args(arguments).env("SELVEDGE_TOKEN", PASSWORD);
    })
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/scripts")
}

fn passes(target: &mut dyn Target, folder: &Path) {
    let report = run_folder(target, folder);
    assert!(report.failures.is_empty(), "{report}");
    assert!(report.passed + report.updated > 0, "no scripts in {}", folder.display());
}

/// As a Redis without a password, which is what most scripts are written for.
#[test]
fn golden_resp() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data, &["--insecure-no-auth"]);
    passes(&mut RespTarget::connect(&server.resp().to_string(), None).unwrap(), &folder());
}

#[test]
fn golden_resp_with_a_password() {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data, &[]);
    let mut target = RespTarget::connect(&server.resp().to_string(), Some(PASSWORD)).unwrap();
    passes(&mut target, &folder().join("password"));
}

fn passes_over_rest(form: RestForm, encoding: Encoding) {
    let data = tempfile::tempdir().unwrap();
    let server = start(&data, &[]);
    let address = server.http().to_string();
    passes(&mut RestTarget::connect(&address, PASSWORD, form, encoding).unwrap(), &folder());
}

#[test]
fn golden_rest_commands() {
    passes_over_rest(RestForm::Command, Encoding::Plain);
}

#[test]
fn golden_rest_pipelines() {
    passes_over_rest(RestForm::Pipeline, Encoding::Base64);
}

#[test]
fn golden_rest_paths() {
    passes_over_rest(RestForm::Path, Encoding::Base64);
}
