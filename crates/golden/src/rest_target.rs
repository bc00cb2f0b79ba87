//! A server that speaks the REST dialect of Upstash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use selvedge_wire::json::{Encoding, write_string};
use selvedge_wire::{Protocol, Value};

use crate::http::HttpConnection;
use crate::script::Need;
use crate::target::{Fidelity, Target, TargetError};

/// Which form of request carries a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestForm {
    /// A JSON array, posted to `/`.
    Command,
    /// A JSON array in an array of one, posted to `/pipeline`.
    Pipeline,
    /// A path, its last word as the body.
    Path,
}

/// A REST server with its token.
#[derive(Debug)]
pub struct RestTarget {
    connection: HttpConnection,
    address: String,
    headers: Vec<String>,
    form: RestForm,
    encoding: Encoding,
}

impl RestTarget {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// [`TargetError::Io`].
    pub fn connect(
        address: &str,
        token: &str,
        form: RestForm,
        encoding: Encoding,
    ) -> Result<Self, TargetError> {
        let mut headers = vec![format!("Authorization: Bearer {token}")];
        if encoding == Encoding::Base64 {
            headers.push("Upstash-Encoding: base64".to_owned());
        }
        let connection = HttpConnection::open(address)?;
        Ok(Self { connection, address: address.to_owned(), headers, form, encoding })
    }

    /// The element that answers a command: `{"result": ...}` or `{"error": ...}`.
    fn element(&mut self, words: &[Vec<u8>]) -> Result<serde_json::Value, TargetError> {
        let form = match words.first() {
            // A path cannot begin with nothing.
            Some(name) if name.is_empty() && self.form == RestForm::Path => RestForm::Command,
            // A JSON string holds no bytes but UTF-8; a path holds all.
            _ if words.iter().any(|word| std::str::from_utf8(word).is_err()) => RestForm::Path,
            _ => self.form,
        };
        let (path, body) = request(form, words);
        let answer = self.connection.post(&path, &self.headers, &body)?;
        let malformed = || TargetError::Malformed(String::from_utf8_lossy(&answer.body).into_owned());
        let json: serde_json::Value = serde_json::from_slice(&answer.body).map_err(|_| malformed())?;
        let element = match (form, json) {
            (RestForm::Pipeline, serde_json::Value::Array(mut elements)) if elements.len() == 1 => {
                elements.pop().ok_or_else(malformed)?
            }
            (RestForm::Command | RestForm::Path, element) => element,
            (RestForm::Pipeline, _) => return Err(malformed()),
        };
        let is_refused = element.get("error").is_some() && form != RestForm::Pipeline;
        if (answer.status == 200) == is_refused {
            return Err(TargetError::Malformed(format!("status {} with {element}", answer.status)));
        }
        Ok(element)
    }

    fn value(&self, json: serde_json::Value, is_top: bool) -> Result<Value, TargetError> {
        Ok(match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Number(number) => {
                let integer = number.as_i64();
                Value::Integer(integer.ok_or_else(|| TargetError::Malformed(number.to_string()))?)
            }
            serde_json::Value::String(text)
                if self.encoding == Encoding::Plain || (is_top && text == "OK") =>
            {
                Value::Bulk(text.into_bytes())
            }
            serde_json::Value::String(text) => {
                Value::Bulk(STANDARD.decode(&text).map_err(|_| TargetError::Malformed(text))?)
            }
            serde_json::Value::Array(items) => {
                let items = items.into_iter().map(|item| self.value(item, false));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            other @ (serde_json::Value::Bool(_) | serde_json::Value::Object(_)) => {
                return Err(TargetError::Malformed(other.to_string()));
            }
        })
    }
}

/// Path and body of a request for one command.
fn request(form: RestForm, words: &[Vec<u8>]) -> (String, Vec<u8>) {
    match form {
        RestForm::Command => ("/".to_owned(), array(words)),
        RestForm::Pipeline => ("/pipeline".to_owned(), [b"[", array(words).as_slice(), b"]"].concat()),
        RestForm::Path => {
            // An empty body is no argument, so an empty last word stays in the path.
            let (segments, body) = match words.split_last() {
                Some((last, rest)) if !last.is_empty() && !rest.is_empty() => (rest, last.clone()),
                _ => (words, Vec::new()),
            };
            let path = segments.iter().map(|word| format!("/{}", percent_encode(word, NON_ALPHANUMERIC)));
            (path.collect(), body)
        }
    }
}

fn array(words: &[Vec<u8>]) -> Vec<u8> {
    let mut json = b"[".to_vec();
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            json.push(b',');
        }
        write_string(&mut json, word);
    }
    json.push(b']');
    json
}

impl Target for RestTarget {
    fn reset(&mut self) -> Result<(), TargetError> {
        self.connection = HttpConnection::open(&self.address)?;
        match self.run(&[b"FLUSHALL".to_vec()])? {
            Value::Bulk(text) if text == b"OK" => Ok(()),
            other => Err(TargetError::Reset(other)),
        }
    }

    fn run(&mut self, words: &[Vec<u8>]) -> Result<Value, TargetError> {
        let element = self.element(words)?;
        match (element.get("result"), element.get("error"), element.as_object().map(|keys| keys.len())) {
            (Some(result), None, Some(1)) => self.value(result.clone(), true),
            (None, Some(serde_json::Value::String(text)), Some(1)) => Ok(Value::Error(text.clone())),
            _ => Err(TargetError::Malformed(element.to_string())),
        }
    }

    fn set_protocol(&mut self, protocol: Protocol) -> Result<bool, TargetError> {
        Ok(protocol == Protocol::Resp2)
    }

    fn has(&self, need: Need) -> bool {
        matches!(need, Need::Scripts | Need::Selvedge)
    }

    fn advance_ms(&mut self, _ms: u64) {}

    fn fidelity(&self) -> Fidelity {
        match self.encoding {
            Encoding::Plain => Fidelity::JsonText,
            Encoding::Base64 => Fidelity::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_where_the_form_says() {
        let words = |words: &[&[u8]]| words.iter().map(|word| word.to_vec()).collect::<Vec<_>>();
        let set = words(&[b"SET", b"a/\xff", b"v\n"]);
        assert_eq!(request(RestForm::Path, &set), ("/SET/a%2F%FF".to_owned(), b"v\n".to_vec()));
        assert_eq!(request(RestForm::Path, &words(&[b"SET", b"k", b""])).0, "/SET/k/");
        assert_eq!(request(RestForm::Path, &words(&[b"PING"])), ("/PING".to_owned(), Vec::new()));
        let get = words(&[b"GET", b"\""]);
        assert_eq!(request(RestForm::Command, &get), ("/".to_owned(), br#"["GET","\""]"#.to_vec()));
        assert_eq!(request(RestForm::Pipeline, &get).1, br#"[["GET","\""]]"#);
    }
}
