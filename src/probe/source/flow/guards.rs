//! Checks that leave before something bad is done, or around it: `if (!allowed.includes(x)) return`.

use super::guard_names::{is_about_presence, keeps, stays_inside, tells_own_address};
use super::order::names_in;
use super::{Sink, beforehand, known_keys};
use crate::probe::source::code::{Block, Call, Comparison, Condition, FunctionId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// How many tests of one file are looked at for one value.
const MAX_TESTS: usize = 400;
/// How deep a test is looked into.
const MAX_STEPS: u32 = 8;

/// Whether a check has made what `path` names harmless for `sink` by the time that `at`, in `function`, is reached.
pub(super) fn checked(
    index: Option<&CodeIndex>,
    file: &FileFacts,
    path: &str,
    function: FunctionId,
    at: u32,
    sink: Sink,
) -> bool {
    let look = Look { index, file, path, sink };
    let around = |condition: &&Condition| file.within(function, condition.function);
    let before = file.conditions.partition_point(|condition| condition.place.bytes.0 < at);
    let tests = file.conditions.get(..before).unwrap_or_default().iter().rev();
    tests.take(MAX_TESTS).filter(around).any(|condition| {
        if look.proves(&condition.test, condition.function, true, 0) && holds(file, &condition.then, at) {
            return true;
        }
        let leaves = |block: &Block| block.leaves || block.throws || ends(file, block) || sets(file, block, path);
        (look.proves(&condition.test, condition.function, false, 0) || look.is_refused(condition))
            && ((leaves(&condition.then) && !holds(file, &condition.then, at))
                || condition.otherwise.as_ref().is_some_and(|block| holds(file, block, at)))
    }) || asserted(&look, function, at)
        || looked_up(&look, function, at)
        || beforehand::checked(&look, function)
}

/// Whether something whose answer is not known is asked about what `path` names, and decides whether `at` is reached:
/// then it may be a check.
pub(super) fn asked_about(file: &FileFacts, path: &str, function: FunctionId, at: u32, sink: Sink) -> bool {
    let look = Look { index: None, file, path, sink };
    let before = file.conditions.partition_point(|condition| condition.place.bytes.0 < at);
    let tests = file.conditions.get(..before).unwrap_or_default().iter().rev().take(MAX_TESTS);
    tests.filter(|condition| file.within(function, condition.function)).any(|condition| {
        let inside = holds(file, &condition.then, at);
        let leaves = condition.then.leaves || condition.then.throws || ends(file, &condition.then);
        (leaves || inside) && look.is_asked(&condition.test, condition.function)
    })
}

/// `orders.findById(x).orElseThrow()`, `Order::findOrFail($x)`: what finds nothing ends here, so that only known keys go
/// on.
fn looked_up(look: &Look<'_>, function: FunctionId, at: u32) -> bool {
    if look.sink != Sink::Path {
        return false;
    }
    let before = look.file.calls.partition_point(|call| call.place.bytes.0 < at);
    let calls = look.file.calls.get(..before).unwrap_or_default().iter().rev().take(MAX_TESTS);
    calls.filter(|call| call.place.bytes.1 <= at && look.file.within(function, call.function)).any(|call| {
        let refuses = matches!(
            call.method(),
            "orElseThrow"
                | "findOrFail"
                | "firstOrFail"
                | "get_object_or_404"
                | "get_or_404"
                | "first_or_404"
                | "findUniqueOrThrow"
                | "findFirstOrThrow"
                | "find_by!"
        );
        let mut next = Some(call);
        let mut given = false;
        for _ in 0..MAX_STEPS {
            let Some(link) = next.filter(|_| refuses && !given) else { break };
            given = link.arguments.iter().any(|argument| {
                look.is_it(&argument.value, call.function)
                    || matches!(&argument.value, Value::Object(pairs) if pairs.iter().any(|(key, value)| {
                        look.is_it(value, call.function)
                            || (&**key == "where" && matches!(value, Value::Object(inner) if inner.iter().any(|(_, value)| look.is_it(value, call.function))))
                    }))
            });
            next = link.receiver.and_then(|id| look.file.call(id));
        }
        given
    })
}

/// Whether `block` holds what stands at `at`.
fn holds(file: &FileFacts, block: &Block, at: u32) -> bool {
    let around = |bytes: (u32, u32)| bytes.0 <= at && at < bytes.1;
    file.calls_of(block).any(|(_, call)| around(call.place.bytes))
        || file
            .assignments
            .get(block.assignments.0 as usize..block.assignments.1 as usize)
            .unwrap_or_default()
            .iter()
            .any(|assignment| around(assignment.place.bytes))
}

/// Whether `block` calls what never comes back: Flask's and Laravel's `abort`, Next's `notFound`, `os.Exit`.
fn ends(file: &FileFacts, block: &Block) -> bool {
    file.calls_of(block).any(|(_, call)| {
        let callee = &*call.callee;
        match file.language {
            Language::Python => matches!(callee, "abort" | "flask.abort" | "sys.exit" | "exit" | "self.fail"),
            Language::Php => matches!(callee, "abort" | "exit" | "die" | "App.abort" | "wp_die"),
            Language::Go => matches!(callee, "panic" | "os.Exit" | "log.Fatal" | "log.Fatalf" | "log.Panic"),
            Language::Ruby => matches!(callee, "halt" | "raise" | "abort" | "exit"),
            Language::Java => callee == "System.exit",
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                matches!(callee, "notFound" | "forbidden" | "unauthorized" | "process.exit")
                    || (matches!(callee, "redirect" | "permanentRedirect" | "error" | "abort404")
                        && file
                            .binding(callee)
                            .is_some_and(|binding| matches!(&*binding.module, "next/navigation" | "@sveltejs/kit")))
                    || (matches!(call.method(), "throw" | "assert") && matches!(call.root(), "ctx" | "c"))
            }
            Language::Template => false,
        }
    })
}

/// Whether `block` gives what `path` names another value.
fn sets(file: &FileFacts, block: &Block, path: &str) -> bool {
    file.assignments
        .get(block.assignments.0 as usize..block.assignments.1 as usize)
        .unwrap_or_default()
        .iter()
        .any(|assignment| *assignment.target == *path)
}

/// `assertPublicUrl(x);` and its likes: a check that throws.
fn asserted(look: &Look<'_>, function: FunctionId, at: u32) -> bool {
    let before = look.file.calls.partition_point(|call| call.place.bytes.0 < at);
    let calls = look.file.calls.get(..before).unwrap_or_default().iter().rev().take(MAX_TESTS);
    calls.filter(|call| call.discarded).any(|call| {
        let lower = call.method().to_ascii_lowercase();
        let asserts = ["assert", "ensure", "validate", "verify", "check", "abort_unless"]
            .iter()
            .any(|start| lower.starts_with(start));
        asserts
            && call.place.bytes.1 <= at
            && look.file.within(function, call.function)
            && call.arguments.iter().any(|argument| look.is_it(&argument.value, call.function))
    })
}

/// `allowed.includes(x) ? x : "name"`: what was chosen was checked beside.
pub(super) fn chosen(file: &FileFacts, value: &Value, bytes: (u32, u32), function: FunctionId, sink: Sink) -> bool {
    let Value::Either(values) = value else { return false };
    let mut names = Vec::new();
    for value in values {
        names_in(file, value, &mut names, 0);
    }
    names.iter().any(|name| chosen_within(file, name, bytes, function, sink))
}

/// Whether a check stands within the bytes of one expression: `allowed.includes(x) ? x : "name"`.
fn chosen_within(file: &FileFacts, path: &str, bytes: (u32, u32), function: FunctionId, sink: Sink) -> bool {
    let look = Look { index: None, file, path, sink };
    let first = file.calls.partition_point(|call| call.place.bytes.0 < bytes.0);
    let inside = file.calls.get(first..).unwrap_or_default().iter().take_while(|call| call.place.bytes.0 < bytes.1);
    inside.take(MAX_TESTS).any(|call| {
        call.tested && file.within(call.function, function) && (look.check(call, true) || look.is_told_by(call))
    })
}

/// What is looked for, and where.
pub(super) struct Look<'f> {
    index: Option<&'f CodeIndex>,
    pub(super) file: &'f FileFacts,
    pub(super) path: &'f str,
    sink: Sink,
}

impl Look<'_> {
    /// Whether a call that is given it, or what such a call gave, is a part of `test`.
    fn is_asked(&self, test: &Value, function: FunctionId) -> bool {
        let asks = |id: u32| {
            self.file.call(id).is_some_and(|call| {
                !is_about_presence(call.method())
                    && call.arguments.iter().any(|argument| {
                        // `is_numeric($octets[0])`
                        let part = match &argument.value {
                            Value::Index(pair) => &pair.0,
                            whole => whole,
                        };
                        self.is_it(part, call.function)
                    })
            })
        };
        let mut found = false;
        test.walk(&mut |value| {
            found |= match value {
                Value::Call(id) => asks(*id),
                Value::Path(name) => self
                    .file
                    .assigned(root(name), function)
                    .is_some_and(|set| *set.target != *self.path && matches!(set.value, Value::Call(id) if asks(id))),
                _ => false,
            };
        });
        found
    }

    /// Whether `block` gives it another value.
    pub(super) fn sets(&self, block: &Block) -> bool {
        sets(self.file, block, self.path)
    }

    /// Whether what is looked for was checked where `test` comes out as `outcome`.
    pub(super) fn proves(&self, test: &Value, function: FunctionId, outcome: bool, steps: u32) -> bool {
        if steps > MAX_STEPS {
            return false;
        }
        let each = |value: &Value| self.proves(value, function, outcome, steps + 1);
        match test {
            Value::Not(inner) => self.proves(inner, function, !outcome, steps + 1),
            Value::All(values) if outcome => values.iter().any(each),
            Value::All(values) => !values.is_empty() && values.iter().all(each),
            Value::Either(values) if outcome => !values.is_empty() && values.iter().all(each),
            Value::Either(values) => values.iter().any(each),
            Value::Compared(comparison, pair) => self.compared(*comparison, &pair.0, &pair.1, function, outcome),
            Value::Call(id) => self.file.call(*id).is_some_and(|call| self.check(call, outcome)),
            Value::Member(pair) => self.proves(&pair.0, function, outcome, steps + 1),
            Value::Computed(values) => values.iter().any(each),
            // `const ok = allowed.includes(x); if (!ok) …`
            Value::Path(name) => {
                let made = match self.file.assigned(name, function) {
                    Some(set) if *set.target == **name => self.proves(&set.value, set.function, outcome, steps + 1),
                    _ => false,
                };
                made || (outcome && self.is_found(name, function))
            }
            _ => false,
        }
    }

    fn compared(&self, how: Comparison, left: &Value, right: &Value, function: FunctionId, outcome: bool) -> bool {
        // `allowed.indexOf(x) === -1`, `preg_match(…) !== 1`: which way round is not told apart.
        for side in [left, right] {
            if let Value::Call(id) = side
                && let Some(call) = self.file.call(*id)
                && (self.check(call, true) || self.check(call, false))
            {
                return true;
            }
        }
        // `found == null`, `found.length === 0`
        if matches!(how, Comparison::Equal | Comparison::NotEqual)
            && outcome == (how == Comparison::NotEqual)
            && let Some(path) = left.path()
            && (*right == Value::Null || (path.ends_with(".length") && *right == Value::Number("0".into())))
            && self.is_found(path, function)
        {
            return true;
        }
        let (left_is, right_is) = (self.is_it(left, function), self.is_it(right, function));
        match how {
            Comparison::Equal | Comparison::NotEqual => {
                let other = if left_is {
                    right
                } else if right_is {
                    left
                } else {
                    return false;
                };
                let says_something = !matches!(other, Value::Null | Value::Bool(_)) && other.text() != Some("");
                says_something && outcome == (how == Comparison::Equal)
            }
            Comparison::In | Comparison::NotIn => {
                // `".." in name` leaves the name clean where it does not hold.
                if right_is && left.text().is_some_and(|text| text.contains("..")) {
                    return self.sink == Sink::Path && outcome == (how == Comparison::NotIn);
                }
                left_is && outcome == (how == Comparison::In)
            }
            Comparison::Order => false,
        }
    }

    /// `if err := validateName(x); err != nil { return err }`: what a check of it says of it decides here.
    fn is_refused(&self, condition: &Condition) -> bool {
        let Value::Compared(Comparison::NotEqual, pair) = &condition.test else { return false };
        let Some(error) = pair.0.path().filter(|_| self.file.language == Language::Go && pair.1 == Value::Null) else {
            return false;
        };
        let mut before = self.file.assignments_until(error, condition.place.bytes.0);
        let Some(set) = before.rfind(|set| set.function == condition.function) else { return false };
        let made = match &set.value {
            Value::Index(pair) => &pair.0,
            value => value,
        };
        let Value::Call(id) = made else { return false };
        self.file.call(*id).is_some_and(|call| {
            let lower = call.method().to_ascii_lowercase();
            ["validate", "check", "verify", "ensure", "assert"].iter().any(|start| lower.starts_with(start))
                && call.arguments.iter().any(|argument| self.is_it(&argument.value, call.function))
        })
    }

    /// Whether `path` is what looking it up gave, among what is known.
    fn is_found(&self, path: &str, function: FunctionId) -> bool {
        let is_key =
            |value: &Value| value.path().is_some_and(|path| path == self.path) || self.stands_for(value, function);
        self.sink == Sink::Path && known_keys::found(self.index, self.file, path, function, &is_key)
    }

    /// `key` of `const key = req.body.key`.
    fn stands_for(&self, value: &Value, function: FunctionId) -> bool {
        let set = value.path().and_then(|name| self.file.assigned(name, function));
        set.is_some_and(|set| set.value.path() == Some(self.path))
    }

    /// Whether `call` checks it where it comes out as `outcome`.
    fn check(&self, call: &Call, outcome: bool) -> bool {
        let method = call.method();
        let lower = method.to_ascii_lowercase();
        let object = !call.object().is_empty() && self.is_it(&Value::Path(call.object().into()), call.function);
        let argument = |call: &Call| call.arguments.iter().any(|argument| self.is_it(&argument.value, call.function));
        if !object && !argument(call) {
            return false;
        }
        let text = |call: &Call| {
            call.arguments
                .iter()
                .any(|a| a.value.text().is_some_and(|text| text.contains("..") || matches!(text, "/" | "\\")))
        };
        if self.sink == Sink::Path && text(call) {
            return true;
        }
        let of_address = matches!(self.sink, Sink::Path | Sink::Url | Sink::Redirect);
        match method {
            "includes" | "has" | "in" | "contains" | "Contains" | "include?" | "in_array" | "array_key_exists"
            | "key?" | "containsKey" | "hasOwnProperty" | "hasOwn" | "member?" | "isset" | "in?" | "has_key"
            | "__contains__" | "exists" | "some" => outcome && (argument(call) || matches!(method, "in?")),
            "indexOf" | "findIndex" | "array_search" => argument(call),
            "test" | "match" | "match?" | "exec" | "fullmatch" | "search" | "preg_match" | "MatchString"
            | "matches" | "isInteger" | "isdigit" | "isdecimal" | "isalnum" | "isidentifier" | "isnumeric"
            | "isalpha" | "ctype_digit" | "ctype_alnum" | "ctype_alpha" | "is_numeric" | "filter_var" | "is_int"
            | "isNumeric" | "isFinite" | "equals" | "equalsIgnoreCase" => outcome,
            "isNaN" => !outcome,
            "startsWith" | "startswith" | "HasPrefix" | "start_with?" | "str_starts_with" | "starts_with"
            | "strpos" | "is_relative_to" | "isSubpathOf" | "relative_to" | "IsLocal" => {
                of_address && (outcome || method == "strpos")
            }
            _ => {
                let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
                if says(&[
                    "invalid",
                    "unsafe",
                    "forbidden",
                    "private",
                    "internal",
                    "blocked",
                    "disallow",
                    "danger",
                    "malicious",
                ]) {
                    !outcome
                } else {
                    outcome
                        && says(&[
                            "valid",
                            "allow",
                            "safe",
                            "sane",
                            "whitelist",
                            "permitted",
                            "trusted",
                            "legal",
                            "isuuid",
                            "isint",
                        ])
                        || (outcome && of_address && tells_own_address(&lower))
                        || (outcome && self.sink == Sink::Path && stays_inside(&lower))
                }
            }
        }
    }

    /// Whether a list of what is allowed is asked for something that is made from it: `list.includes(x.toLowerCase())`.
    fn is_told_by(&self, call: &Call) -> bool {
        matches!(call.method(), "includes" | "has" | "in" | "test" | "contains" | "include?" | "in_array")
            && call.arguments.iter().any(|argument| match &argument.value {
                Value::Call(id) => {
                    let mut inner = self.file.call(*id);
                    for _ in 0..8 {
                        let Some(call) = inner else { return false };
                        if call.object() == self.path {
                            return true;
                        }
                        inner = call.receiver.and_then(|id| self.file.call(id));
                    }
                    false
                }
                _ => false,
            })
    }

    /// Whether `value` is what is looked for, or was made from it in a way that keeps it.
    fn is_it(&self, value: &Value, function: FunctionId) -> bool {
        match value {
            Value::Path(path) => self.names(path) || self.derives(root(path), function),
            Value::Call(id) => self.file.call(*id).is_some_and(|call| {
                // `request.args.get("next")`, which is read again behind its check.
                let again = self.path.ends_with(')')
                    && call.arguments.len() == 1
                    && call.argument(0).and_then(Value::text).is_some_and(|name| {
                        let rest = self.path.strip_prefix(&*call.callee);
                        rest.and_then(|rest| rest.strip_prefix("(\"")?.strip_suffix("\")")) == Some(name)
                    });
                let keeps = keeps(call.method());
                again
                    || keeps
                        && (self.names(call.object())
                            || call.arguments.iter().any(|a| a.value.path().is_some_and(|p| self.names(p))))
            }),
            Value::Member(pair) => self.is_it(&pair.0, function),
            Value::Either(values) => values.iter().any(|value| self.is_it(value, function)),
            Value::Array(values) => values.iter().any(|value| self.is_it(value, function)),
            _ => false,
        }
    }

    /// `x`, and of an address its host.
    fn names(&self, path: &str) -> bool {
        path == self.path
            || path.strip_prefix(self.path).and_then(|rest| rest.strip_prefix('.')).is_some_and(|part| {
                matches!(
                    part,
                    "hostname"
                        | "host"
                        | "origin"
                        | "netloc"
                        | "Host"
                        | "pathname"
                        | "protocol"
                        | "scheme"
                        | "hash"
                        | "Hostname"
                )
            })
    }

    /// `url` of `const url = new URL(x)`.
    fn derives(&self, name: &str, function: FunctionId) -> bool {
        let Some(set) = self.file.assigned(name, function) else { return false };
        match &set.value {
            Value::Call(id) => self.file.call(*id).is_some_and(|call| {
                keeps(call.method())
                    && (self.names(call.object())
                        || call
                            .arguments
                            .iter()
                            .any(|argument| argument.value.path().is_some_and(|path| self.names(path))))
            }),
            Value::Path(path) => self.names(path),
            Value::Either(values) => values.iter().any(|value| value.path().is_some_and(|path| self.names(path))),
            Value::Index(pair) => match &pair.0 {
                Value::Call(id) => self.file.call(*id).is_some_and(|call| {
                    keeps(call.method())
                        && call.arguments.iter().any(|a| a.value.path().is_some_and(|path| self.names(path)))
                }),
                _ => false,
            },
            _ => false,
        }
    }
}
