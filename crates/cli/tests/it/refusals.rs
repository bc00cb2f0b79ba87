//! Starts that must not happen, each with its exit code and a line that says what to do.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use crate::harness::{Selvedge, arguments, run_to_end};

fn refused(output: &Output, code: i32, needed: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    let last = text.lines().last().unwrap_or_default();
    assert!(last.starts_with("selvedge: ") && last.contains(needed), "{needed:?} is not in {text:?}");
    assert!(output.stdout.is_empty(), "nothing to paste from a server that is not there");
}

fn with(data: &Path, more: &[&str]) -> Vec<String> {
    let mut all = arguments(data);
    for pair in more.chunks(2) {
        match all.iter().position(|argument| argument == pair[0]) {
            Some(at) if pair.len() == 2 => all[at + 1] = pair[1].to_owned(),
            _ => all.extend(pair.iter().map(|&argument| argument.to_owned())),
        }
    }
    all
}

#[test]
fn a_second_process_on_the_same_directory() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    refused(&run_to_end(&arguments(scratch.path())), 3, "another process");
    assert_eq!(server.connect().call(&["PING"]), "PONG");
}

#[test]
fn a_public_address_without_the_explicit_flag() {
    let scratch = tempfile::tempdir().unwrap();
    for flag in ["--http-addr", "--resp-addr"] {
        refused(&run_to_end(&with(scratch.path(), &[flag, "0.0.0.0:0"])), 2, flag);
    }
}

#[test]
fn no_authentication_on_a_public_address() {
    let scratch = tempfile::tempdir().unwrap();
    let output = run_to_end(&with(scratch.path(), &["--http-addr", "0.0.0.0:0", "--insecure-no-auth"]));
    refused(&output, 2, "--insecure-no-auth");
}

#[test]
fn a_port_that_is_taken() {
    let scratch = tempfile::tempdir().unwrap();
    for flag in ["--http-addr", "--resp-addr"] {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        refused(&run_to_end(&with(scratch.path(), &[flag, &address])), 5, flag);
    }
}

#[test]
fn tokens_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = tempfile::tempdir().unwrap();
    drop(Selvedge::start(scratch.path()));
    let file = scratch.path().join("tokens.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&run_to_end(&arguments(scratch.path())), 2, "chmod 600");
}

#[test]
fn tokens_that_are_no_tokens() {
    let scratch = tempfile::tempdir().unwrap();
    drop(Selvedge::start(scratch.path()));
    let file = scratch.path().join("tokens.toml");
    std::fs::write(&file, "token = \"\"\n").unwrap();
    refused(&run_to_end(&arguments(scratch.path())), 2, "tokens.toml");
}

#[test]
fn a_data_directory_that_is_a_file() {
    let scratch = tempfile::NamedTempFile::new().unwrap();
    refused(&run_to_end(&arguments(scratch.path())), 2, "--data-dir");
}

#[test]
fn flags_that_are_not_there() {
    let output = run_to_end(&["--no-such-flag".to_owned()]);
    assert_eq!(output.status.code(), Some(2));
}
