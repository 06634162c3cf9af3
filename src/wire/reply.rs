//! The reply to a text, in the article's form (SES-5).

/// A server's local time, as a reply gives it (SES-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The year, 0 to 9999.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 60.
    pub second: u8,
}

/// The reply to a text, which it holds unchanged (SES-5).
#[must_use]
pub fn reply(text: &str, at: LocalTime) -> String {
    let LocalTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = at;
    format!(
        "服务端于{year:04}年{month:02}月{day:02}日{hour:02}时{minute:02}分{second:02}秒\
         收到了你发来的“{text}”信息!"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_has_the_article_form() {
        let at = LocalTime {
            year: 2025,
            month: 1,
            day: 2,
            hour: 3,
            minute: 4,
            second: 5,
        };
        assert_eq!(
            reply("你好", at),
            "服务端于2025年01月02日03时04分05秒收到了你发来的“你好”信息!"
        );
    }
}
