//! The two tokens of a database, compared in constant time and never printed.

use selvedge_node::Permission;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::settings::Secret;

/// What callers must show.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    digests: Option<[[u8; 32]; 2]>,
}

impl Tokens {
    /// The token with all rights and the one that reads.
    #[must_use]
    pub(crate) fn new(full: &Secret, read_only: &Secret) -> Self {
        Self { digests: Some([digest(full.expose().as_bytes()), digest(read_only.expose().as_bytes())]) }
    }

    /// Everybody may do everything.
    #[must_use]
    pub(crate) fn insecure() -> Self {
        Self { digests: None }
    }

    /// Nobody may do anything: there is no token to show.
    #[must_use]
    pub(crate) fn closed() -> Self {
        Self { digests: Some([[0; 32]; 2]) }
    }

    /// Whether no token is asked for.
    #[must_use]
    pub(crate) fn is_insecure(&self) -> bool {
        self.digests.is_none()
    }

    /// What a caller may do who has shown nothing yet.
    #[must_use]
    pub(crate) fn before(&self) -> Permission {
        if self.is_insecure() { Permission::Full } else { Permission::None }
    }

    /// What the bearer of this secret may do. The time it takes does not depend on the secret.
    #[must_use]
    pub(crate) fn check(&self, secret: &[u8]) -> Permission {
        let Some([full, read_only]) = &self.digests else { return Permission::Full };
        let shown = digest(secret);
        let is_full = bool::from(shown.ct_eq(full));
        let is_read_only = bool::from(shown.ct_eq(read_only));
        match (is_full, is_read_only) {
            (true, _) => Permission::Full,
            (false, true) => Permission::ReadOnly,
            (false, false) => Permission::None,
        }
    }

    /// What the bearer may do under a user name of Redis.
    #[must_use]
    pub(crate) fn check_user(&self, user: &[u8], secret: &[u8]) -> Permission {
        match (user, self.check(secret)) {
            (b"default", Permission::Full) => Permission::Full,
            (b"default_ro", Permission::ReadOnly) => Permission::ReadOnly,
            _ => Permission::None,
        }
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_has_its_rights() {
        let tokens = Tokens::new(&Secret::new("full"), &Secret::new("read"));
        assert_eq!(tokens.check(b"full"), Permission::Full);
        assert_eq!(tokens.check(b"read"), Permission::ReadOnly);
        for wrong in [&b"ful"[..], b"full ", b"full\n", b"", b"undefined"] {
            assert_eq!(tokens.check(wrong), Permission::None);
        }
        assert_eq!(tokens.check_user(b"default", b"full"), Permission::Full);
        assert_eq!(tokens.check_user(b"default_ro", b"read"), Permission::ReadOnly);
        assert_eq!(tokens.check_user(b"default_ro", b"full"), Permission::None);
        assert_eq!(tokens.check_user(b"nobody", b"full"), Permission::None);
    }
}
