//! Any server that speaks RESP, over a blocking socket.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use selvedge_wire::resp::{decode_value, encode_command};
use selvedge_wire::{Protocol, Value};

use crate::script::Need;
use crate::target::{Target, TargetError};

/// A server that has not answered by then is stuck.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);

const EVENTS_PARAMETER: &str = "notify-keyspace-events";
const EVENT_CHANNEL: &str = "__keyevent@0__:";

/// A connection to a RESP server.
#[derive(Debug)]
pub struct RespTarget {
    address: String,
    password: Option<String>,
    is_redis: bool,
    stream: TcpStream,
    received: Vec<u8>,
    /// Another connection, which listens to keyspace events.
    listener: Option<Box<RespTarget>>,
}

impl RespTarget {
    /// Connects to `host:port` and authenticates if a password is given.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn connect(address: &str, password: Option<&str>) -> Result<Self, TargetError> {
        Ok(Self {
            address: address.to_owned(),
            password: password.map(str::to_owned),
            is_redis: false,
            stream: open(address)?,
            received: Vec::new(),
            listener: None,
        })
    }

    /// Connects to the real Redis at `host:port`.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn connect_redis(address: &str) -> Result<Self, TargetError> {
        Ok(Self { is_redis: true, ..Self::connect(address, None)? })
    }

    /// Shows this password at the start of each script.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        Self { password: Some(password.to_owned()), ..self }
    }

    fn expect_ok(&mut self, words: &[&str]) -> Result<(), TargetError> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        match self.run(&words)? {
            Value::Status(_) | Value::Map(_) | Value::Array(_) | Value::Push(_) => Ok(()),
            other => Err(TargetError::Reset(other)),
        }
    }

    fn authenticate(&mut self) -> Result<(), TargetError> {
        match self.password.clone() {
            Some(password) => self.expect_ok(&["AUTH", &password]),
            None => Ok(()),
        }
    }

    fn send(&mut self, words: &[Vec<u8>]) -> Result<(), TargetError> {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut request = Vec::new();
        encode_command(&mut request, &words);
        Ok(self.stream.write_all(&request)?)
    }

    fn receive(&mut self) -> Result<Value, TargetError> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let decoded =
                decode_value(&self.received).map_err(|error| TargetError::Malformed(error.to_string()))?;
            if let Some((value, length)) = decoded {
                self.received.drain(..length);
                return Ok(value);
            }
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            self.received.extend(buffer.iter().take(count));
        }
    }
}

pub(crate) fn open(address: &str) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for candidate in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&candidate, REPLY_TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Target for RespTarget {
    fn reset(&mut self) -> Result<(), TargetError> {
        self.stream = open(&self.address)?;
        self.received.clear();
        self.authenticate()?;
        if self.listener.take().is_some() {
            self.expect_ok(&["CONFIG", "SET", EVENTS_PARAMETER, ""])?;
        }
        self.expect_ok(&["FLUSHALL"])
    }

    fn run(&mut self, words: &[Vec<u8>]) -> Result<Value, TargetError> {
        self.send(words)?;
        self.receive()
    }

    fn watch_events(&mut self, classes: &str) -> Result<bool, TargetError> {
        self.expect_ok(&["CONFIG", "SET", EVENTS_PARAMETER, &format!("E{classes}")])?;
        let mut listener = Self::connect(&self.address, self.password.as_deref())?;
        listener.authenticate()?;
        // In RESP3 the connection that listens may also publish.
        listener.set_protocol(Protocol::Resp3)?;
        listener.expect_ok(&["PSUBSCRIBE", &format!("{EVENT_CHANNEL}*")])?;
        self.listener = Some(Box::new(listener));
        Ok(true)
    }

    fn take_events(&mut self) -> Result<Vec<String>, TargetError> {
        let Some(listener) = &mut self.listener else { return Ok(Vec::new()) };
        // Messages arrive in order: when this one is there, so are all before it. It comes beside the reply to PUBLISH.
        let end = format!("{EVENT_CHANNEL}end");
        listener.send(&["PUBLISH", &end, ""].map(|word| word.as_bytes().to_vec()))?;
        let mut events = Vec::new();
        loop {
            let Value::Push(message) = listener.receive()? else { continue };
            let [_, _, Value::Bulk(channel), Value::Bulk(key)] = message.as_slice() else { continue };
            if *channel == end.as_bytes() {
                break;
            }
            let event = channel.strip_prefix(EVENT_CHANNEL.as_bytes()).unwrap_or(channel);
            events.push(format!("{} {}", String::from_utf8_lossy(event), String::from_utf8_lossy(key)));
        }
        Ok(events)
    }

    fn set_protocol(&mut self, protocol: Protocol) -> Result<bool, TargetError> {
        let version = if protocol == Protocol::Resp3 { "3" } else { "2" };
        self.expect_ok(&["HELLO", version])?;
        Ok(true)
    }

    fn has(&self, need: Need) -> bool {
        match need {
            Need::Clock => false,
            Need::Connection | Need::Scripts => true,
            Need::Selvedge => !self.is_redis(),
            Need::Password => self.password.is_some(),
        }
    }

    fn advance_ms(&mut self, _ms: u64) {}

    fn is_redis(&self) -> bool {
        self.is_redis
    }
}
