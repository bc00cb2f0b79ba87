//! Values for property tests.

use proptest::prelude::*;

use crate::value::Value;

/// Every value that RESP3 can carry.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[^\r\n]{0,12}".prop_map(Value::Status),
        "[^\r\n]{0,12}".prop_map(Value::Error),
        any::<i64>().prop_map(Value::Integer),
        any::<Vec<u8>>().prop_map(Value::Bulk),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<f64>().prop_filter("equal to itself", |value| !value.is_nan()).prop_map(Value::Double),
        "-?[1-9][0-9]{0,40}".prop_map(Value::BigNumber),
        any::<Vec<u8>>().prop_map(|text| Value::Verbatim(*b"txt", text)),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Set),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Push),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Map),
        ]
    })
}
