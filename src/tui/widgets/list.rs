//! The arithmetic of lists that scroll.

/// The first row to show so that `selected` is among `height` rows, moving as little as possible.
#[must_use]
pub fn reveal(offset: usize, selected: usize, height: usize, rows: usize) -> usize {
    let offset = if selected < offset {
        selected
    } else if selected >= offset + height.max(1) {
        selected + 1 - height.max(1)
    } else {
        offset
    };
    clamp(offset, height, rows)
}

/// The nearest first row that leaves no empty room below while there are rows above.
#[must_use]
pub fn clamp(offset: usize, height: usize, rows: usize) -> usize {
    offset.min(rows.saturating_sub(height))
}

/// `at` moved by `by` within `rows` rows.
#[must_use]
pub fn step(at: usize, by: isize, rows: usize) -> usize {
    at.saturating_add_signed(by).min(rows.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_always_in_view() {
        assert_eq!(reveal(0, 3, 5, 20), 0);
        assert_eq!(reveal(0, 5, 5, 20), 1);
        assert_eq!(reveal(9, 2, 5, 20), 2);
        assert_eq!(reveal(19, 19, 5, 20), 15);
        assert_eq!(reveal(4, 0, 0, 0), 0);
        assert_eq!(step(0, -1, 3), 0);
        assert_eq!(step(2, 9, 3), 2);
        assert_eq!(step(0, 1, 0), 0);
    }
}
