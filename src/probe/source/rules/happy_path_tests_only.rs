//! Tests that only look at what goes well, or none.

use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{FunctionKind, Place};
use crate::probe::source::facts::{CodeIndex, Language, Role};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "happy-path-tests-only",
    title: "No test looks at what happens when something fails",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A project without tests, or one in whose tests nothing is ever refused and nothing ever fails.",
    why: "Your users are the first to try an empty form, a wrong password, a page that is not theirs and a service that is down. What happens then was never tried before.",
    fix: "For each important route write a test of what it refuses: no session, another user's record, missing and wrong fields, a service that answers with an error.",
    example: "it('refuses an order without a session', async () => {\n  const response = await request(app).post('/orders').send(order);\n  expect(response.status).toBe(401);\n});",
    references: &["F64"],
};

/// The rule. Tests are told by their text, in whatever language.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(Language::is_code, super::any_name)
    .looks_at(any_role)
    .claims_none(tests);

/// One test of a failure is no proof that those which matter are tested.
fn tests(_: &crate::probe::source::facts::FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.beyond.insert("Which failures the tests look at is not examined".to_owned());
}

fn any_role(_: Role) -> bool {
    true
}

/// A smaller project is tried by hand.
const ENOUGH_LINES: u32 = 500;
/// The same by what it answers.
const ENOUGH_HANDLERS: usize = 3;
/// Fewer tests than this say nothing of a habit.
const ENOUGH_TESTS: u32 = 3;

/// Looks at the whole project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let (mut lines, mut handlers, mut cases, mut failures) = (0_u32, 0_usize, 0_u32, 0_u32);
    let (mut largest, mut first_test): (Option<(usize, u32)>, Option<usize>) = (None, None);
    let mut test_files = 0_usize;
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| file.language.is_code()) {
        if file.role == Role::Test {
            test_files += 1;
            cases = cases.saturating_add(file.tests.cases);
            failures = failures.saturating_add(file.tests.failures);
            if file.tests.cases > 0 {
                first_test.get_or_insert(place);
            }
        } else if file.role.in_production() {
            lines = lines.saturating_add(file.lines);
            let own = file.functions.iter().filter(|function| function.kind == FunctionKind::Handler).count();
            handlers += own;
            let weight = file.lines + 1000 * u32::try_from(own).unwrap_or(0);
            if largest.is_none_or(|(_, known)| known < weight) {
                largest = Some((place, weight));
            }
        }
    }
    // Tests in a language or a form that is not read.
    let unsure = !index.uncovered.is_empty() || !index.unread.is_empty() || (test_files > 0 && cases == 0);
    if let Some(file) = first_test.filter(|_| failures == 0 && cases >= ENOUGH_TESTS) {
        let message = format!("Of {cases} tests none expects that something is refused or fails");
        hits.push(Hit { file, ..Hit::new(Place::default(), message) });
    } else if let Some((file, _)) =
        largest.filter(|_| cases == 0 && (lines >= ENOUGH_LINES || handlers >= ENOUGH_HANDLERS))
    {
        let hit = Hit::new(Place::default(), "The project has no tests");
        let hit = if unsure { hit.confidence(Confidence::Low) } else { hit };
        hits.push(Hit { file, ..hit });
    }
}
