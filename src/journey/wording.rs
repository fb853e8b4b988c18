//! Words for people: the same on the server and in the browser.

/// How long something took or takes: `<1 min`, `18 min`, `1 h 12 min`, `2 d 3 h`.
pub fn human_duration(seconds: i64) -> String {
    let minutes = seconds / 60;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (days @ 1.., 0, _) => format!("{days} d"),
        (days @ 1.., hours, _) => format!("{days} d {hours} h"),
        (_, hours @ 1.., 0) => format!("{hours} h"),
        (_, hours @ 1.., minutes) => format!("{hours} h {minutes:02} min"),
        (_, _, minutes @ 1..) => format!("{minutes} min"),
        _ => "<1 min".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::human_duration;

    #[test]
    fn durations_read_as_people_say_them() {
        let minute = 60;
        let hour = 60 * minute;
        let day = 24 * hour;
        for (seconds, words) in [
            (-5, "<1 min"),
            (0, "<1 min"),
            (59, "<1 min"),
            (minute, "1 min"),
            (18 * minute + 59, "18 min"),
            (hour, "1 h"),
            (hour + minute, "1 h 01 min"),
            (hour + 12 * minute, "1 h 12 min"),
            (day - 1, "23 h 59 min"),
            (day, "1 d"),
            (2 * day + 3 * hour + 59 * minute, "2 d 3 h"),
        ] {
            assert_eq!(human_duration(seconds), words);
        }
    }
}
