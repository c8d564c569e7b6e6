//! Where everything lies: a pure function of the size, the view, the pane in use and the splits. Drawing and the mouse
//! both ask it, so keys and clicks never depend on what was drawn.

use ratatui::layout::{Position, Rect};

use super::ui_state::{Pane, View};

/// Below this nothing useful fits.
pub const SMALLEST: (u16, u16) = (20, 5);

/// Shares of the splits that the mouse can drag, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splits {
    /// Of the width, for the sections, where three panes stand side by side.
    pub sections: u16,
    /// Of the width that is left, for the items.
    pub items: u16,
    /// Of the width, for the sections, where the item stands below the items.
    pub sections_narrow: u16,
    /// Of the height, for the list above a detail.
    pub stacked: u16,
    /// Of the width, for the findings beside a finding, and the queries beside a query.
    pub findings: u16,
    /// Of the width, for the sites beside one.
    pub sites: u16,
}

impl Default for Splits {
    fn default() -> Self {
        Self { sections: 230, items: 540, sections_narrow: 310, stacked: 450, findings: 480, sites: 320 }
    }
}

/// A line that can be dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divider {
    /// Right of the sections.
    Sections,
    /// Right of the sections in a narrow window.
    SectionsNarrow,
    /// Right of the items.
    Items,
    /// Above the detail.
    Stacked,
    /// Right of the findings or queries.
    Findings,
    /// Right of the sites.
    Sites,
}

/// Where everything lies.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The window is too small for anything but a line that says so.
    pub too_small: bool,
    /// One or two rows.
    pub header: Rect,
    /// The views' names; empty where the header has one row.
    pub tabs: Vec<(View, Rect)>,
    /// What lies between header and notice.
    pub body: Rect,
    /// The panes, the first row of each its title.
    pub panes: Vec<(Pane, Rect)>,
    /// The lines between them.
    pub dividers: Vec<(Divider, Rect)>,
    /// Offers and notices; may have no height.
    pub notice: Rect,
    /// The keys.
    pub footer: Rect,
}

/// What lies under the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A view's name.
    Tab(View),
    /// A pane, and the row of its content where it is not the title.
    Pane(Pane, Option<u16>),
    /// A line between panes.
    Divider(Divider),
    /// The line of offers and notices.
    Notice,
    /// Nothing that answers.
    Nothing,
}

impl Layout {
    /// Lays out a window of this size.
    #[must_use]
    pub fn new(area: Rect, view: View, focus: Pane, splits: &Splits) -> Self {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return Self { too_small: true, ..Self::default() };
        }
        let roomy = area.height >= 12;
        let header = Rect { height: if roomy { 2 } else { 1 }, ..area };
        let notice_height = u16::from(roomy);
        let body = Rect { y: area.y + header.height, height: area.height - header.height - notice_height - 1, ..area };
        let notice = Rect { y: body.bottom(), height: notice_height, ..area };
        let footer = Rect { y: notice.bottom(), height: 1, ..area };
        let tabs = if roomy { tabs(Rect { y: area.y + 1, height: 1, ..area }) } else { Vec::new() };
        let mut layout = Self { header, tabs, body, notice, footer, ..Self::default() };
        match view {
            View::Checklist => layout.checklist(focus, splits),
            View::Findings => layout.list_and_detail((Pane::Findings, Pane::Finding), focus, splits),
            View::Database => layout.list_and_detail((Pane::Queries, Pane::Query), focus, splits),
            View::Web => layout.list_and_detail((Pane::Sites, Pane::Site), focus, splits),
            View::Dependencies => layout.list_and_detail((Pane::Packages, Pane::Package), focus, splits),
            View::Report => layout.panes.push((Pane::Report, body)),
        }
        layout
    }

    fn checklist(&mut self, focus: Pane, splits: &Splits) {
        let body = self.body;
        if body.width < 60 || body.height < 12 {
            self.panes.push((focus, body));
        } else if body.width < 100 {
            let (sections, rest) = self.beside(body, splits.sections_narrow, 18, Divider::SectionsNarrow);
            let share = stacked_share(focus == Pane::Item, body.height, splits);
            let (items, item) = self.stack(rest, share);
            self.panes.extend([(Pane::Sections, sections), (Pane::Items, items), (Pane::Item, item)]);
        } else {
            let (sections, rest) = self.beside(body, splits.sections, 20, Divider::Sections);
            let (items, item) = self.beside(rest, splits.items, 24, Divider::Items);
            self.panes.extend([(Pane::Sections, sections), (Pane::Items, items), (Pane::Item, item)]);
        }
    }

    fn list_and_detail(&mut self, (list, detail): (Pane, Pane), focus: Pane, splits: &Splits) {
        let body = self.body;
        if body.height < 12 || body.width < 40 {
            self.panes.push((focus, body));
        } else if body.width < 110 {
            let (above, below) = self.stack(body, stacked_share(focus == detail, body.height, splits));
            self.panes.extend([(list, above), (detail, below)]);
        } else {
            let (share, divider) = match list {
                Pane::Sites => (splits.sites, Divider::Sites),
                _ => (splits.findings, Divider::Findings),
            };
            let (left, right) = self.beside(body, share, 30, divider);
            self.panes.extend([(list, left), (detail, right)]);
        }
    }

    fn beside(&mut self, area: Rect, share: u16, least: u16, divider: Divider) -> (Rect, Rect) {
        let wide = of(area.width, share).clamp(least, area.width.saturating_sub(least + 1).max(least));
        let line = Rect { x: area.x + wide, width: 1, ..area };
        self.dividers.push((divider, line));
        let right = Rect { x: line.right(), width: area.width.saturating_sub(wide + 1), ..area };
        (Rect { width: wide, ..area }, right)
    }

    fn stack(&mut self, area: Rect, share: u16) -> (Rect, Rect) {
        let high = of(area.height, share).clamp(3, area.height.saturating_sub(4).max(3));
        let below = Rect { y: area.y + high, height: area.height.saturating_sub(high), ..area };
        // The title of the lower pane is the line between them.
        self.dividers.push((Divider::Stacked, Rect { height: 1, ..below }));
        (Rect { height: high, ..area }, below)
    }

    /// Where a pane lies, if it is shown.
    #[must_use]
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(candidate, _)| *candidate == pane).map(|(_, area)| *area)
    }

    /// Where a pane's content lies: below its title, a column of air at each side.
    #[must_use]
    pub fn content(&self, pane: Pane) -> Rect {
        self.pane(pane).map(inside).unwrap_or_default()
    }

    /// Whether only the pane in use is shown.
    #[must_use]
    pub fn single(&self) -> bool {
        self.panes.len() == 1
    }

    /// What lies at this place.
    #[must_use]
    pub fn hit(&self, at: Position) -> Hit {
        if let Some((view, _)) = self.tabs.iter().find(|(_, area)| area.contains(at)) {
            return Hit::Tab(*view);
        }
        if let Some((divider, _)) = self.dividers.iter().find(|(_, area)| area.contains(at)) {
            return Hit::Divider(*divider);
        }
        if self.notice.contains(at) {
            return Hit::Notice;
        }
        match self.panes.iter().find(|(_, area)| area.contains(at)) {
            Some((pane, area)) => Hit::Pane(*pane, at.y.checked_sub(inside(*area).y)),
            None => Hit::Nothing,
        }
    }

    /// The splits after a divider was dragged to `at`.
    #[must_use]
    pub fn drag(&self, divider: Divider, at: Position, mut splits: Splits) -> Splits {
        let across = share(at.x.saturating_sub(self.body.x), self.body.width);
        match divider {
            Divider::Sections => splits.sections = across,
            Divider::SectionsNarrow => splits.sections_narrow = across,
            Divider::Findings => splits.findings = across,
            Divider::Sites => splits.sites = across,
            Divider::Items => {
                let left = self.pane(Pane::Items).map_or(0, |area| area.x);
                splits.items = share(at.x.saturating_sub(left), self.body.right().saturating_sub(left));
            }
            Divider::Stacked => splits.stacked = share(at.y.saturating_sub(self.body.y), self.body.height),
        }
        splits
    }
}

/// In a low window the detail grows while it is in use.
fn stacked_share(in_use: bool, height: u16, splits: &Splits) -> u16 {
    if in_use && height < 30 { splits.stacked * 5 / 9 } else { splits.stacked }
}

fn of(length: u16, share: u16) -> u16 {
    u16::try_from(u32::from(length) * u32::from(share) / 1000).unwrap_or(length)
}

fn share(part: u16, length: u16) -> u16 {
    // Half a cell more, so that the line lands where the mouse is and not one before it.
    u16::try_from((u32::from(part) * 2 + 1) * 500 / u32::from(length.max(1))).unwrap_or(1000).min(1000)
}

fn inside(pane: Rect) -> Rect {
    Rect { x: pane.x + 1, y: pane.y + 1, width: pane.width.saturating_sub(2), height: pane.height.saturating_sub(1) }
}

/// Whether the views' names must be short, for what is running to stand beside them.
#[must_use]
pub const fn is_narrow(width: u16) -> bool {
    width < 100
}

fn tabs(row: Rect) -> Vec<(View, Rect)> {
    let narrow = is_narrow(row.width);
    let gap = if narrow { 1 } else { 3 };
    let mut x = row.x + 1;
    let mut tabs = Vec::new();
    for view in View::ALL {
        let title = if narrow { view.short_title() } else { view.title() };
        let width = u16::try_from(title.len() + 2).unwrap_or(0);
        if x + width <= row.right() {
            tabs.push((view, Rect { x, width, ..row }));
        }
        x += width + gap;
    }
    tabs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_never_leave_the_window_nor_overlap() {
        for view in View::ALL {
            for pane in view.panes().iter().copied() {
                for width in 1..220 {
                    for height in 1..70 {
                        let area = Rect::new(0, 0, width, height);
                        let layout = Layout::new(area, view, pane, &Splits::default());
                        let rects: Vec<Rect> = layout.panes.iter().map(|(_, rect)| *rect).collect();
                        for (at, rect) in rects.iter().enumerate() {
                            assert_eq!(rect.intersection(area), *rect, "{width}×{height}");
                            assert!(rects[at + 1..].iter().all(|other| !rect.intersects(*other)), "{width}×{height}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_divider_lands_where_it_is_dropped() {
        let area = Rect::new(0, 0, 120, 40);
        let layout = Layout::new(area, View::Checklist, Pane::Items, &Splits::default());
        for x in 30..60 {
            let at = Position::new(x, 10);
            let splits = layout.drag(Divider::Sections, at, Splits::default());
            let moved = Layout::new(area, View::Checklist, Pane::Items, &splits);
            assert_eq!(moved.hit(at), Hit::Divider(Divider::Sections), "{x}");
        }
    }
}
