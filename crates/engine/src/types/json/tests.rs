use std::ops::ControlFlow;

use proptest::prelude::*;

use super::path::{Path, PathError};
use super::write::text_of;
use super::*;
use crate::types::PackedJson;

fn read(text: &str) -> JsonText {
    JsonText::read(text.as_bytes()).unwrap()
}

/// Steps that a path may take here: as many as tests have the time for.
const STEPS_MAX: usize = 100_000;

/// How many values a path leads to in a document; none if it takes too long.
fn count(document: &Node, path: &str) -> Option<usize> {
    let mut count = 0;
    let path = Path::parse(path.as_bytes()).unwrap();
    let outcome = path.visit_within(STEPS_MAX, JsonRef::tree(document), &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    outcome.ok().map(|()| count)
}

fn tree(text: &str) -> Node {
    Node::new(read(text).packed())
}

#[test]
fn paths_that_are_built_to_explode_are_refused() {
    let deep = tree(&format!("{}1{}", "[[],".repeat(60), "]".repeat(60)));
    assert_eq!(count(&deep, "$..*"), Some(120));
    assert_eq!(count(&deep, &format!("${}", "..*".repeat(12))), None);
    let wide = tree(&format!("[{}]", vec!["1"; 2_000].join(",")));
    assert_eq!(count(&wide, "$[?(@==1)]"), Some(2_000));
    assert_eq!(count(&wide, "$[?($[?(@==1)])]"), Some(0), "it ends at the second value");
    assert_eq!(count(&wide, "$[?($[?(@==2)])]"), None);
    assert_eq!(count(&wide, "$[?($==$)]"), None);
    assert_eq!(count(&wide, "$[?($[1999:]==1)]"), None);
}

#[test]
fn patterns_take_linear_time_or_are_refused() {
    let text = "a".repeat(20_000);
    let document = tree(&format!("[\"{text}\"]"));
    assert_eq!(count(&document, "$[?(@=~\"(a*)*b\")]"), Some(0));
    assert_eq!(count(&document, "$[?(@=~\"(((a{1,100}){1,100}){1,100})x\")]"), Some(0), "it is too large");
    let longer = tree(&format!("[\"{}\"]", text.repeat(2)));
    assert_eq!(count(&longer, "$[?(@=~\"a\")]"), None);
    let patterns = tree(&format!("[{}]", vec!["\"a+\""; 100].join(",")));
    assert_eq!(count(&patterns, "$[?(@=~@)]"), None);
}

#[test]
fn paths_have_limits() {
    let error = |path: String| Path::parse(path.as_bytes()).unwrap_err();
    assert_eq!(error("$.a".repeat(10_000)), PathError::TooLong);
    assert_eq!(error(format!("$[?({}1{})]", "(".repeat(40), ")".repeat(40))), PathError::TooDeep);
    assert_eq!(error(format!("${}", "[?(@".repeat(40))), PathError::TooDeep);
    assert!(Path::parse(format!("${}", ".a".repeat(5000)).as_bytes()).is_ok());
}

#[test]
fn wide_objects_find_their_names() {
    let members: Vec<String> = (0..50_000).map(|i| format!("\"{}\":{i}", i * 7919 % 50_000)).collect();
    let node = tree(&format!("{{{}}}", members.join(",")));
    let root = JsonRef::tree(&node);
    let JsonView::Object(object) = root.view() else { panic!("an object") };
    for i in (0..50_000).step_by(997) {
        let name = (i * 7919 % 50_000).to_string();
        let (position, value) = object.find(name.as_bytes()).unwrap();
        assert_eq!(position, i);
        assert_eq!(text_of(value).unwrap(), i.to_string().into_bytes());
    }
    assert!(object.find(b"50000").is_none());
    let other = node.clone();
    assert!(root == JsonRef::tree(&other));
}

#[test]
fn a_name_that_comes_often_is_one_member() {
    let members: Vec<String> = (0..50_000).map(|i| format!("\"{}\":{i}", i % 3)).collect();
    let document = read(&format!("{{{}}}", members.join(",")));
    assert_eq!(text_of(document.packed().get()).unwrap(), b"{\"0\":49998,\"1\":49999,\"2\":49997}");
}

/// Texts that are JSON, or nearly.
fn texts() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just(" "),
        Just("\n"),
        Just("null"),
        Just("tru"),
        Just("\"a\""),
        Just("\"\\u00e9\\n\""),
        Just("\"\\ud83d\\ude00\""),
        Just("\"\\ud8\""),
        Just("\""),
        Just("-"),
        Just("0"),
        Just("12"),
        Just("1.50"),
        Just("1e9"),
        Just("1e999"),
        Just("é"),
    ];
    proptest::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("1".to_owned()), Just("\"x\"".to_owned()), Just("null".to_owned())];
    leaf.prop_recursive(6, 100, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8)
                .prop_map(|values| format!("[{}]", values.join(","))),
            proptest::collection::vec(("[a-c]", inner), 0..8).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    /// What reads is packed in the one form that a log accepts, and its text reads as the same.
    #[test]
    fn what_reads_is_written_and_reads_again(text in prop_oneof![texts(), documents(), ".{0,40}"]) {
        if let Ok(document) = JsonText::read(text.as_bytes()) {
            let packed = document.packed();
            prop_assert_eq!(PackedJson::new(packed.as_bytes()), Some(packed));
            let written = text_of(packed.get()).unwrap();
            prop_assert_eq!(JsonText::read(&written).unwrap(), document);
        }
    }

    #[test]
    fn any_bytes_are_json_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = JsonText::read(&bytes);
        if let Some(packed) = PackedJson::new(&bytes) {
            let again = JsonText::of(packed.get());
            prop_assert_eq!(again.packed(), packed);
        }
    }

    /// Whatever is no path is refused; what is one gives the same values in a tree as where all is packed.
    #[test]
    fn any_path_is_followed_or_refused(
        text in documents(),
        path in prop_oneof!["[$.\\[\\]*?@a-c0-9:,'\"()<=>&|!~ -]{0,30}", "\\$(\\.\\.?(a|b|\\*)|\\[(0|-1|\\*|1:|'a','b')\\]){0,5}"],
    ) {
        let document = read(&text);
        if let Ok(path) = Path::parse(path.as_bytes()) {
            let packed = document.packed().get();
            let found = path.all(packed).unwrap();
            let places = path.places(packed).unwrap();
            prop_assert_eq!(found.len(), places.len());
            prop_assert!(found.iter().zip(&places).all(|(value, place)| packed.at(place) == Some(*value)));
            let node = Node::opened_wholly(document.packed());
            let tree = path.all(JsonRef::tree(&node)).unwrap();
            prop_assert!(found.iter().eq(tree.iter()));
        }
    }
}
