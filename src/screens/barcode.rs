//! Code 128 on labels: what every scanner of a laboratory reads.

use leptos::prelude::*;

/// The widths of bars and spaces, in turn, of each value; the last is the end.
const WIDTHS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];
/// Begins a text of printable ASCII characters.
const BEGIN: usize = 104;
const END: usize = 106;
/// The empty space that scanners want on either side.
const QUIET: usize = 10;

/// The values of a text, with those that begin, check and end it; none when it holds what cannot be said so.
fn values(text: &str) -> Option<Vec<usize>> {
    let written: Vec<usize> =
        text.bytes().map(|byte| (32..127).contains(&byte).then(|| usize::from(byte) - 32)).collect::<Option<_>>()?;
    let check = written.iter().enumerate().fold(BEGIN, |sum, (at, value)| sum + (at + 1) * value) % 103;
    Some([BEGIN].into_iter().chain(written).chain([check, END]).collect())
}

/// A text as a barcode; nothing when it cannot be one.
pub fn barcode(text: &str) -> AnyView {
    let Some(values) = values(text) else { return ().into_any() };
    let (mut at, mut bars) = (QUIET, String::new());
    for value in values {
        for (turn, width) in WIDTHS[value].bytes().map(|width| usize::from(width - b'0')).enumerate() {
            if turn % 2 == 0 {
                bars.push_str(&format!("M{at} 0h{width}v1h-{width}z"));
            }
            at += width;
        }
    }
    let view_box = format!("0 0 {} 1", at + QUIET);
    view! {
        <svg class="barcode" viewBox=view_box preserveAspectRatio="none" role="img" aria-label=format!("Barcode {text}")>
            <path d=bars></path>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_value_is_eleven_wide_with_an_even_share_of_bars() {
        let widths = |pattern: &str| pattern.bytes().map(|width| usize::from(width - b'0')).collect::<Vec<_>>();
        for pattern in &WIDTHS[..END] {
            let widths = widths(pattern);
            assert_eq!((widths.len(), widths.iter().sum::<usize>()), (6, 11), "{pattern}");
            assert_eq!(widths.iter().step_by(2).sum::<usize>() % 2, 0, "{pattern}");
        }
        assert_eq!(widths(WIDTHS[END]).iter().sum::<usize>(), 13);
        assert_eq!(WIDTHS.iter().collect::<BTreeSet<_>>().len(), 107);
    }

    #[test]
    fn a_text_is_checked_by_its_places() {
        // P J J 1 2 3 C: the example that every description of the code works out.
        assert_eq!(values("PJJ123C"), Some(vec![104, 48, 42, 42, 17, 18, 19, 35, 55, 106]));
        assert_eq!(values("Å"), None);
    }
}
