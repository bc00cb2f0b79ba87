//! CLIENT between connections.

use std::time::{Duration, Instant};

use crate::harness::{Resp, Selvedge};

fn start() -> (tempfile::TempDir, Selvedge) {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(scratch.path(), |command| {
        command.args(["--durability", "none"]);
    });
    (scratch, server)
}

/// The value of a field in the one line that is about `id`.
fn field(list: &str, id: &str, name: &str) -> String {
    let line = list.lines().find(|line| line.starts_with(&format!("id={id} "))).unwrap_or_default();
    let value = line.split(' ').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.unwrap_or_else(|| panic!("no {name} of {id} in {list}")).to_owned()
}

#[test]
fn the_list_tells_what_each_connection_does() {
    let (_scratch, server) = start();
    let mut one = server.connect();
    let mut two = server.connect();
    let (first, second) = (one.call(&["CLIENT", "ID"]), two.call(&["CLIENT", "ID"]));
    two.call(&["CLIENT", "SETNAME", "two"]);
    two.call(&["CLIENT", "NO-EVICT", "ON"]);
    two.call(&["MULTI"]);
    two.call(&["SET", "a", "1"]);
    two.call(&["INCR", "a"]);
    let list = one.call(&["CLIENT", "LIST"]);
    let of = |id: &str, name: &str| field(&list, id, name);
    assert_eq!(of(&first, "cmd"), "client|list");
    assert_eq!(of(&first, "flags"), "N");
    assert_eq!(of(&first, "multi"), "-1");
    assert_eq!(of(&first, "qbuf"), "26", "the bytes of CLIENT LIST itself");
    assert_eq!(of(&first, "user"), "default");
    assert_eq!(of(&first, "resp"), "2");
    assert_eq!(of(&second, "name"), "two");
    assert_eq!(of(&second, "cmd"), "incr");
    assert_eq!(of(&second, "multi"), "2");
    assert_eq!(of(&second, "flags"), "xe");
    assert_eq!(of(&second, "tot-cmds"), "7");
    assert_eq!(of(&second, "qbuf"), "0");
    assert!(of(&second, "multi-mem").parse::<usize>().unwrap() > 0);
    assert!(of(&second, "laddr").ends_with(&server.resp().port().to_string()));
    assert_ne!(of(&first, "fd"), of(&second, "fd"));
    two.call(&["EXEC"]);
    assert_eq!(field(&one.call(&["CLIENT", "LIST", "ID", &second]), &second, "multi"), "-1");
    assert_eq!(field(&one.call(&["CLIENT", "LIST", "TYPE", "normal"]), &second, "cmd"), "exec");
    let info = two.call(&["CLIENT", "INFO"]);
    assert_eq!(field(&info, &second, "cmd"), "client|info");
    assert_eq!(info.lines().count(), 1);
}

#[test]
fn kill_closes_who_is_meant() {
    let (_scratch, server) = start();
    let mut killer = server.connect();
    let id = killer.call(&["CLIENT", "ID"]);
    let mut victims: Vec<Resp> = (0..5).map(|_| server.connect()).collect();
    let ids: Vec<String> = victims.iter_mut().map(|victim| victim.call(&["CLIENT", "ID"])).collect();
    let address = field(&killer.call(&["CLIENT", "LIST"]), &ids[1], "addr");
    assert_eq!(killer.call(&["CLIENT", "KILL", "ID", &ids[0]]), "1");
    assert_eq!(killer.call(&["CLIENT", "KILL", &address]), "OK");
    // All conditions must hold.
    assert_eq!(killer.call(&["CLIENT", "KILL", "ID", &ids[2], "ADDR", &address]), "0");
    for gone in &mut victims[..2] {
        assert!(gone.try_call(&["PING"]).is_err());
    }
    assert_eq!(victims[2].call(&["PING"]), "PONG");
    assert_eq!(killer.call(&["CLIENT", "KILL", "TYPE", "normal"]), "3", "all but the one that asks");
    for gone in &mut victims[2..] {
        assert!(gone.try_call(&["PING"]).is_err());
    }
    assert_eq!(killer.call(&["CLIENT", "KILL", "ID", &id]), "0");
    assert_eq!(killer.call(&["CLIENT", "KILL", "ID", &id, "SKIPME", "no"]), "1", "the reply still comes");
    assert!(killer.try_call(&["PING"]).is_err());
    let list = server.connect().call(&["CLIENT", "LIST"]);
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[test]
fn a_pause_holds_up_writes_or_all_until_it_ends() {
    let (_scratch, server) = start();
    let mut master = server.connect();
    let mut other = server.connect();
    assert_eq!(master.call(&["CLIENT", "PAUSE", "600000", "WRITE"]), "OK");
    assert_eq!(other.call(&["GET", "a"]), "(nil)");
    other.send(&["SET", "a", "1"]);
    let mut transaction = server.connect();
    assert_eq!(transaction.call(&["MULTI"]), "OK");
    assert_eq!(transaction.call(&["GET", "a"]), "QUEUED");
    transaction.send(&["INCR", "a"]);
    while !master.call(&["INFO", "clients"]).contains("blocked_clients:2") {}
    assert_eq!(master.call(&["GET", "a"]), "(nil)");
    assert_eq!(master.call(&["CLIENT", "UNPAUSE"]), "OK");
    assert_eq!(other.reply().unwrap(), "OK");
    assert_eq!(transaction.reply().unwrap(), "QUEUED");
    let begun = Instant::now();
    assert_eq!(master.call(&["CLIENT", "PAUSE", "150", "ALL"]), "OK");
    assert_eq!(server.rest(server.token(), r#"["GET","a"]"#).0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    assert!(master.call(&["INFO", "clients"]).contains("blocked_clients:0"));
}

#[test]
fn a_pause_of_writes_lets_programs_run_that_only_read() {
    let (_scratch, server) = start();
    let mut master = server.connect();
    let library = "#!lua name=l\nredis.register_function{function_name='reads', callback=function() return 'read' end, \
                   flags={'no-writes'}}\nredis.register_function('writes', function() return 'wrote' end)";
    assert_eq!(master.call(&["FUNCTION", "LOAD", library]), "l");
    let reads = "#!lua flags=no-writes\nreturn 'read'";
    let sha1 = master.call(&["SCRIPT", "LOAD", reads]);
    assert_eq!(master.call(&["CLIENT", "PAUSE", "600000", "WRITE"]), "OK");
    let mut other = server.connect();
    assert_eq!(other.call(&["EVAL", reads, "0"]), "read");
    assert_eq!(other.call(&["EVALSHA", &sha1, "0"]), "read");
    assert_eq!(other.call(&["EVAL_RO", "return 'read'", "0"]), "read");
    assert_eq!(other.call(&["FCALL", "reads", "0"]), "read");
    assert_eq!(server.rest(server.token(), r#"["FCALL","reads","0"]"#).1, r#"{"result":"read"}"#);
    for command in [&["MULTI"][..], &["EVAL", reads, "0"], &["FCALL", "reads", "0"]] {
        other.send(command);
        other.reply().unwrap();
    }
    assert_eq!(other.call(&["EXEC"]), "read read");

    let mut transaction = server.connect();
    assert_eq!(transaction.call(&["MULTI"]), "OK");
    transaction.send(&["EVAL", "return 'wrote'", "0"]);
    let mut waiting = [server.connect(), server.connect(), server.connect()];
    let [plain, function, unknown] = &mut waiting;
    plain.send(&["EVAL", "return 'wrote'", "0"]);
    function.send(&["FCALL", "writes", "0"]);
    unknown.send(&["EVALSHA", &"0".repeat(40), "0"]);
    while !master.call(&["INFO", "clients"]).contains("blocked_clients:4") {}
    assert_eq!(master.call(&["CLIENT", "UNPAUSE"]), "OK");
    assert_eq!(plain.reply().unwrap(), "wrote");
    assert_eq!(function.reply().unwrap(), "wrote");
    assert!(unknown.reply().unwrap().starts_with("-NOSCRIPT"));
    assert_eq!(transaction.reply().unwrap(), "QUEUED");
}

#[test]
fn replies_are_off_or_skipped_until_they_are_on_again() {
    let (_scratch, server) = start();
    let mut resp = server.connect();
    resp.send(&["CLIENT", "REPLY", "SKIP"]);
    resp.send(&["SET", "a", "1"]);
    assert_eq!(resp.call(&["GET", "a"]), "1");
    resp.send(&["CLIENT", "REPLY", "OFF"]);
    resp.send(&["SET", "a", "2"]);
    resp.send(&["NOPE"]);
    resp.send(&["CLIENT", "REPLY", "SKIP"]);
    resp.send(&["GET", "a"]);
    assert_eq!(resp.call(&["CLIENT", "REPLY", "ON"]), "OK");
    assert_eq!(resp.call(&["GET", "a"]), "2");
    resp.send(&["CLIENT", "REPLY", "SKIP"]);
    assert_eq!(resp.call(&["CLIENT", "REPLY", "ON"]), "OK");
    resp.send(&["CLIENT", "REPLY", "OFF"]);
    assert_eq!(resp.call(&["RESET"]), "RESET");
}
