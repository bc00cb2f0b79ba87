//! A full disk and crowds of connections.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Resp, Selvedge, arguments, isolated};

/// A small file system of memory, mounted where root may do so.
#[derive(Debug)]
struct SmallDisk {
    _scratch: tempfile::TempDir,
    folder: PathBuf,
}

impl SmallDisk {
    fn mount(mebibytes: u32) -> Option<Self> {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("disk");
        std::fs::create_dir(&folder).unwrap();
        let size = format!("size={mebibytes}m");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(&folder).output().ok()?;
        mount.status.success().then_some(Self { _scratch: scratch, folder })
    }

    fn grow(&self, mebibytes: u32) {
        let size = format!("remount,size={mebibytes}m");
        assert!(Command::new("mount").args(["-o", &size]).arg(&self.folder).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.folder).status();
    }
}

/// Writes until a write is refused; the number of acknowledged keys and the refusal.
fn fill(resp: &mut Resp) -> (u32, String) {
    let value = "v".repeat(1 << 20);
    for n in 0..4096 {
        let reply = resp.call(&["SET", &format!("key:{n}"), &value]);
        if reply != "OK" {
            return (n, reply);
        }
    }
    panic!("4 GiB went onto a small disk");
}

fn refuses_writes_and_goes_on_reading(server: &Selvedge) -> u32 {
    let mut resp = server.connect();
    let (acknowledged, refusal) = fill(&mut resp);
    assert!(acknowledged > 0, "{refusal}");
    assert!(refusal.starts_with('-'), "{refusal}");
    assert_eq!(resp.call(&["STRLEN", "key:0"]), (1 << 20).to_string());
    assert_eq!(resp.call(&["PING"]), "PONG");
    assert!(resp.call(&["SET", "another", &"v".repeat(1 << 20)]).starts_with('-'));
    acknowledged
}

fn holds(data: &Path, acknowledged: u32) {
    let server = Selvedge::start(data);
    let mut resp = server.connect();
    for n in 0..acknowledged {
        assert_eq!(resp.call(&["STRLEN", &format!("key:{n}")]), (1 << 20).to_string(), "key:{n}");
    }
    assert_eq!(resp.call(&["SET", "after", "x"]), "OK");
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(160) else {
        println!("not run: a small tmpfs cannot be mounted here (not root, or not allowed)");
        return;
    };
    let data = disk.folder.join("data");
    let server = Selvedge::start(&data);
    let acknowledged = refuses_writes_and_goes_on_reading(&server);
    drop(server);
    disk.grow(1024);
    holds(&data, acknowledged);
}

/// The shell ignores the signal that a file of the largest size raises, so that the write itself fails.
#[test]
fn a_log_that_cannot_be_reserved_is_refused_at_the_start() {
    let scratch = tempfile::tempdir().unwrap();
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let mut command = isolated(Command::new("bash"));
    command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_selvedge")]).args(arguments(scratch.path()));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.lines().last().unwrap_or_default().starts_with("selvedge: "), "{text}");
}

/// Files this process may open, after raising the soft limit as far as it goes.
pub fn files_max() -> u64 {
    let hard = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let all = rustix::process::Rlimit { current: hard, maximum: hard };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, all);
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[test]
fn ten_thousand_idle_connections_are_carried() {
    const WANTED: u64 = 10_000;
    let connections = WANTED.min(files_max().saturating_sub(500));
    if connections < WANTED {
        println!(
            "only {connections} of {WANTED} connections: the hard limit of open files is too low for more"
        );
    }
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.args(["--connections-max", "11000"]);
    });
    let mut active = server.connect();
    let before = server.resident_bytes();
    let mut idle: Vec<Resp> = (0..connections).map(|_| Resp::connect(server.resp())).collect();
    assert_eq!(active.call(&["SET", "a", "1"]), "OK");
    assert_eq!(server.rest(server.token(), r#"["GET","a"]"#), (200, r#"{"result":"1"}"#.to_owned()));
    for resp in idle.iter_mut().step_by(97) {
        assert_eq!(resp.call(&["AUTH", server.token()]), "OK");
        assert_eq!(resp.call(&["GET", "a"]), "1");
    }
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 100 << 20, "{connections} connections took {grown} bytes");
    drop(idle);
    assert_eq!(active.call(&["PING"]), "PONG");
}

/// A mebibyte of pattern against a mebibyte of key: answered, or refused with the limit's name.
#[test]
fn patterns_that_are_built_to_explode_are_bounded() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let mut resp = server.connect();
    let key = "a".repeat(1 << 20);
    assert_eq!(resp.call(&["SET", &key, "v"]), "OK");
    assert_eq!(resp.call(&["SADD", "set", &key, "b"]), "2");
    let stars = "a*".repeat(1 << 19);
    let product = format!("*{}b", "a".repeat(1 << 19));
    let refusal = "-LIMIT the pattern takes more than pattern_extra_steps_max (10000000 steps)";
    // Too long to be shown when they fail.
    assert!(resp.call(&["KEYS", &stars]) == key);
    assert!(resp.call(&["SCAN", "0", "MATCH", &stars]) == format!("0 {key}"));
    for command in [vec!["KEYS", &product], vec!["SCAN", "0", "MATCH", &product]] {
        assert_eq!(resp.call(&command), refusal);
    }
    assert_eq!(resp.call(&["SSCAN", "set", "0", "MATCH", &product]), refusal);
    let body = format!(r#"["KEYS","{product}"]"#);
    let (status, answer) = server.rest(server.token(), &body);
    assert_eq!((status, answer), (413, format!(r#"{{"error":"{}"}}"#, &refusal[1..])));
}
