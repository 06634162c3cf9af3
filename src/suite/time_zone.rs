//! The time zone that shows mistakes in a timestamp (SES-5).

use std::ffi::OsString;

use jiff::Timestamp;
use jiff::tz::Offset;

/// A time zone in which it is early in the morning, so that a server that writes numbers without
/// their leading zeros shows it at any time of the day. None where the user has set one.
#[must_use]
pub fn telling() -> Vec<(OsString, OsString)> {
    if std::env::var_os("TZ").is_some() {
        return Vec::new();
    }
    vec![("TZ".into(), early_at(Timestamp::now()).into())]
}

/// A time zone in which the hour is a single digit and the minute differs from the month, so that
/// missing zero padding and swapped fields are visible.
fn early_at(now: Timestamp) -> String {
    const EARLY: i64 = 3;
    let hour = now.as_second().div_euclid(3600).rem_euclid(24);
    // From 12 hours behind to 11 ahead; these names count the other way round.
    let ahead = (EARLY - hour + 12).rem_euclid(24) - 12;
    let offset =
        |minutes: i64| Offset::from_seconds((minutes * 60) as i32).expect("it is less than a day");
    let local = offset(ahead * 60).to_datetime(now);
    // The minute may pass before the testee looks at its clock.
    if (local.minute()..=local.minute() + 1).contains(&local.month()) {
        // The database has no such zone for each hour. The C library reads this one; a runtime that
        // only looks names up (Go's, Node's) is in UTC then.
        return format!("EARLY{}", -offset(ahead * 60 + 30));
    }
    format!("Etc/GMT{:+}", -ahead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    /// Each minute of a day, with what follows it, in the month of the same number.
    #[test]
    fn no_minute_is_taken_for_the_month() {
        let midnight = date(2026, 11, 26).at(0, 0, 0, 0);
        let begin = Offset::UTC.to_timestamp(midnight).unwrap().as_second();
        let mut half = 0;
        for minute in 0..24 * 60 {
            let now = Timestamp::from_second(begin + minute * 60).unwrap();
            let zone = early_at(now);
            half += usize::from(zone.starts_with("EARLY"));
            let zone = match zone.strip_prefix("Etc/GMT") {
                Some(hours) => TimeZone::posix(&format!("XYZ{hours}")),
                None => TimeZone::posix(&zone),
            };
            let local = zone.unwrap().to_datetime(now);
            assert_eq!(local.hour(), 3, "{now}");
            assert_ne!(local.minute(), 11, "{now}");
        }
        // Minutes 10 and 11 of each hour.
        assert_eq!(half, 48);
    }
}
