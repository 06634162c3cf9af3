//! The digests of verified transfers (VTR), written out from RFC 1321 and FIPS 180-4: what judges a digest
//! shares no code with what computes it elsewhere.

/// A digest, MD5 or SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// 32 digits, by RFC 1321.
    Md5,
    /// 64 digits, by FIPS 180-4.
    Sha256,
}

impl Digest {
    /// The command of a transfer that is verified by it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Md5 => "file+md5",
            Self::Sha256 => "file+sha256",
        }
    }

    /// The number of digits in a digest message.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 => 64,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Md5 => Self::Sha256,
            Self::Sha256 => Self::Md5,
        }
    }

    /// The digest message of a body: lower-case hexadecimal digits.
    #[must_use]
    pub fn of(self, body: &[u8]) -> String {
        let mut digits = String::with_capacity(self.digits());
        let octets: Vec<u8> = match self {
            Self::Md5 => md5(body)
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .collect(),
            Self::Sha256 => sha256(body)
                .iter()
                .flat_map(|word| word.to_be_bytes())
                .collect(),
        };
        for octet in octets {
            for digit in [octet / 16, octet % 16] {
                digits.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        digits
    }

    /// True if a message has the form of a digest: exactly its lower-case digits (VTR-2).
    #[must_use]
    pub fn is_form_of(self, message: &[u8]) -> bool {
        message.len() == self.digits()
            && message
                .iter()
                .all(|octet| b"0123456789abcdef".contains(octet))
    }
}

/// Calls `each` with every block of 64 octets: the body, then 80, zeros, and its length in bits.
fn blocks(body: &[u8], length: [u8; 8], mut each: impl FnMut(&[u8; 64])) {
    let (whole, rest) = body.as_chunks::<64>();
    whole.iter().for_each(&mut each);
    let mut last = [0; 128];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    let end = if rest.len() < 56 { 64 } else { 128 };
    last[end - 8..end].copy_from_slice(&length);
    last[..end].as_chunks::<64>().0.iter().for_each(each);
}

fn md5(body: &[u8]) -> [u32; 4] {
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let bits = (body.len() as u64 * 8).to_le_bytes();
    blocks(body, bits, |block| {
        let mut words = [0; 16];
        for (word, octets) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*octets);
        }
        let [mut a, mut b, mut c, mut d] = state;
        for round in 0..64 {
            let (mixed, word) = match round / 16 {
                0 => (b & c | !b & d, round),
                1 => (d & b | !d & c, 5 * round + 1),
                2 => (b ^ c ^ d, 3 * round + 5),
                _ => (c ^ (b | !d), 7 * round),
            };
            let sum = a
                .wrapping_add(mixed)
                .wrapping_add(MD5_SINES[round])
                .wrapping_add(words[word % 16]);
            let turn = MD5_TURNS[round / 16][round % 4];
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(turn)));
        }
        for (word, more) in state.iter_mut().zip([a, b, c, d]) {
            *word = word.wrapping_add(more);
        }
    });
    state
}

fn sha256(body: &[u8]) -> [u32; 8] {
    let mut state: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let bits = (body.len() as u64 * 8).to_be_bytes();
    blocks(body, bits, |block| {
        let mut words = [0_u32; 64];
        for (word, octets) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*octets);
        }
        for at in 16..64 {
            let (early, late) = (words[at - 15], words[at - 2]);
            let early = early.rotate_right(7) ^ early.rotate_right(18) ^ early >> 3;
            let late = late.rotate_right(17) ^ late.rotate_right(19) ^ late >> 10;
            words[at] = words[at - 16]
                .wrapping_add(early)
                .wrapping_add(words[at - 7])
                .wrapping_add(late);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, root) in words.into_iter().zip(SHA256_ROOTS) {
            let first = h
                .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
                .wrapping_add(e & f ^ !e & g)
                .wrapping_add(root)
                .wrapping_add(word);
            let second = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22))
                .wrapping_add(a & b ^ a & c ^ b & c);
            (h, g, f, e) = (g, f, e, d.wrapping_add(first));
            (d, c, b, a) = (c, b, a, first.wrapping_add(second));
        }
        for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(more);
        }
    });
    state
}

const MD5_TURNS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

#[rustfmt::skip]
const MD5_SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

#[rustfmt::skip]
const SHA256_ROOTS: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[cfg(test)]
mod tests {
    use super::Digest::{Md5, Sha256};

    /// The test strings of RFC 1321, FIPS 180-4 and its examples.
    #[test]
    fn digests_are_those_of_their_standards() {
        for (digest, body, digits) in [
            (Md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (Md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                Md5,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f",
            ),
            (
                Sha256,
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Sha256,
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(digest.of(body.as_bytes()), digits, "{body:?}");
            assert!(digest.is_form_of(digits.as_bytes()));
            assert!(!digest.is_form_of(digits.to_uppercase().as_bytes()));
            assert!(!digest.is_form_of(&digits.as_bytes()[1..]));
        }
    }

    /// Against the crates that the program uses, at every length of the last block.
    #[cfg(feature = "cli")]
    #[test]
    fn digests_agree_with_those_of_others_at_every_length() {
        use md5::Digest as _;

        let hex = |octets: &[u8]| -> String {
            octets.iter().map(|octet| format!("{octet:02x}")).collect()
        };
        let body: Vec<u8> = (0..=255_u8).cycle().take(70_000).collect();
        for length in (0..200).chain([4_096, 65_536, 70_000]) {
            let body = &body[..length];
            assert_eq!(Md5.of(body), hex(&md5::Md5::digest(body)), "{length}");
            assert_eq!(
                Sha256.of(body),
                hex(&sha2::Sha256::digest(body)),
                "{length}"
            );
        }
    }
}
