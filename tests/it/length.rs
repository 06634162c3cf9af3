//! Pack and unpack, over every length there is (LEN-1, LEN-4).

use std::thread;

use unstick::wire::length::{pack, unpack};

/// Every 32-bit value, against octets computed by division, which shares nothing with
/// `to_be_bytes`.
#[test]
fn every_length_round_trips() {
    const PARTS: u64 = 4;
    thread::scope(|scope| {
        for part in 0..PARTS {
            scope.spawn(move || {
                let size = (1_u64 << 32) / PARTS;
                for value in part * size..(part + 1) * size {
                    let octets = [
                        (value / 16_777_216) as u8,
                        (value / 65_536 % 256) as u8,
                        (value / 256 % 256) as u8,
                        (value % 256) as u8,
                    ];
                    assert!(pack(value as u32) == octets, "packing {value}");
                    assert!(unpack(&octets) == Ok(value as u32), "unpacking {value}");
                }
            });
        }
    });
}
