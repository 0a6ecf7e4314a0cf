//! Drafts: answers on their way, in the form that a person would write them.
//!
//! Apart from what is drawn, so that it is tested without a browser. A draft may come from a reload, or be half typed: what
//! cannot be read is as good as nothing. What an answer earns is core's business.

/// The most shapes of a kind that an answer can say.
pub const MOST_SHAPES: u32 = 99;

/// Which clip, from 0, lies at each of `count` places; clips as they came where the text is no order of them.
#[must_use]
pub fn order(text: &str, count: usize) -> Vec<usize> {
    let read: Option<Vec<usize>> =
        text.trim().chars().map(|c| (c.to_digit(10)? as usize).checked_sub(1)).collect();
    let whole = |o: &Vec<usize>| o.len() == count && (0..count).all(|c| o.contains(&c));
    read.filter(whole).unwrap_or_else(|| (0..count).collect())
}

/// The text of an order: a digit a place.
#[must_use]
pub fn order_text(order: &[usize]) -> String {
    order.iter().map(|clip| (clip + 1).to_string()).collect()
}

/// Numbers with commas between, in the order of the shapes; 0 for what cannot be read, and never above [`MOST_SHAPES`].
#[must_use]
pub fn counts(text: &str) -> [u32; 3] {
    let mut numbers = text.split(',').map(|n| n.trim().parse::<u32>().unwrap_or(0).min(MOST_SHAPES));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

/// The candidates, from 1, that were chosen for `places` places out of `of`; what is no candidate, or was named before, is
/// passed over.
#[must_use]
pub fn chosen(text: &str, places: usize, of: u32) -> Vec<u32> {
    let mut read = Vec::new();
    for label in text.split(',').filter_map(|n| n.trim().parse::<u32>().ok()) {
        if (1..=of).contains(&label) && !read.contains(&label) && read.len() < places {
            read.push(label);
        }
    }
    read
}

/// Numbers as text, with commas between.
#[must_use]
pub fn commas(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// Where a key takes something that lies at `place` of `count`, in rows of `columns`; `None` where there is no such place, or
/// the key is none of the four arrows.
#[must_use]
pub fn step(key: &str, place: usize, count: usize, columns: usize) -> Option<usize> {
    let to = match key {
        "ArrowLeft" => place.checked_sub(1),
        "ArrowRight" => place.checked_add(1),
        "ArrowUp" => place.checked_sub(columns.max(1)),
        "ArrowDown" => place.checked_add(columns.max(1)),
        _ => None,
    };
    to.filter(|to| *to < count)
}

/// What somebody typed as a number of shapes: itself, or the nearest number that an answer can say.
///
/// # Errors
/// The nearest number, for a text that is a number out of range; `None` for one that is no whole number.
pub fn typed(text: &str) -> Result<u32, Option<u32>> {
    let text = text.trim();
    match text.parse::<u32>() {
        Ok(number) if number <= MOST_SHAPES => Ok(number),
        Ok(_) => Err(Some(MOST_SHAPES)),
        Err(_) => {
            let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            match text.strip_prefix('-') {
                Some(rest) if digits(rest) => Err(Some(0)),
                _ => Err(digits(text).then_some(MOST_SHAPES)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_written() {
        assert_eq!(order("312", 3), [2, 0, 1]);
        assert_eq!(order_text(&order("341562", 6)), "341562");
        for wrong in ["", "31", "3122", "113", "310", "31x", "456", "３１２"] {
            assert_eq!(order(wrong, 3), [0, 1, 2], "{wrong:?}");
        }
    }

    #[test]
    fn counts_are_read_whatever_was_left() {
        assert_eq!(counts("3,1,4"), [3, 1, 4]);
        assert_eq!(counts(" 3 , 1"), [3, 1, 0]);
        assert_eq!(counts(""), [0, 0, 0]);
        assert_eq!(counts("x,4000000000000,100,7"), [0, 0, 99]);
        assert_eq!(commas(&counts("3,1,4")), "3,1,4");
    }

    #[test]
    fn a_choice_is_read_as_far_as_it_is_one() {
        assert_eq!(chosen("3,1,4", 3, 6), [3, 1, 4]);
        assert_eq!(chosen("3,,3, 9,0,x,1,2,5", 3, 6), [3, 1, 2]);
        assert!(chosen("", 3, 6).is_empty());
    }

    #[test]
    fn arrows_stay_on_the_board() {
        let at = |key, place| step(key, place, 5, 3);
        assert_eq!([at("ArrowLeft", 0), at("ArrowRight", 0), at("ArrowDown", 0)], [None, Some(1), Some(3)]);
        assert_eq!([at("ArrowUp", 4), at("ArrowRight", 4), at("ArrowDown", 2)], [Some(1), None, None]);
        assert_eq!([at("Enter", 1), step("ArrowUp", 1, 5, 0)], [None, Some(0)]);
    }

    #[test]
    fn typed_numbers_are_taken_or_told() {
        assert_eq!([typed("0"), typed(" 12 "), typed("99")], [Ok(0), Ok(12), Ok(99)]);
        assert_eq!([typed("100"), typed("99999999999")], [Err(Some(99)); 2]);
        assert_eq!(typed("-3"), Err(Some(0)));
        assert_eq!([typed(""), typed("two"), typed("1.5"), typed("-")], [Err(None); 4]);
    }
}
