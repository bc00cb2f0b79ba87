//! Writing the parts that all kinds are made of: lengths and strings.

use crate::numbers::parse_integer;

/// The first bytes of numbers in place of strings, by their width.
const NUMBER_8: u8 = 0xc0;
const NUMBER_16: u8 = 0xc1;
const NUMBER_32: u8 = 0xc2;

/// Appends a length, or a count, in as few bytes as it takes.
pub(super) fn put_length(out: &mut Vec<u8>, length: u64) {
    if let Ok(short @ 0..=0x3f) = u8::try_from(length) {
        out.push(short);
    } else if let Ok(middle @ 0..=0x3fff) = u16::try_from(length) {
        out.extend_from_slice(&(middle | 0x4000).to_be_bytes());
    } else if let Ok(long) = u32::try_from(length) {
        out.push(0x80);
        out.extend_from_slice(&long.to_be_bytes());
    } else {
        out.push(0x81);
        out.extend_from_slice(&length.to_be_bytes());
    }
}

/// Appends a string; one that spells an integer of 32 bits as that.
pub(super) fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    match parse_integer(string).and_then(|number| i32::try_from(number).ok()) {
        Some(number) => put_number(out, number),
        None => {
            put_length(out, string.len() as u64);
            out.extend_from_slice(string);
        }
    }
}

fn put_number(out: &mut Vec<u8>, number: i32) {
    if let Ok(number) = i8::try_from(number) {
        out.push(NUMBER_8);
        out.extend_from_slice(&number.to_le_bytes());
    } else if let Ok(number) = i16::try_from(number) {
        out.push(NUMBER_16);
        out.extend_from_slice(&number.to_le_bytes());
    } else {
        out.push(NUMBER_32);
        out.extend_from_slice(&number.to_le_bytes());
    }
}
