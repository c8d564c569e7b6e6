//! What the workbench knows beside the session: where the user is and what lies open.

use ratatui::layout::{Rect, Size};
use tui_input::Input;

use super::index::{Filters, Index};
use super::keymap::Keymap;
use super::layout::{Divider, Layout, Splits};
use super::modal::Modal;
use super::rows::Selection;
use super::style::Styles;
use crate::model::{Fingerprint, ItemId, Theme, VulnerablePackage};
use crate::session::Session;

/// A numbered view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Sections, items, the item in hand.
    Checklist,
    /// What speaks against the project.
    Findings,
    /// The queries with their costs, plans and proposed indexes.
    Database,
    /// What the deployed app shows of itself.
    Web,
    /// The packages with a known vulnerability, and the way out.
    Dependencies,
    /// What others will read.
    Report,
}

impl View {
    /// Every view, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Checklist, Self::Findings, Self::Database, Self::Web, Self::Dependencies, Self::Report];

    /// Its name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Checklist => "Checklist",
            Self::Findings => "Findings",
            Self::Database => "Database",
            Self::Web => "Web",
            Self::Dependencies => "Dependencies",
            Self::Report => "Report",
        }
    }

    /// Its name where there is little room.
    #[must_use]
    pub const fn short_title(self) -> &'static str {
        match self {
            Self::Dependencies => "Deps",
            other => other.title(),
        }
    }

    /// Its panes, from left to right.
    #[must_use]
    pub const fn panes(self) -> &'static [Pane] {
        match self {
            Self::Checklist => &[Pane::Sections, Pane::Items, Pane::Item],
            Self::Findings => &[Pane::Findings, Pane::Finding],
            Self::Database => &[Pane::Queries, Pane::Query],
            Self::Web => &[Pane::Sites, Pane::Site],
            Self::Dependencies => &[Pane::Packages, Pane::Package],
            Self::Report => &[Pane::Report],
        }
    }
}

/// A part of a view that can be in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The sections with their poll.
    Sections,
    /// The items.
    Items,
    /// The item in hand.
    Item,
    /// The list of findings.
    Findings,
    /// The finding in hand.
    Finding,
    /// The list of queries.
    Queries,
    /// The query in hand.
    Query,
    /// The list of sites, servers and requests.
    Sites,
    /// The site, server or requests in hand.
    Site,
    /// The list of vulnerable packages.
    Packages,
    /// The package in hand.
    Package,
    /// The report.
    Report,
}

/// What the list of view 4 holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WebRow {
    /// The site with this address.
    Site(String),
    /// The TLS server with this name.
    Server(String),
    /// Every request that was made.
    Requests,
}

/// What the list of view 5 holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DependencyRow {
    /// A vulnerable package.
    Package {
        /// The lock file that names it.
        lock: String,
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
    /// Every lock file that was read.
    LockFiles,
}

impl DependencyRow {
    /// The row of a package.
    #[must_use]
    pub fn of(package: &VulnerablePackage) -> Self {
        Self::Package { lock: package.lock.clone(), name: package.name.clone(), version: package.version.clone() }
    }
}

/// Which items are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// All of them.
    Everything,
    /// Those of the section with this id.
    Section(String),
}

/// The state of view 1.
#[derive(Debug)]
pub struct ChecklistState {
    /// The pane in use.
    pub focus: Pane,
    /// The section in hand.
    pub sections: Selection<Within>,
    /// The item in hand.
    pub items: Selection<ItemId>,
    /// The first row of the item that is shown.
    pub scroll: usize,
    /// What items must contain.
    pub filter: Input,
}

/// The state of a view with a list and the page of what is in hand.
#[derive(Debug)]
pub struct ListState<T> {
    /// The pane in use.
    pub focus: Pane,
    /// What is in hand.
    pub list: Selection<T>,
    /// The first row of its page that is shown.
    pub scroll: usize,
    /// What rows must contain.
    pub filter: Input,
}

impl<T> ListState<T> {
    /// As the view opens, with its list in use.
    fn new(list: Pane) -> Self {
        Self { focus: list, list: Selection::default(), scroll: 0, filter: Input::default() }
    }
}

impl<T: Clone + PartialEq> ListState<T> {
    /// Changes what is in hand; another row's page begins at its top.
    pub fn change(&mut self, how: impl FnOnce(&mut Selection<T>)) {
        let before = self.list.selected.clone();
        how(&mut self.list);
        if before != self.list.selected {
            self.scroll = 0;
        }
    }
}

/// The colours in use and those that could be.
#[derive(Debug)]
pub struct Dress {
    themes: Vec<Theme>,
    at: Option<usize>,
    no_color: bool,
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
    /// The styles of the theme.
    pub styles: Styles,
}

impl Dress {
    /// Puts on the theme named, else the first dark one.
    #[must_use]
    pub fn new(themes: Vec<Theme>, name: Option<&str>, no_color: bool, ascii: bool) -> Self {
        let mut dress = Self { themes, at: None, no_color, ascii, styles: Styles::new(None, no_color) };
        let named = name.and_then(|name| dress.themes.iter().position(|theme| theme.id == name));
        let dark = dress.themes.iter().position(|theme| theme.background == "dark");
        dress.put_on(named.or(dark).or(if dress.themes.is_empty() { None } else { Some(0) }));
        dress
    }

    fn put_on(&mut self, at: Option<usize>) {
        self.at = at;
        self.styles = Styles::new(at.and_then(|at| self.themes.get(at)), self.no_color);
    }

    /// Puts on the first theme made for this background.
    pub fn suit(&mut self, background: &str) {
        if let Some(at) = self.themes.iter().position(|theme| theme.background == background) {
            self.put_on(Some(at));
        }
    }

    /// Puts on the next theme and says what it is called.
    pub fn put_on_next(&mut self) -> String {
        if self.no_color {
            return "No colours are drawn, as NO_COLOR or --no-color asks".to_owned();
        }
        if self.themes.is_empty() {
            return "There are no themes to choose from".to_owned();
        }
        let next = self.at.map_or(0, |at| (at + 1) % self.themes.len());
        self.put_on(Some(next));
        self.themes.get(next).map(|theme| format!("Theme: {}", theme.title)).unwrap_or_default()
    }
}

/// Everything that the workbench knows beside the session.
#[derive(Debug)]
pub struct Ui {
    /// The window.
    pub size: Size,
    /// The view in use.
    pub view: View,
    /// View 1.
    pub checklist: ChecklistState,
    /// View 2.
    pub findings: ListState<Fingerprint>,
    /// View 3: queries by their ids.
    pub database: ListState<String>,
    /// View 4.
    pub web: ListState<WebRow>,
    /// View 5.
    pub dependencies: ListState<DependencyRow>,
    /// The first row of the report that is shown.
    pub report_scroll: usize,
    /// What lies over the views; the last one gets the keys.
    pub modals: Vec<Modal>,
    /// How the room is shared.
    pub splits: Splits,
    /// The line that the mouse holds.
    pub drag: Option<Divider>,
    /// The colours.
    pub dress: Dress,
    /// The keys.
    pub keymap: Keymap,
    /// What the lists show.
    pub index: Index,
    /// The session's revision at the last key: what was said before it has been read.
    pub read_until: u64,
    /// A line about something that only the workbench did.
    pub flash: Option<String>,
}

impl Ui {
    /// The workbench as it opens.
    #[must_use]
    pub fn new(size: Size, dress: Dress, keymap: Keymap) -> Self {
        Self {
            size,
            view: View::Checklist,
            checklist: ChecklistState {
                focus: Pane::Items,
                sections: Selection::default(),
                items: Selection::default(),
                scroll: 0,
                filter: Input::default(),
            },
            findings: ListState::new(Pane::Findings),
            database: ListState::new(Pane::Queries),
            web: ListState::new(Pane::Sites),
            dependencies: ListState::new(Pane::Packages),
            report_scroll: 0,
            modals: Vec::new(),
            splits: Splits::default(),
            drag: None,
            dress,
            keymap,
            index: Index::default(),
            read_until: 0,
            flash: None,
        }
    }

    /// The pane in use.
    #[must_use]
    pub const fn focus(&self) -> Pane {
        match self.view {
            View::Checklist => self.checklist.focus,
            View::Findings => self.findings.focus,
            View::Database => self.database.focus,
            View::Web => self.web.focus,
            View::Dependencies => self.dependencies.focus,
            View::Report => Pane::Report,
        }
    }

    /// Puts a pane of the view in use.
    pub const fn focus_on(&mut self, pane: Pane) {
        match pane {
            Pane::Sections | Pane::Items | Pane::Item => self.checklist.focus = pane,
            Pane::Findings | Pane::Finding => self.findings.focus = pane,
            Pane::Queries | Pane::Query => self.database.focus = pane,
            Pane::Sites | Pane::Site => self.web.focus = pane,
            Pane::Packages | Pane::Package => self.dependencies.focus = pane,
            Pane::Report => {}
        }
    }

    /// Where everything lies now.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        Layout::new(area, self.view, self.focus(), &self.splits)
    }

    /// Takes in what has changed in the session, keeping what is selected. Cheap when nothing has.
    pub fn sync(&mut self, session: &Session) {
        let within = self.checklist.sections.selected.clone().unwrap_or(Within::Everything);
        let filters = Filters {
            items: self.checklist.filter.value(),
            findings: self.findings.filter.value(),
            queries: self.database.filter.value(),
            web: self.web.filter.value(),
            dependencies: self.dependencies.filter.value(),
        };
        if !self.index.refresh(session, &within, filters) {
            return;
        }
        let item = self.checklist.items.selected.clone();
        self.checklist.sections.settle(&self.index.sections);
        self.checklist.items.settle(&self.index.items);
        if item != self.checklist.items.selected {
            self.checklist.scroll = 0;
        }
        self.findings.change(|list| list.settle(&self.index.findings));
        self.database.change(|list| list.settle(&self.index.queries));
        self.web.change(|list| list.settle(&self.index.web));
        self.dependencies.change(|list| list.settle(&self.index.dependencies));
        self.reveal();
    }

    /// Scrolls every list until what is selected is in view.
    pub fn reveal(&mut self) {
        let layout = self.layout();
        let height = |pane| usize::from(layout.content(pane).height);
        self.checklist.sections.reveal(&self.index.sections, height(Pane::Sections));
        self.checklist.items.reveal(&self.index.items, height(Pane::Items));
        self.findings.list.reveal(&self.index.findings, height(Pane::Findings));
        self.database.list.reveal(&self.index.queries, height(Pane::Queries));
        self.web.list.reveal(&self.index.web, height(Pane::Sites));
        self.dependencies.list.reveal(&self.index.dependencies, height(Pane::Packages));
    }
}
