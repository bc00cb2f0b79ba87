//! The golden scripts, against the engine and against a real Redis.

use std::path::{Path, PathBuf};

use selvedge_golden::{PASSWORD, RespTarget, Target, run_folder};

use crate::solo::Solo;

/// `host:port` of a real Redis 8.2 whose data may be lost.
const ORACLE_VARIABLE: &str = "SELVEDGE_REDIS_ORACLE";

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/scripts")
}

#[test]
fn golden_engine() {
    let report = run_folder(&mut Solo::new(), &folder());
    assert!(report.failures.is_empty(), "{report}");
    assert!(report.passed + report.updated > 0, "no scripts in {}", folder().display());
}

/// Passes without doing anything where no Redis is at hand: `cargo xtask test golden` brings one.
#[test]
fn golden_redis() {
    let Ok(address) = std::env::var(ORACLE_VARIABLE) else { return };
    let mut redis = RespTarget::connect_redis(&address).unwrap();
    passes(&mut redis, &folder());
    let mut set_password = |password: &str| {
        redis.run(&["CONFIG", "SET", "requirepass", password].map(|word| word.as_bytes().to_vec())).unwrap();
    };
    set_password(PASSWORD);
    passes(
        &mut RespTarget::connect_redis(&address).unwrap().with_password(PASSWORD),
        &folder().join("password"),
    );
    set_password("");
}

#[expect(clippy::print_stdout, reason = "how many scripts ran is what one wants to see of a run")]
fn passes(redis: &mut RespTarget, folder: &Path) {
    let report = run_folder(redis, folder);
    println!("{report}");
    assert!(report.failures.is_empty(), "{report}");
}
