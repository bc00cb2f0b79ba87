//! Commands that wait, each on a connection of its own.

use crate::harness::{Resp, Selvedge};

/// A server, and the data it loses when this goes.
struct Rig {
    server: Selvedge,
    observer: Resp,
    _data: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Selvedge::start(data.path());
        Self { observer: server.connect(), server, _data: data }
    }

    /// A connection that has sent a command and waits for its reply.
    fn blocked(&mut self, words: &[&str]) -> Resp {
        let before = self.waiting();
        let mut connection = self.server.connect();
        connection.send(words);
        self.until_waiting(before + 1);
        connection
    }

    fn waiting(&mut self) -> usize {
        self.observer.waiting()
    }

    fn until_waiting(&mut self, count: usize) {
        while self.waiting() != count {}
    }
}

#[test]
fn elements_go_to_those_who_came_first() {
    let mut rig = Rig::new();
    let mut waiting: Vec<Resp> = (0..4).map(|_| rig.blocked(&["BLPOP", "other", "queue", "0"])).collect();
    assert_eq!(rig.observer.call(&["RPUSH", "queue", "a", "b", "c"]), "3");
    for (connection, element) in waiting.iter_mut().zip(["a", "b", "c"]) {
        assert_eq!(connection.reply().unwrap(), format!("queue {element}"));
    }
    assert_eq!(rig.waiting(), 1);
    assert_eq!(rig.observer.call(&["EXISTS", "queue"]), "0");
    assert_eq!(rig.observer.call(&["RPUSH", "other", "d"]), "1");
    assert_eq!(waiting[3].reply().unwrap(), "other d");
}

#[test]
fn what_others_do_to_the_key_meanwhile() {
    let mut rig = Rig::new();
    let mut waiting = rig.blocked(&["BRPOP", "k", "0"]);
    assert_eq!(rig.observer.call(&["SET", "k", "a string"]), "OK");
    assert_eq!(rig.observer.call(&["DEL", "k"]), "1");
    assert_eq!(rig.observer.call(&["MULTI"]), "OK");
    rig.observer.call(&["RPUSH", "k", "x"]);
    rig.observer.call(&["LPOP", "k"]);
    assert_eq!(rig.observer.call(&["EXEC"]), "1 x", "nobody comes between the commands of a transaction");
    assert_eq!(rig.waiting(), 1);
    rig.observer.call(&["RPUSH", "elsewhere", "first", "last"]);
    assert_eq!(rig.observer.call(&["RENAME", "elsewhere", "k"]), "OK");
    assert_eq!(waiting.reply().unwrap(), "k last");
    assert_eq!(rig.observer.call(&["LRANGE", "k", "0", "-1"]), "first");
}

/// What one command moves may be what another waits for.
#[test]
fn elements_pass_through_a_chain() {
    let mut rig = Rig::new();
    let mut last = rig.blocked(&["BLMPOP", "0", "1", "third", "RIGHT", "COUNT", "5"]);
    let mut second = rig.blocked(&["BRPOPLPUSH", "second", "third", "0"]);
    let mut first = rig.blocked(&["BLMOVE", "first", "second", "LEFT", "LEFT", "0"]);
    assert_eq!(rig.observer.call(&["RPUSH", "first", "x"]), "1");
    assert_eq!(first.reply().unwrap(), "x");
    assert_eq!(second.reply().unwrap(), "x");
    assert_eq!(last.reply().unwrap(), "third x");
    assert_eq!(rig.observer.call(&["DBSIZE"]), "0");
}

#[test]
fn each_waits_for_its_own_type() {
    let mut rig = Rig::new();
    let mut list = rig.blocked(&["BLPOP", "k", "0"]);
    let mut sorted = rig.blocked(&["BZPOPMAX", "k", "0"]);
    assert_eq!(rig.observer.call(&["ZADD", "k", "1", "one", "2", "two"]), "2");
    assert_eq!(sorted.reply().unwrap(), "k two 2");
    assert_eq!(rig.waiting(), 1);
    rig.observer.call(&["DEL", "k"]);
    rig.observer.call(&["RPUSH", "k", "x"]);
    assert_eq!(list.reply().unwrap(), "k x");
    // The destination of a move is looked at when there is something to move.
    rig.observer.call(&["SET", "text", "x"]);
    let mut moving = rig.blocked(&["BLMOVE", "from", "text", "LEFT", "LEFT", "0"]);
    rig.observer.call(&["RPUSH", "from", "stays"]);
    assert!(moving.reply().unwrap().starts_with("-WRONGTYPE"));
    assert_eq!(rig.observer.call(&["LRANGE", "from", "0", "-1"]), "stays");
}

#[test]
fn a_timeout_answers_nothing_and_takes_nothing() {
    let mut rig = Rig::new();
    let mut connection = rig.server.connect();
    assert_eq!(connection.call(&["BLPOP", "k", "0.05"]), "(nil)");
    assert_eq!(rig.observer.call(&["RPUSH", "k", "stays"]), "1");
    assert_eq!(rig.observer.call(&["LLEN", "k"]), "1");
    assert_eq!(connection.call(&["BLPOP", "k", "0.05"]), "k stays");
    // Inside a transaction nobody waits.
    connection.call(&["MULTI"]);
    connection.call(&["BLPOP", "k", "0"]);
    assert_eq!(connection.call(&["EXEC"]), "(nil)");
}

#[test]
fn others_can_end_a_wait() {
    let mut rig = Rig::new();
    let mut waiting = rig.server.connect();
    let id = waiting.call(&["CLIENT", "ID"]);
    assert_eq!(rig.observer.call(&["CLIENT", "UNBLOCK", &id]), "0");
    for (how, reply) in [
        (None, "(nil)"),
        (Some("TIMEOUT"), "(nil)"),
        (Some("ERROR"), "-UNBLOCKED client unblocked via CLIENT UNBLOCK"),
    ] {
        waiting.send(&["BLPOP", "k", "0"]);
        rig.until_waiting(1);
        let line = rig.observer.call(&["CLIENT", "LIST", "ID", &id]);
        assert!(line.contains(" flags=b "), "{line}");
        let words: Vec<&str> = ["CLIENT", "UNBLOCK", &id].into_iter().chain(how).collect();
        while rig.observer.call(&words) != "1" {}
        assert_eq!(waiting.reply().unwrap(), reply);
    }
    assert_eq!(rig.observer.call(&["RPUSH", "k", "x"]), "1");
    assert_eq!(waiting.call(&["BLPOP", "k", "0"]), "k x");
}

#[test]
fn a_client_that_is_gone_takes_nothing() {
    let mut rig = Rig::new();
    let gone = rig.blocked(&["BLPOP", "k", "0"]);
    let mut stays = rig.blocked(&["BLPOP", "k", "0"]);
    drop(gone);
    rig.until_waiting(1);
    rig.observer.call(&["RPUSH", "k", "x"]);
    assert_eq!(stays.reply().unwrap(), "k x");
}

#[test]
fn what_was_sent_behind_a_waiting_command_comes_after_it() {
    let mut rig = Rig::new();
    let mut connection = rig.blocked(&["BLPOP", "k", "0"]);
    for n in 0..2_000 {
        connection
            .send(&["ECHO", &format!("{n} and some more bytes, so that they are more than are read ahead")]);
    }
    rig.observer.call(&["RPUSH", "k", "x"]);
    assert_eq!(connection.reply().unwrap(), "k x");
    for n in 0..2_000 {
        assert!(connection.reply().unwrap().starts_with(&format!("{n} and")));
    }
}

#[test]
fn over_rest_a_command_waits_too_but_not_for_ever() {
    let data = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(data.path(), |command| {
        command.args(["--rest-blocking-ms-max", "50"]);
    });
    let token = server.token().to_owned();
    assert_eq!(server.rest(&token, r#"["BLPOP","k",0]"#), (200, r#"{"result":null}"#.to_owned()));
    let error = r#"{"error":"ERR timeout is negative"}"#.to_owned();
    assert_eq!(server.rest(&token, r#"["BLPOP","k",-1]"#), (400, error));

    let mut rig = Rig::new();
    let token = rig.server.token().to_owned();
    let address = rig.server.http();
    let body = r#"["BLPOP","k",0]"#;
    let request = format!(
        "POST / HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let waiting = std::thread::spawn(move || crate::harness::http(address, &request));
    rig.until_waiting(1);
    rig.observer.call(&["RPUSH", "k", "x"]);
    assert_eq!(waiting.join().unwrap(), (200, r#"{"result":["k","x"]}"#.to_owned()));
}

#[test]
fn a_waiting_command_does_not_hold_up_the_stop() {
    let mut rig = Rig::new();
    let _waiting = rig.blocked(&["BLPOP", "k", "0"]);
    let started = std::time::Instant::now();
    assert!(rig.server.stop("TERM").success());
    assert!(started.elapsed().as_secs() < 5, "the stop took {:?}", started.elapsed());
}

/// Optimistic transactions: nobody's update is lost.
#[test]
fn many_clients_compare_and_set_one_key() {
    const CLIENTS: usize = 16;
    const UPDATES: usize = 25;
    let mut rig = Rig::new();
    rig.observer.call(&["SET", "sum", "0"]);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut connection = rig.server.connect();
                let mut done = 0;
                while done < UPDATES {
                    connection.call(&["WATCH", "sum"]);
                    let sum: u64 = connection.call(&["GET", "sum"]).parse().unwrap();
                    connection.call(&["MULTI"]);
                    connection.call(&["SET", "sum", &(sum + 1).to_string()]);
                    done += usize::from(connection.call(&["EXEC"]) == "OK");
                }
            });
        }
    });
    assert_eq!(rig.observer.call(&["GET", "sum"]), (CLIENTS * UPDATES).to_string());
}
