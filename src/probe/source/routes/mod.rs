//! The project's routes: what answers a request, under which path, and what stands before it.
//!
//! Made once for an index and read by every rule that asks what a route lets in. A framework's file finds routes and the
//! names of what guards them; what a guard does is told here, by its name and by the project's function behind it.

mod django;
mod file_routes;
mod go;
mod go_guard;
mod go_router;
mod guard;
mod laravel;
pub(super) mod names;
mod nest;
pub(super) mod purpose;
mod python_routers;
mod rails;
pub(super) mod reach;
pub(super) mod resolve;
mod router_calls;
mod routers;
mod spring;
mod spring_security;
mod trpc;

use std::collections::HashMap;

use rayon::prelude::*;

use super::code::{Function, FunctionId, Place, root};
use super::facts::{CodeIndex, FileFacts};
use super::index::{Table, reads};

pub(super) use file_routes::is_watched;
pub(super) use guard::Cover;
pub(super) use reach::Reached;

/// What [`Routes::all`] answers, by name.
pub(super) const ROUTES: &str = "routes";

/// Finds the routes of a framework.
type Find = fn(&CodeIndex, &mut Vec<Route>);

/// Every framework that is read.
const FRAMEWORKS: [Find; 10] = [
    routers::find,
    trpc::find,
    nest::find,
    file_routes::find,
    django::find,
    python_routers::find,
    laravel::find,
    rails::find,
    go::find,
    spring::find,
];

/// More routes than this are not looked at.
const MAX_ROUTES: usize = 20_000;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It reads.
    Get,
    /// It makes or does something.
    Post,
    /// It replaces.
    Put,
    /// It changes.
    Patch,
    /// It removes.
    Delete,
    /// Not told, or all of them.
    Any,
}

impl Verb {
    /// From the name of a router's method or of a handler: `post`, `POST`, `PostMapping`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        Some(match lower.strip_suffix("mapping").unwrap_or(&lower) {
            "get" | "head" | "options" | "query" | "loader" | "load" => Self::Get,
            "post" | "mutation" | "action" => Self::Post,
            "put" => Self::Put,
            "patch" => Self::Patch,
            "delete" | "del" => Self::Delete,
            "all" | "any" | "route" | "use" | "match" => Self::Any,
            _ => return None,
        })
    }

    /// Whether it is meant to change something.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch | Self::Delete)
    }

    /// As it stands in a request line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Any => "ANY",
        }
    }
}

/// What a route belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// A router that is called: Express, Koa, Fastify, Hono.
    Router,
    /// A file's place says the path: Next, Remix, `SvelteKit`, Nuxt.
    Files,
    /// A function that a browser calls through the framework: a server action of Next.
    Action,
    /// Nest.
    Nest,
    /// tRPC.
    Trpc,
    /// Django, and Django REST framework.
    Django,
    /// Flask, `FastAPI` and their likes.
    Decorated,
    /// Laravel.
    Laravel,
    /// Rails.
    Rails,
    /// The routers of Go.
    Go,
    /// Spring.
    Spring,
}

/// Something that stands before a route: middleware, decorator, dependency, base class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its name as written: `requireAuth`, `passport.authenticate`, `IsAuthenticated`.
    pub name: Box<str>,
    /// The project's function behind it: the places of its file and of itself.
    pub function: Option<(usize, FunctionId)>,
    /// Whether it refuses those who have not signed in.
    pub auth: Cover,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What it belongs to.
    pub framework: Framework,
    /// What is asked for.
    pub verb: Verb,
    /// Its path, with the prefixes under which it is mounted.
    pub path: Box<str>,
    /// The place of the file that declares it.
    pub file: usize,
    /// Where it is declared.
    pub place: Place,
    /// What answers: the places of the file and of the function.
    pub handler: Option<(usize, FunctionId)>,
    /// What stands before it.
    pub guards: Vec<Guard>,
    /// Something stands before it that cannot be told: a spread, an element of a list that is made elsewhere.
    pub unknown: bool,
    /// Its author says that it is for everybody: `@Public()`, `publicProcedure`, `AllowAny`.
    pub opened: bool,
    /// What runs when it is asked: the handler and the project's functions that it calls.
    pub reach: Vec<Reached>,
}

impl Route {
    /// The function that answers.
    #[must_use]
    pub fn function<'i>(&self, index: &'i CodeIndex) -> Option<(&'i FileFacts, &'i Function)> {
        let (file, id) = self.handler?;
        let file = index.files.get(file)?;
        Some((file, file.function(id)?))
    }

    /// Its name in sentences: `POST /api/orders`.
    #[must_use]
    pub fn title(&self, index: &CodeIndex) -> String {
        let name = || {
            let (_, function) = self.function(index)?;
            function.name.as_deref().map(ToOwned::to_owned)
        };
        match self.framework {
            Framework::Action => format!("The server action `{}`", name().unwrap_or_default()),
            Framework::Trpc => format!("The procedure `{}`", self.path),
            _ if self.verb == Verb::Any => format!("The route `{}`", self.path),
            _ => format!("`{} {}`", self.verb.name(), self.path),
        }
    }

    /// What it is called, for words about its purpose: path and handler.
    #[must_use]
    pub fn purpose(&self, index: &CodeIndex) -> String {
        let name = self.function(index).and_then(|(_, function)| function.name.clone()).unwrap_or_default();
        // `routes/auth.ts`: what stands there is for people who come in.
        let file = index.files.get(self.file).map_or("", |file| &file.path);
        let told = |word: &&String| {
            matches!(word.as_str(), "auth" | "login" | "signup" | "register" | "webhook" | "webhooks" | "health")
        };
        let words = names::words(file);
        let near = if self.framework == Framework::Files {
            ""
        } else {
            words.iter().rev().take(4).find(told).map_or("", String::as_str)
        };
        format!("{} {name} {near}", self.path)
    }
}

/// Every route, with the places of those that a file declares.
#[derive(Debug, Default)]
pub struct Routes {
    /// All of them, file by file.
    list: Vec<Route>,
    by_file: HashMap<usize, Vec<usize>>,
}

impl Routes {
    /// Finds them, on all cores. Not to be called by what runs on several already: a core that waits takes up other work,
    /// which may want the routes.
    #[must_use]
    pub(super) fn new(index: &CodeIndex) -> Self {
        let of_framework = |find: &Find| {
            let mut routes = Vec::new();
            reads::apart(|| find(index, &mut routes));
            routes
        };
        let mut all: Vec<Route> = FRAMEWORKS.par_iter().flat_map_iter(of_framework).collect();
        all.truncate(MAX_ROUTES);
        all.sort_by_key(|route| (route.file, route.place.bytes));
        all.par_iter_mut().for_each(|route| {
            reads::apart(|| {
                for guard in &mut route.guards {
                    guard::judge(index, guard);
                }
                route.reach = route.handler.map(|handler| reach::from(index, handler)).unwrap_or_default();
            });
        });
        let mut by_file: HashMap<usize, Vec<usize>> = HashMap::new();
        for (place, route) in all.iter().enumerate() {
            by_file.entry(route.file).or_default().push(place);
        }
        Self { list: all, by_file }
    }

    /// All of them, file by file.
    #[must_use]
    pub fn all(&self) -> &[Route] {
        reads::name(Table::Project, ROUTES);
        &self.list
    }

    /// Those that the file in place `file` declares.
    pub fn of_file(&self, file: usize) -> impl Iterator<Item = &Route> {
        reads::place(Table::Routes, file);
        self.by_file.get(&file).into_iter().flatten().filter_map(|place| self.list.get(*place))
    }

    /// The places of the files whose routes are others than in `before`.
    pub(super) fn changed_since<'r>(&'r self, before: &'r Self) -> impl Iterator<Item = usize> {
        let of = |routes: &'r Self, file: usize| {
            routes.by_file.get(&file).into_iter().flatten().map(|at| routes.list.get(*at))
        };
        let here = self.by_file.keys().filter(move |file| !of(self, **file).eq(of(before, **file)));
        let gone = before.by_file.keys().filter(|file| !self.by_file.contains_key(file));
        here.chain(gone).copied()
    }
}

/// A guard whose effect is not judged yet.
fn named_guard(name: &str, function: Option<(usize, FunctionId)>) -> Guard {
    Guard { name: name.into(), function, auth: Cover::Unknown }
}

/// A guard as the file in place `from` names it. What comes from another's package and has no name of the kind asks nobody.
fn guard_of(index: &CodeIndex, from: usize, name: &str, function: Option<(usize, FunctionId)>) -> Guard {
    let mut guard = named_guard(name, function);
    if function.is_none()
        && names::guards_by_name(name).is_none()
        && let Some(file) = index.files.get(from)
        && let Some(binding) = file.binding(root(name))
        && !binding.module.starts_with(['.', '~', '#', '/'])
        && !binding.module.starts_with("@/")
        && index.module(file, &binding.module).is_none()
        && names::guards_by_name(&binding.module) != Some(true)
    {
        guard.auth = Cover::No;
    }
    guard
}

/// Two parts of a path as one.
fn joined(prefix: &str, path: &str) -> String {
    let (prefix, path) = (prefix.trim_end_matches(['/', '*']), path.trim_start_matches('^'));
    if path.is_empty() || path == "/" {
        return if prefix.is_empty() { "/".to_owned() } else { prefix.to_owned() };
    }
    format!("{prefix}/{}", path.trim_start_matches('/'))
}
