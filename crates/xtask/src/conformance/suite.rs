//! The suite itself: fetched from Debian, unpacked, copied for each run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The version whose suite is run.
pub(super) const VERSION: &str = "7.0.15";
/// The release of Debian that has it.
const DEBIAN_SOURCE: &str = "http://deb.debian.org/debian bookworm main";
/// What Debian signs its releases with.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The unpacked sources of Redis, and the interpreter that runs their tests.
#[derive(Debug)]
pub(super) struct Suite {
    /// The folder that holds `tests`.
    source: PathBuf,
    /// The interpreter.
    pub(super) tclsh: PathBuf,
}

impl Suite {
    /// Fetches what is missing.
    pub(super) fn fetch(workspace: &Workspace) -> Result<Self> {
        let tclsh = process::program_or_debian("tclsh8.6", "tcl8.6")?;
        let folder = workspace.target.join("conformance");
        let source = folder.join(format!("redis-{VERSION}"));
        if !source.is_dir() {
            std::fs::create_dir_all(&folder)?;
            let archive = download(&folder)?;
            unpack(&archive, &source)?;
        }
        Ok(Self { source, tclsh })
    }

    /// Copies the tests into `folder`, which a run then has for itself.
    pub(super) fn copy_to(&self, folder: &Path) -> Result<()> {
        process::run(Command::new("cp").arg("-r").arg(self.source.join("tests")).arg(folder))?;
        adapt(folder)
    }
}

/// The source archive, fetched with apt as its signed index describes it, by settings of our own: those of the machine
/// stay as they are.
fn download(folder: &Path) -> Result<PathBuf> {
    let archive = folder.join(format!("redis_{VERSION}.orig.tar.gz"));
    if archive.is_file() {
        return Ok(archive);
    }
    if process::find_program("apt-get").is_none() {
        bail!("missing: apt-get, which fetches Debian's source package of Redis {VERSION}");
    }
    if !Path::new(KEYRING).is_file() {
        process::install_debian(&["debian-archive-keyring"])?;
    }
    println!("fetching the source package of Redis {VERSION} from Debian");
    let apt = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(apt.join(part))?;
    }
    let sources = apt.join("sources.list");
    std::fs::write(&sources, format!("deb-src [signed-by={KEYRING}] {DEBIAN_SOURCE}\n"))?;
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        for (name, value) in [
            ("Dir::Etc::SourceList", sources.as_path()),
            ("Dir::Etc::SourceParts", Path::new("/dev/null")),
            ("Dir::State::Lists", &apt.join("lists")),
            ("Dir::Cache", &apt.join("cache")),
            // As root apt changes to a user who may not write here.
            ("APT::Sandbox::User", Path::new("root")),
        ] {
            command.arg("-o").arg(format!("{name}={}", value.display()));
        }
        process::output(command.args(["--quiet"]).args(arguments).current_dir(folder))
    };
    apt_get(&["update"]).context("reading Debian's index of sources")?;
    apt_get(&["source", "--download-only", "redis"]).context("fetching the source package")?;
    if !archive.is_file() {
        bail!("Debian's source package holds no {}", archive.display());
    }
    Ok(archive)
}

/// Unpacks beside the target and renames, so that a half unpacked folder never looks whole.
fn unpack(archive: &Path, source: &Path) -> Result<()> {
    let parent = source.parent().context("the target has no parent")?;
    let scratch = tempfile::tempdir_in(parent)?;
    process::run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(scratch.path()))?;
    let name = source.file_name().context("the target has no name")?;
    std::fs::rename(scratch.path().join(name), source).context("the archive holds another folder")
}

/// A line of the suite's harness, and what stands in its place in our copies.
type Change = (&'static str, &'static str, &'static str);

const CHANGES: &[Change] = &[
    // Before each block of tests, and outside of any, the function libraries are emptied: a server without FUNCTION would
    // run no case of any file.
    ("tests/support/server.tcl", "\n    r function flush\n", "\n    catch {r function flush}\n"),
    // The two processes of a run meet at a port that is looked for in a fixed range, which several runs would share.
    (
        "tests/test_helper.tcl",
        "    set clientport [find_available_port [expr {$::baseport - 32}] 32]\n",
        "    set listener [socket -server accept_test_clients -myaddr 127.0.0.1 0]\n    \
         set clientport [lindex [fconfigure $listener -sockname] 2]\n",
    ),
    ("tests/test_helper.tcl", "    socket -server accept_test_clients  -myaddr 127.0.0.1 $clientport\n", ""),
];

/// Makes the changes in a copy of the tests.
fn adapt(folder: &Path) -> Result<()> {
    for (name, line, instead) in CHANGES {
        let file = folder.join(name);
        let text = std::fs::read_to_string(&file)?;
        if text.matches(line).count() != 1 {
            bail!("{name} is not that of Redis {VERSION}: it does not hold {line:?} once");
        }
        std::fs::write(&file, text.replace(line, instead))?;
    }
    Ok(())
}
