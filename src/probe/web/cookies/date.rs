//! Dates as cookies and the `Date` header have them (RFC 6265bis, section 5.1.1).

use jiff::Timestamp;
use jiff::civil::DateTime;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads a date in any of the ways that browsers understand; `None` for none of them.
pub fn read(text: &str) -> Option<Timestamp> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter = |c: char| !(c.is_ascii_alphanumeric() || c == ':' || c as u32 > 0x7e);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()).take(32) {
        let number = || {
            let digits: String = token.chars().take_while(char::is_ascii_digit).collect();
            (digits.len(), digits.parse::<i16>().unwrap_or_default())
        };
        if time.is_none() && token.contains(':') {
            time = clock(token);
            continue;
        }
        let (digits, value) = number();
        if day.is_none() && (1..=2).contains(&digits) {
            day = Some(value);
        } else if month.is_none() && digits == 0 {
            month = MONTHS
                .iter()
                .position(|name| token.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name)))
                .and_then(|at| i8::try_from(at + 1).ok());
        } else if year.is_none() && (2..=4).contains(&digits) {
            year = Some(match value {
                70..=99 => value + 1900,
                0..=69 => value + 2000,
                _ => value,
            });
        }
    }
    let (hour, minute, second) = time?;
    let year = year.filter(|year| *year >= 1601)?;
    let civil = DateTime::new(year, month?, i8::try_from(day?).ok()?, hour, minute, second.min(59), 0).ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn clock(token: &str) -> Option<(i8, i8, i8)> {
    let mut parts = token.splitn(3, ':').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        if (1..=2).contains(&digits.len()) { digits.parse::<i8>().ok() } else { None }
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_date_is_read() {
        for text in [
            "Wed, 21 Oct 2026 07:28:00 GMT",
            "Wednesday, 21-Oct-26 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2026",
            "21 oct 2026 7:28:0",
        ] {
            assert_eq!(read(text).unwrap().to_string(), "2026-10-21T07:28:00Z", "{text}");
        }
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT").unwrap().as_second(), 0);
        for text in
            ["", "0", "-1", "tomorrow", "Wed, 21 Oct 2026", "32 Oct 2026 07:28:00", "21 Oct 1400 07:28:00", "é:é:é"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
