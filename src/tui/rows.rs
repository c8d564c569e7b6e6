//! Lists with headings, where what is selected is remembered by name and so survives new data.

use super::widgets::list;

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row<T> {
    /// A heading, which cannot be selected, with an aside.
    Head(String, String),
    /// An entry.
    Entry(T),
}

/// All rows of a list.
#[derive(Debug, Clone)]
pub struct Rows<T> {
    rows: Vec<Row<T>>,
    /// The row of each entry.
    entries: Vec<usize>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), entries: Vec::new() }
    }
}

impl<T: PartialEq> Rows<T> {
    /// Appends a heading.
    pub fn head(&mut self, title: impl Into<String>, aside: impl Into<String>) {
        self.rows.push(Row::Head(title.into(), aside.into()));
    }

    /// Appends an entry.
    pub fn push(&mut self, entry: T) {
        self.entries.push(self.rows.len());
        self.rows.push(Row::Entry(entry));
    }

    /// Every row, headings included.
    #[must_use]
    pub fn all(&self) -> &[Row<T>] {
        &self.rows
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to select.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry with this number.
    #[must_use]
    pub fn entry(&self, at: usize) -> Option<&T> {
        match self.rows.get(*self.entries.get(at)?)? {
            Row::Entry(entry) => Some(entry),
            Row::Head(..) => None,
        }
    }

    /// The number of the entry in this row.
    #[must_use]
    pub fn entry_in(&self, row: usize) -> Option<usize> {
        self.entries.binary_search(&row).ok()
    }

    /// The number of this entry.
    #[must_use]
    pub fn find(&self, wanted: &T) -> Option<usize> {
        (0..self.len()).find(|at| self.entry(*at) == Some(wanted))
    }
}

/// What is selected in a list, and from where it is shown.
#[derive(Debug, Clone)]
pub struct Selection<T> {
    /// The entry in hand.
    pub selected: Option<T>,
    /// Its number when it was last seen, for when it disappears.
    pub at: usize,
    /// The first row that is shown.
    pub offset: usize,
}

impl<T> Default for Selection<T> {
    fn default() -> Self {
        Self { selected: None, at: 0, offset: 0 }
    }
}

impl<T: Clone + PartialEq> Selection<T> {
    /// Finds what was selected among new rows; its neighbour, where it is gone.
    pub fn settle(&mut self, rows: &Rows<T>) {
        let known = self.selected.as_ref();
        // Most often it stands where it stood.
        let same = known.is_some() && rows.entry(self.at) == known;
        if same {
            return;
        }
        let found = known.and_then(|selected| rows.find(selected));
        self.go(rows, found.unwrap_or_else(|| self.at.min(rows.len().saturating_sub(1))));
    }

    /// Selects the entry with this number.
    pub fn go(&mut self, rows: &Rows<T>, at: usize) {
        self.at = at.min(rows.len().saturating_sub(1));
        self.selected = rows.entry(self.at).cloned();
    }

    /// Selects the entry `by` further on.
    pub fn step(&mut self, rows: &Rows<T>, by: isize) {
        self.go(rows, list::step(self.at, by, rows.len()));
    }

    /// Scrolls until the selected row is among `height` rows, its heading too where that stands right above.
    pub fn reveal(&mut self, rows: &Rows<T>, height: usize) {
        let total = rows.all().len();
        let row = rows.entries.get(self.at).copied().unwrap_or(0);
        let headed = row > 0 && matches!(rows.all().get(row - 1), Some(Row::Head(..)));
        if headed && height > 1 {
            self.offset = list::reveal(self.offset, row - 1, height, total);
        }
        self.offset = list::reveal(self.offset, row, height, total);
    }

    /// Scrolls without selecting.
    pub fn scroll(&mut self, rows: &Rows<T>, by: isize, height: usize) {
        self.offset = list::clamp(self.offset.saturating_add_signed(by), height, rows.all().len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(names: &[&'static str]) -> Rows<&'static str> {
        let mut rows = Rows::default();
        rows.head("head", "");
        names.iter().for_each(|name| rows.push(*name));
        rows
    }

    #[test]
    fn a_selection_survives_new_rows_and_falls_to_its_neighbour() {
        let mut selection = Selection::default();
        selection.settle(&rows(&["a", "b", "c"]));
        assert_eq!(selection.selected, Some("a"));
        selection.step(&rows(&["a", "b", "c"]), 1);
        selection.settle(&rows(&["new", "a", "b", "c"]));
        assert_eq!((selection.selected, selection.at), (Some("b"), 2));
        selection.settle(&rows(&["new", "a", "c"]));
        assert_eq!(selection.selected, Some("c"));
        selection.settle(&rows(&[]));
        assert_eq!(selection.selected, None);
    }

    #[test]
    fn the_first_entry_shows_its_heading() {
        let rows = rows(&["a", "b", "c", "d"]);
        let mut selection = Selection { selected: Some("d"), at: 3, offset: 0 };
        selection.reveal(&rows, 2);
        assert_eq!(selection.offset, 3);
        selection.go(&rows, 0);
        selection.reveal(&rows, 2);
        assert_eq!(selection.offset, 0);
    }
}
