//! Captures: what is read from them, and what is refused with its place.

use proptest::collection::vec;
use proptest::prelude::*;
use rstest::rstest;
use unstick::recut::capture::{self, CaptureError, Captured, Wanted};
use unstick::recut::exchange::{Event, Party};

use crate::support::capture::{Order, Packet, c, ethernet, head, pcap, record, s};

const ETHERNET: u32 = 1;

/// A question and its answer, from the SYN to the last acknowledgement.
fn hello() -> Vec<Packet> {
    vec![
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("A", 100, 500, ""),
        c("PA", 100, 500, "ask"),
        s("A", 500, 103, ""),
        s("PA", 500, 103, "answer"),
        c("A", 103, 506, ""),
        c("FA", 103, 506, ""),
        s("FA", 506, 104, ""),
        c("A", 104, 507, ""),
    ]
}

const HELLO: &str = ">ask <answer >. <.";

fn ethernets(packets: &[Packet]) -> Vec<Vec<u8>> {
    packets.iter().map(Packet::ethernet).collect()
}

fn read(file: &[u8]) -> Result<Captured, CaptureError> {
    capture::read(file, Wanted::Only)
}

/// The conversation: `>` the client's octets, `<` the server's, `.` an end.
fn shown(captured: &Captured) -> String {
    let shown = captured.exchange.events().iter().map(|event| {
        let (party, octets) = match event {
            Event::Octets(party, octets) => (party, String::from_utf8_lossy(octets).into_owned()),
            Event::End(party) => (party, ".".to_owned()),
        };
        let arrow = match party {
            Party::Client => ">",
            Party::Server => "<",
        };
        format!("{arrow}{octets}")
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The conversation in these packets, and the warnings.
fn told(packets: &[Packet]) -> (String, Vec<String>) {
    let captured = read(&pcap(ETHERNET, &ethernets(packets))).unwrap();
    (shown(&captured), captured.warnings)
}

/// Reason why these are not a conversation.
fn refused(packets: &[Packet]) -> String {
    read(&pcap(ETHERNET, &ethernets(packets)))
        .unwrap_err()
        .to_string()
}

fn plainly(packets: &[Packet], expected: &str) {
    assert_eq!(told(packets), (expected.to_owned(), Vec::new()));
}

#[test]
fn a_question_and_its_answer() {
    plainly(&hello(), HELLO);
}

/// Octets before the IP packet under each link type.
#[rstest]
#[case::null_little(0, &[2, 0, 0, 0])]
#[case::null_big(0, &[0, 0, 0, 2])]
#[case::raw_bsd(12, &[])]
#[case::raw_openbsd(14, &[])]
#[case::raw(101, &[])]
#[case::loop_back(108, &[0, 0, 0, 2])]
#[case::cooked(113, &[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0])]
#[case::cooked_vlan(113, &[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 5, 8, 0])]
#[case::ipv4(228, &[])]
#[case::cooked_2(276, &[8, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0])]
#[case::cooked_2_vlan(276, &[0x81, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 8, 0])]
fn link_types(#[case] link: u32, #[case] before: &[u8]) {
    let frames: Vec<_> = hello()
        .iter()
        .map(|packet| [before, &packet.ip()].concat())
        .collect();
    assert_eq!(shown(&read(&pcap(link, &frames)).unwrap()), HELLO);
}

/// The address family of IPv6 has a number of its own on each system.
#[rstest]
#[case::linux(0, &[10, 0, 0, 0])]
#[case::netbsd(0, &[24, 0, 0, 0])]
#[case::freebsd(0, &[28, 0, 0, 0])]
#[case::macos(0, &[30, 0, 0, 0])]
#[case::macos_big(0, &[0, 0, 0, 30])]
#[case::loop_back(108, &[0, 0, 0, 24])]
#[case::raw(101, &[])]
#[case::ipv6(229, &[])]
fn ipv6(#[case] link: u32, #[case] before: &[u8]) {
    let frames: Vec<_> = hello()
        .into_iter()
        .map(|packet| [before, &packet.v6().ip()].concat())
        .collect();
    assert_eq!(shown(&read(&pcap(link, &frames)).unwrap()), HELLO);
}

#[test]
fn ipv6_extension_headers_are_passed_over() {
    let frames: Vec<_> = hello()
        .into_iter()
        .map(|packet| {
            let packet = packet.v6();
            // Hop by hop, then destination options; each is eight octets of padding.
            let mut payload = vec![60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
            payload.extend(packet.tcp());
            ethernet(&[], &packet.around(0, &payload))
        })
        .collect();
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
}

/// Each direction may have tags of its own.
#[rstest]
#[case::vlan(&[0x81, 0, 0, 5])]
#[case::qinq(&[0x88, 0xA8, 0, 5, 0x81, 0, 0, 7])]
#[case::old_qinq(&[0x91, 0, 0, 5, 0x81, 0, 0, 7])]
fn vlan_tags(#[case] tags: &[u8]) {
    let frames: Vec<_> = hello()
        .iter()
        .map(|packet| match packet.from_client {
            true => ethernet(tags, &packet.ip()),
            false => ethernet(&[0x81, 0, 0, 99], &packet.ip()),
        })
        .collect();
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
}

#[test]
fn snap() {
    let frames: Vec<_> = hello()
        .iter()
        .map(|packet| {
            let ip = packet.ip();
            let mut frame = ethernet(&[], &ip)[..12].to_vec();
            frame.extend((8 + ip.len() as u16).to_be_bytes());
            frame.extend([0xAA, 0xAA, 3, 0, 0, 0, 8, 0]);
            frame.extend(ip);
            frame
        })
        .collect();
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
}

#[test]
fn other_link_types_are_refused_by_name() {
    let frames = ethernets(&hello());
    let error = read(&pcap(105, &frames)).unwrap_err().to_string();
    assert!(error.starts_with("link type 105 (IEEE 802.11)"), "{error}");
    let error = read(&pcap(9999, &frames)).unwrap_err().to_string();
    assert!(error.starts_with("link type 9999 "), "{error}");
}

/// A length of a frame check of two units, with the flag that says that it is there.
#[test]
fn the_upper_half_of_the_link_type_has_flags() {
    let with_check: Vec<_> = ethernets(&hello())
        .into_iter()
        .map(|frame| [frame, vec![0xEE; 4]].concat())
        .collect();
    let file = pcap(0x2400_0000 | ETHERNET, &with_check);
    assert_eq!(shown(&read(&file).unwrap()), HELLO);
}

/// A server's greeting is first in the file, and a client whose port is lower is the client.
#[test]
fn the_client_is_who_sent_the_syn() {
    let mut packets = hello();
    packets.rotate_left(5);
    packets.truncate(10);
    // The file shows the answer first, then the end, and the SYN last.
    assert_eq!(told(&packets).0, HELLO);
    let swapped: Vec<_> = hello()
        .into_iter()
        .map(|packet| packet.ports(80, 40_000))
        .collect();
    plainly(&swapped, HELLO);
    // Only the answer to the SYN was captured.
    plainly(&hello()[1..], HELLO);
}

#[test]
fn without_a_syn_the_higher_port_is_the_client_and_that_is_said() {
    let (conversation, warnings) = told(&hello()[3..]);
    assert_eq!(conversation, HELLO);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("10.0.0.1:40000"), "{warnings:?}");
}

#[test]
fn an_answer_that_was_captured_before_its_question_follows_it() {
    let mut packets = hello();
    packets.swap(3, 5);
    plainly(&packets, HELLO);
}

#[test]
fn a_question_that_had_heard_the_answer_follows_it() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("PA", 100, 500, "one"),
        // Captured before the answer that it acknowledges.
        c("PA", 103, 501, "two"),
        s("PA", 500, 103, "1"),
        s("PA", 501, 106, "2"),
    ];
    plainly(&packets, ">one <1 >two <2");
}

#[test]
fn turns_that_nobody_waited_for_stay_in_the_order_of_the_file() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        s("PA", 500, 100, "hello"),
        c("PA", 100, 500, "one"),
        c("PA", 103, 500, "two"),
        s("PA", 505, 103, "1"),
        s("PA", 506, 106, "2"),
    ];
    plainly(&packets, "<hello >onetwo <12");
}

/// Every octet of the conversation is missed, whatever shows that it is not there.
#[test]
fn a_gap_is_an_error_with_its_place() {
    let mut later = hello();
    later[3].payload.truncate(2);
    later.insert(4, c("PA", 105, 500, "more"));
    let error = refused(&later);
    assert!(
        error.starts_with("octets 2 to 4 of what the client sent are missing (before packet 5)"),
        "{error}"
    );
    let mut fin = hello();
    fin.remove(3);
    fin.retain(|packet| packet.from_client || packet.flags != "A");
    for packet in &mut fin {
        packet.acknowledgement = packet.acknowledgement.min(500);
    }
    let error = refused(&fin);
    assert!(
        error.contains("octets 0 to 2 of what the client sent are missing"),
        "{error}"
    );
    assert!(error.contains("is the end of the stream"), "{error}");
    let mut acknowledged = hello()[..7].to_vec();
    acknowledged.remove(5);
    let error = refused(&acknowledged);
    assert!(
        error.starts_with(
            "octets 0 to 5 of what the server sent are missing (packet 6 acknowledges them)"
        ),
        "{error}"
    );
}

#[test]
fn a_gap_by_the_snap_length_is_one_unless_the_octets_come_again() {
    let packets = hello();
    let mut file = head(ETHERNET);
    for packet in &packets {
        let frame = packet.ethernet();
        let length = if packet.payload == b"answer" {
            frame.len() - 2
        } else {
            frame.len()
        };
        record(&mut file, &frame[..length], frame.len());
    }
    let error = read(&file).unwrap_err().to_string();
    assert!(
        error.starts_with("octets 4 to 5 of what the server sent are missing (packet 6 was captured up to the snap length only)"),
        "{error}"
    );
    let frame = packets[5].ethernet();
    record(&mut file, &frame, frame.len());
    assert_eq!(shown(&read(&file).unwrap()), HELLO);
}

#[test]
fn packets_of_which_not_even_the_header_was_captured_are_named() {
    let frames: Vec<_> = hello()
        .iter()
        .map(|packet| packet.ethernet()[..40].to_vec())
        .collect();
    let mut file = head(ETHERNET);
    for frame in frames {
        record(&mut file, &frame, 70);
    }
    let error = read(&file).unwrap_err().to_string();
    assert!(
        error.contains("10 were captured without their whole TCP header"),
        "{error}"
    );
}

#[test]
fn a_stray_reset_with_a_wild_number_is_no_gap() {
    let mut packets = hello();
    packets.insert(4, c("R", 0x7654_3210, 0, ""));
    let (conversation, warnings) = told(&packets);
    assert_eq!((conversation.as_str(), warnings.len()), (HELLO, 0));
    packets.insert(5, s("RA", 0x1234_5678, 0x7FFF_0000, ""));
    assert_eq!(told(&packets).0, HELLO);
}

#[test]
fn a_reset_is_an_end_and_its_payload_is_no_part_of_the_stream() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("PA", 100, 500, "ask"),
        s("RA", 500, 103, "connection refused by policy"),
    ];
    plainly(&packets, ">ask <.");
}

#[test]
fn the_first_copy_wins_and_one_that_differs_is_said() {
    let mut packets = hello();
    packets.insert(6, s("PA", 500, 103, "answer"));
    plainly(&packets, HELLO);
    packets[6].payload = b"anSWer and more".to_vec();
    packets[7].acknowledgement = 515;
    packets.truncate(8);
    let (conversation, warnings) = told(&packets);
    assert_eq!(conversation, ">ask <answer and more");
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with(
            "octet 2 of what the server sent came twice and differs (packets 6 and 7)"
        ),
        "{warnings:?}"
    );
}

/// As many as there are packets, where two connections were taken for one.
#[test]
fn packets_that_differ_are_named_up_to_a_number_and_counted_beyond() {
    let mut packets = hello();
    let again = (0..500).map(|_| s("PA", 500, 103, "ANSWER"));
    packets.splice(6..6, again);
    let (_, warnings) = told(&packets);
    assert_eq!(warnings.len(), 11, "{warnings:?}");
    assert_eq!(
        warnings[10],
        "490 more packets of the server differ from what came before; the first copies are used"
    );
}

#[test]
fn overlaps_fill_the_holes_on_both_sides() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("PA", 103, 500, "def"),
        c("PA", 109, 500, "jkl"),
        c("PA", 101, 500, "bcdefghij"),
        c("PA", 100, 500, "abc"),
        s("PA", 500, 112, "!"),
    ];
    plainly(&packets, ">abcdefghijkl <!");
}

/// Padding of short frames and frame checks lie behind the IP packet.
#[test]
fn the_length_in_the_ip_header_counts() {
    let frames: Vec<_> = ethernets(&hello())
        .into_iter()
        .map(|frame| [frame, vec![0x55; 6]].concat())
        .collect();
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
}

#[test]
fn a_length_of_zero_is_left_to_the_network_card() {
    let mut frames = ethernets(&hello());
    for frame in &mut frames {
        frame[16..18].fill(0);
    }
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
    let mut frames = Vec::new();
    for packet in hello() {
        let mut ip = packet.v6().ip();
        ip[4..6].fill(0);
        frames.push(ip);
    }
    assert_eq!(shown(&read(&pcap(229, &frames)).unwrap()), HELLO);
}

#[test]
fn sequence_numbers_wrap_round() {
    let packets: Vec<_> = hello()
        .into_iter()
        .map(|mut packet| {
            let (client, server) = (u32::MAX - 100, u32::MAX - 502);
            let (ours, theirs) = if packet.from_client {
                (client, server)
            } else {
                (server, client)
            };
            packet.sequence = packet.sequence.wrapping_add(ours);
            packet.acknowledgement = packet.acknowledgement.wrapping_add(theirs);
            packet
        })
        .collect();
    assert!(packets[3].sequence > 1 << 31 && packets[7].sequence < 1 << 31);
    plainly(&packets, HELLO);
}

/// A gap of a GiB costs no memory: it is named.
#[test]
fn few_octets_may_span_many_numbers() {
    let mut packets = hello()[..4].to_vec();
    packets.push(c("PA", 100 + (1 << 30), 500, "far"));
    let error = refused(&packets);
    assert!(
        error.contains("octets 3 to 1073741823 of what the client sent"),
        "{error}"
    );
}

#[test]
fn ports_are_used_again() {
    let mut packets = hello();
    let again: Vec<_> = hello()
        .into_iter()
        .map(|mut packet| {
            packet.sequence += 70_000;
            if packet.flags != "S" {
                packet.acknowledgement += 70_000;
            }
            if packet.payload == b"ask" {
                packet.payload = b"ASK".to_vec();
            }
            packet
        })
        .collect();
    packets.extend(again);
    let file = pcap(ETHERNET, &ethernets(&packets));
    let stream = |number| shown(&capture::read(&file[..], Wanted::Number(number)).unwrap());
    assert_eq!(stream(0), HELLO);
    assert_eq!(stream(1), ">ASK <answer >. <.");
}

#[test]
fn several_streams_are_listed_and_chosen() {
    let mut packets = hello();
    packets.splice(
        4..4,
        hello().into_iter().map(|packet| packet.ports(40_001, 81)),
    );
    let file = pcap(ETHERNET, &ethernets(&packets));
    let error = read(&file).unwrap_err().to_string();
    assert_eq!(
        error,
        "2 streams are there; choose one by --stream N, or a server's by --port P:\n  \
         --stream 0   10.0.0.1:40000 -> 10.0.0.2:80  3 octets, 6 back\n  \
         --stream 1   10.0.0.1:40001 -> 10.0.0.2:81  3 octets, 6 back"
    );
    let read = |wanted| capture::read(&file[..], wanted);
    assert_eq!(shown(&read(Wanted::Number(1)).unwrap()), HELLO);
    assert_eq!(shown(&read(Wanted::Port(81)).unwrap()), HELLO);
    let error = read(Wanted::Number(2)).unwrap_err().to_string();
    assert_eq!(error, "there is no stream 2; there are 2, counted from 0");
    let error = read(Wanted::Port(82)).unwrap_err().to_string();
    assert_eq!(error, "none of the 2 streams has port 82");
}

/// A port scan. With work at each stream for all before it, these took half a minute of processor
/// time; they take a fraction of a second.
#[cfg(target_os = "linux")]
#[test]
fn many_streams_take_no_longer_each_than_few() {
    const STREAMS: u32 = 24_000;
    let mut file = head(101);
    for number in 0..STREAMS {
        let mut packet = c("S", number, 0, "");
        packet.client.0 = std::net::Ipv4Addr::from(10 << 24 | number).into();
        let frame = packet.ip();
        record(&mut file, &frame, frame.len());
    }
    let before = processor_seconds();
    let error = read(&file).unwrap_err().to_string();
    let taken = processor_seconds() - before;
    assert!(error.starts_with("24000 streams are there"), "{error}");
    assert!(error.ends_with("… and 23900 more"), "{error}");
    assert!(taken < 5.0, "{taken} s");
}

/// Processor time of this thread, to which other tests and a loaded machine do not add.
#[cfg(target_os = "linux")]
fn processor_seconds() -> f64 {
    let used = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = used.split(' ').next().expect("three numbers");
    nanoseconds.parse::<f64>().expect("a number") / 1e9
}

/// As a capture on all interfaces has them.
#[test]
fn packets_that_come_twice_count_once() {
    let twice: Vec<_> = hello()
        .into_iter()
        .flat_map(|packet| [packet.clone(), packet])
        .collect();
    plainly(&twice, HELLO);
}

/// An octet at a number that was sent before, even before the first, is not part of the stream.
#[test]
fn keep_alives_carry_an_octet_of_garbage() {
    let mut packets = hello();
    packets.insert(7, c("A", 102, 506, "\0"));
    packets.insert(6, s("A", 505, 103, "\0"));
    packets.insert(3, c("A", 99, 500, "\0"));
    plainly(&packets, HELLO);
    // Nothing of a server's stream but its keep-alives.
    let silent = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("PA", 100, 500, "ask"),
        s("A", 499, 103, "\0"),
        c("A", 103, 500, ""),
        s("A", 499, 103, ""),
    ];
    plainly(&silent, ">ask");
}

/// A probe of a closed window carries the next octet, and comes again.
#[test]
fn zero_window_probes_carry_a_real_octet() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("PA", 100, 500, "abc"),
        s("A", 500, 103, ""),
        c("A", 103, 500, "d"),
        s("A", 500, 103, ""),
        c("A", 103, 500, "d"),
        s("A", 500, 104, ""),
        c("PA", 104, 500, "ef"),
        s("PA", 500, 106, "!"),
    ];
    plainly(&packets, ">abcdef <!");
}

#[test]
fn a_lost_octet_is_not_made_up_from_a_keep_alive() {
    let packets = [
        c("S", 99, 0, ""),
        s("SA", 499, 100, ""),
        c("PA", 100, 500, "ab"),
        s("A", 500, 103, ""),
        c("A", 102, 500, "\0"),
    ];
    let error = refused(&packets);
    assert!(
        error.starts_with("octet 2 of what the client sent is missing"),
        "{error}"
    );
}

#[test]
fn a_syn_an_answer_to_it_and_an_end_may_carry_octets_and_come_early() {
    let mut packets = vec![
        c("S", 99, 0, "ask"),
        s("SA", 499, 103, "an"),
        s("FPA", 502, 103, "swer"),
        c("FA", 103, 507, ""),
    ];
    plainly(&packets, ">ask <answer <. >.");
    packets.swap(1, 2);
    packets.rotate_left(1);
    assert_eq!(told(&packets).0, ">ask <answer <. >.");
    // The end is captured before what goes before it.
    packets = hello();
    packets.swap(7, 3);
    plainly(&packets, HELLO);
}

#[test]
fn icmp_quotes_tcp_and_is_none() {
    let mut frames = ethernets(&hello());
    let quoted = c("PA", 100, 500, "ask").ip();
    let icmp = [&[3, 4, 0, 0, 0, 0, 0, 0][..], &quoted].concat();
    frames.insert(4, ethernet(&[], &s("", 0, 0, "").around(1, &icmp)));
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
    let only = [frames.swap_remove(4)];
    let error = read(&pcap(ETHERNET, &only)).unwrap_err().to_string();
    assert_eq!(error, "no TCP stream is in the 1 packets");
}

/// An IPv4 datagram in two parts, the second first.
#[test]
fn fragments_are_put_together() {
    let mut frames = Vec::new();
    for packet in hello() {
        let ip = packet.ip();
        if packet.payload != b"answer" {
            frames.push(ethernet(&[], &ip));
            continue;
        }
        let part = |range: std::ops::Range<usize>, offset: u16| {
            let mut part = ip[..20].to_vec();
            part[2..4].copy_from_slice(&(20 + range.len() as u16).to_be_bytes());
            part[6..8].copy_from_slice(&offset.to_be_bytes());
            part.extend(&ip[20..][range]);
            ethernet(&[], &part)
        };
        frames.push(part(16..26, 2));
        frames.push(part(0..16, 0x2000));
    }
    assert_eq!(shown(&read(&pcap(ETHERNET, &frames)).unwrap()), HELLO);
    frames.remove(5);
    let error = read(&pcap(ETHERNET, &frames)).unwrap_err().to_string();
    assert!(
        error.starts_with("octets 0 to 5 of what the server sent are missing"),
        "{error}"
    );
}

#[test]
fn a_stream_without_any_octet_is_nothing_to_record() {
    let error = refused(&hello()[..3]);
    assert_eq!(
        error,
        "stream 0 carries no octets: there is nothing to record"
    );
}

#[rstest]
#[case::gzip(b"\x1F\x8B\x08\0\0\0", "it is gzip data; unpack it first (gunzip)")]
#[case::zstd(b"\x28\xB5\x2F\xFD\0", "it is zstd data; unpack it first (unzstd)")]
#[case::empty(b"", "it is empty")]
#[case::short(b"ab", "it has 2 octets")]
#[case::other(b"\x7FELF\0", "it begins with 7f454c46")]
fn other_formats_are_named(#[case] file: &[u8], #[case] why: &str) {
    let error = read(file).unwrap_err().to_string();
    assert_eq!(error, format!("not a pcap or pcapng file: {why}"));
}

/// Cut anywhere but between two records, a file is refused with the place of the record that is
/// not whole.
#[test]
fn a_file_that_is_cut_in_a_record_is_refused() {
    let frames = ethernets(&hello());
    let file = pcap(ETHERNET, &frames);
    let mut starts = vec![24];
    for frame in &frames {
        starts.push(starts[starts.len() - 1] + 16 + frame.len());
    }
    for length in 4..file.len() {
        if starts.contains(&length) {
            let read = read(&file[..length]);
            assert!(!matches!(read, Err(CaptureError::Cut(_))), "{length}");
            continue;
        }
        let error = read(&file[..length]).unwrap_err();
        match starts.iter().rposition(|start| *start < length) {
            None => assert!(matches!(error, CaptureError::Cut(_)), "{length}: {error}"),
            Some(record) => assert_eq!(
                error.to_string(),
                format!(
                    "the file is cut: it ends inside packet {}, at octet {}",
                    record + 1,
                    starts[record]
                )
            ),
        }
    }
}

/// A claim of 4 GiB, in a file of some octets, and in one that goes on for ever.
#[test]
fn a_length_that_lies_is_neither_believed_nor_waited_for() {
    let mut file = pcap(ETHERNET, &ethernets(&hello()));
    file[24 + 8..24 + 12].fill(0xFF);
    let error = capture::read(
        std::io::Read::chain(&file[..], std::io::repeat(0)),
        Wanted::Only,
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "packet 1, at octet 24: a record of 4294967295 octets; the most is 16777216"
    );
    file[24 + 8..24 + 12].copy_from_slice(&(1_u32 << 24).to_le_bytes());
    let error = read(&file).unwrap_err().to_string();
    assert_eq!(
        error,
        "the file is cut: it ends inside packet 1, at octet 24"
    );
}

/// The snap length of the file says less than the packets have, or more than any memory.
#[rstest]
#[case(0)]
#[case(1)]
#[case(u32::MAX)]
fn the_snap_length_is_not_believed(#[case] snap: u32) {
    let mut file = pcap(ETHERNET, &ethernets(&hello()));
    file[16..20].copy_from_slice(&snap.to_le_bytes());
    assert_eq!(shown(&read(&file).unwrap()), HELLO);
}

#[test]
fn variants_of_pcap() {
    let frames = ethernets(&hello());
    let mut big = 0xA1B2_3C4D_u32.to_be_bytes().to_vec();
    big.extend([
        0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1,
    ]);
    let mut longer = 0xA1B2_CD34_u32.to_le_bytes().to_vec();
    longer.extend(&head(ETHERNET)[4..]);
    for frame in &frames {
        let length = frame.len() as u32;
        big.extend([0xFF; 8]);
        big.extend(length.to_be_bytes());
        big.extend(length.to_be_bytes());
        big.extend(frame);
        longer.extend([0; 8]);
        longer.extend(length.to_le_bytes());
        longer.extend(length.to_le_bytes());
        longer.extend([0; 8]);
        longer.extend(frame);
    }
    assert_eq!(shown(&read(&big).unwrap()), HELLO);
    assert_eq!(shown(&read(&longer).unwrap()), HELLO);
}

/// Each section has its own order of octets and its own interfaces; what is between packets is
/// passed over, and resolutions that overflow are not looked at.
#[test]
fn sections_and_interfaces_of_pcapng() {
    let packets = hello();
    let (big, little) = (Order::Big, Order::Little);
    let mut file = big.section();
    file.extend(big.interface(101, 0, &[0, 9, 0, 1, 0xFF, 0, 0, 0, 0, 0, 0, 0]));
    file.extend(big.interface(1, u32::MAX, &[]));
    file.extend(big.block(5, &[0; 12]));
    file.extend(big.block(0x0BAD, b"something of a vendor"));
    for (place, packet) in packets[..4].iter().enumerate() {
        match place % 2 {
            0 => file.extend(big.packet(0, &packet.ip())),
            _ => file.extend(big.packet(1, &packet.ethernet())),
        }
    }
    file.extend(little.section());
    file.extend(little.interface(ETHERNET as u16, 65_535, &[]));
    for packet in &packets[4..] {
        let frame = packet.ethernet();
        file.extend(little.simple(&frame, frame.len()));
    }
    assert_eq!(shown(&read(&file).unwrap()), HELLO);
}

/// Interface 0 of the second section is Ethernet, and there is no other.
#[test]
fn interfaces_end_with_their_section() {
    let order = Order::Little;
    let mut file = order.section();
    file.extend(order.interface(1, 0, &[]));
    file.extend(order.interface(101, 0, &[]));
    file.extend(order.section());
    file.extend(order.interface(1, 0, &[]));
    let place = file.len();
    file.extend(order.packet(1, &hello()[0].ip()));
    assert_eq!(
        read(&file).unwrap_err().to_string(),
        format!("packet 1, at octet {place}: interface 1 is not described")
    );
}

#[test]
fn a_simple_packet_is_as_long_as_interface_0_lets_it() {
    let order = Order::Little;
    let mut file = order.section();
    file.extend(order.interface(1, 58, &[]));
    for packet in hello() {
        let frame = packet.ethernet();
        file.extend(order.simple(&frame[..frame.len().min(58)], frame.len()));
    }
    let error = read(&file).unwrap_err().to_string();
    assert!(
        error.starts_with("octets 4 to 5 of what the server sent"),
        "{error}"
    );
}

#[test]
fn packets_on_links_that_are_not_read_are_left_out_and_named() {
    let order = Order::Little;
    let mut file = order.section();
    file.extend(order.interface(1, 0, &[]));
    file.extend(order.interface(249, 0, &[]));
    for packet in hello() {
        file.extend(order.packet(1, b"usb"));
        file.extend(order.packet(0, &packet.ethernet()));
    }
    let captured = read(&file).unwrap();
    assert_eq!(shown(&captured), HELLO);
    assert_eq!(
        captured.warnings,
        ["10 packets of link type 249 (USBPcap) are left out"]
    );
}

#[rstest]
#[case::too_short(4, 4, "a block of 4 octets is too short")]
#[case::too_long(4, u32::MAX, "a record of 4294967284 octets; the most is 16777216")]
#[case::captured(
    20,
    u32::MAX,
    "4294967295 octets were captured, by its own account, and its block has room for 56"
)]
#[case::end(84, 80, "its length is 88 at its start and 80 at its end")]
fn a_block_that_contradicts_itself(#[case] at: usize, #[case] value: u32, #[case] why: &str) {
    let order = Order::Little;
    let mut file = order.section();
    file.extend(order.interface(1, 0, &[]));
    let start = file.len();
    file.extend(order.packet(0, &hello()[0].ethernet()));
    file[start + at..start + at + 4].copy_from_slice(&value.to_le_bytes());
    assert_eq!(
        read(&file).unwrap_err().to_string(),
        format!("packet 1, at octet {start}: {why}")
    );
}

proptest! {
    /// Octets that are changed, left out or put in anywhere: an error or a conversation.
    #[test]
    fn a_file_that_is_changed_anywhere_is_read_without_a_panic(
        pcapng in any::<bool>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let order = Order::Big;
        let mut file = if pcapng {
            let mut file = [order.section(), order.interface(1, 0, &[])].concat();
            file.extend(hello().iter().flat_map(|packet| order.packet(0, &packet.ethernet())));
            file
        } else {
            pcap(ETHERNET, &ethernets(&hello()))
        };
        for (place, octet, how) in changes {
            if file.is_empty() {
                break;
            }
            let place = place.index(file.len());
            match how {
                0 => file[place] = octet,
                1 => drop(file.remove(place)),
                _ => file.insert(place, octet),
            }
        }
        unstick_fuzz::captured::check(&file).unwrap();
    }
}
