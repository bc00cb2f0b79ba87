//! What `selvedge --help` teaches beyond the list of flags.

use clap::Command;

use crate::failure::EXIT_CODES;
use crate::logging::VARIABLE;

/// The command line; the server's settings add their flags to it.
pub(crate) fn command() -> Command {
    Command::new("selvedge")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An edge key-value store that speaks Redis and the REST dialect of Upstash and Vercel KV.")
        .long_about(LONG_ABOUT)
        .override_usage("selvedge [serve] [OPTIONS]")
        .after_help("`selvedge --help` tells more.")
        .after_long_help(format!(
            "{EXAMPLES}\n\n{LOGGING}\n  {VARIABLE}=selvedge_server=debug selvedge\n\n{EXIT_CODES}"
        ))
}

const LONG_ABOUT: &str = "\
An edge key-value store that speaks Redis and the REST dialect of Upstash and Vercel KV.

The first start makes the data directory, draws a token and a read-only token into `tokens.toml` there, listens on \
127.0.0.1 only and prints the lines to paste into an app's .env. A write is acknowledged when it is synced to disk.";

const EXAMPLES: &str = "\
Examples:
  selvedge                                         data in ./selvedge-data, ports 8079 and 6379
  selvedge serve --data-dir /var/lib/selvedge --durability interval
  SELVEDGE_TOKEN=... selvedge --http-addr 10.0.0.5:8079 --allow-public-bind
  selvedge --config selvedge.toml                  every flag without its dashes is a key of the file

Talking to it:
  redis-cli -u \"$REDIS_URL\" SET greeting hello
  curl -H \"Authorization: Bearer $KV_REST_API_TOKEN\" \"$KV_REST_API_URL/get/greeting\"";

const LOGGING: &str = "\
The lines to paste go to the standard output. The log goes to the standard error and never holds a token; one variable \
says how much of it:";
