//! What tests check, from their text: the marks are the same in whatever language they stand. They are looked for byte by
//! byte and line by line; how near two words stand is counted here, because counted repetitions in a pattern are slow.

use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

/// What a file of tests holds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tests {
    /// How many tests, as far as they can be told.
    pub cases: u32,
    /// How many lines expect that something is refused or fails.
    pub failures: u32,
}

/// A pattern of bytes; one that does not compile finds nothing, which the tests below notice.
type Pattern = LazyLock<Option<Regex>>;

/// The head of a test.
static CASE: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?m-u)^\s*(?:(?:it|test|specify|scenario)(?:\.\w+)*\s*[(\x60]|(?:it|test|specify|scenario)\s+['\x22]|(?:async\s+)?def test_?\w*|(?:public |private |protected |static |final )*function (?:test\w*|it_\w+)|func Test\w+\(|@Test\b|@ParameterizedTest|#\[Test\]|\* @test|Deno\.test\(|t\.Run\(|void test\w*\()",
    )
    .ok()
});

/// What expects a failure by itself: matchers of test libraries.
static FAILURE: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)toThrow|\.rejects\b|rejectedWith|\bthrows\(|assert_?raises|pytest\.raises|expectException|assert_raise|assertThrow|raise_error|wantErr|require\.Error|assert\.Error|EqualError|ErrorContains|ErrorIs|assertForbidden|assertUnauthorized|assertNotFound|assertInvalid|assertSessionHasErrors|assertFormError|assertUnprocessable|assert_response :(?:not_found|forbidden|unauthorized|unprocessable|bad_request)|have_http_status\(:(?:not_found|forbidden|unauthorized|unprocessable|bad_request)|is4xx|is5xx|isBadRequest|isNotFound|isForbidden|isUnauthorized|throwsA|catchThrowable|isInstanceOf\(\w*Exception|err == nil|mockReject|toHaveProperty\(['\x22]error",
    )
    .ok()
});

/// Two words that together expect a failure, and how many bytes may stand between them at most.
struct Pair {
    first: Pattern,
    then: Pattern,
    between: usize,
}

macro_rules! pair {
    ($first:literal, $between:literal, $then:literal) => {
        Pair {
            first: LazyLock::new(|| Regex::new(concat!("(?i-u)", $first)).ok()),
            then: LazyLock::new(|| Regex::new(concat!("(?i-u)", $then)).ok()),
            between: $between,
        }
    };
}

static PAIRS: [Pair; 4] = [
    pair!("status|code|expect|assert|should|equal", 60, r"\b[45]\d\d\b"),
    pair!(r"\b[45]\d\d\b", 30, "status|code"),
    pair!(r"\.errors?\b", 30, "toBe|toEqual|toHave|toContain|assert|should|exist"),
    pair!(r"(?:expect|assert)\w*", 80, "error|invalid|fail|unauthori[sz]ed|forbidden|denied|not.?found"),
];

impl Pair {
    fn is_in(&self, line: &[u8]) -> bool {
        let (Some(first), Some(then)) = (&*self.first, &*self.then) else { return false };
        // The rarer one first: most lines have none.
        if !then.is_match(line) {
            return false;
        }
        first
            .find_iter(line)
            .any(|first| then.find_at(line, first.end()).is_some_and(|then| then.start() - first.end() <= self.between))
    }
}

/// Looks for tests in the text of a file.
#[must_use]
pub fn of(source: &str) -> Tests {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let text = source.as_bytes();
    let cases = CASE.as_ref().map_or(0, |case| case.find_iter(text).count());
    let fails = |line: &&[u8]| {
        FAILURE.as_ref().is_some_and(|failure| failure.is_match(line)) || PAIRS.iter().any(|pair| pair.is_in(line))
    };
    Tests { cases: number(cases), failures: number(text.split(|byte| *byte == b'\n').filter(fails).count()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_in_every_language() {
        for (text, cases, failures) in [
            ("it('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n", 1, 0),
            ("test('refuses', () => {\n  expect(() => f()).toThrow();\n});\n", 1, 1),
            ("it('answers', async () => {\n  expect(res.status).toBe(200);\n});\n", 1, 0),
            ("it('answers', async () => {\n  expect(res.status).toBe(404);\n});\n", 1, 1),
            ("it('answers', async () => {\n  expect(res.status)\n  // 404 is for others\n});\n", 1, 0),
            ("it('says why', () => {\n  expect(form.title).toBe('invalid address');\n});\n", 1, 1),
            ("it('has no error', () => {\n  expect(result.errors).toHaveLength(1);\n});\n", 1, 1),
            ("def test_add():\n    assert add(1, 2) == 3\n", 1, 0),
            ("def test_add():\n    with pytest.raises(ValueError):\n        add(None)\n", 1, 1),
            (
                "    public function test_login(): void\n    {\n        $this->get('/x')->assertForbidden();\n    }\n",
                1,
                1,
            ),
            ("func TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n", 1, 0),
            ("func TestAdd(t *testing.T) {\n\trequire.Error(t, f())\n", 1, 1),
            ("  it 'refuses' do\n    expect { f }.to raise_error(X)\n  end\n", 1, 1),
            ("  test \"adds\" do\n    assert_equal 3, add(1, 2)\n  end\n", 1, 0),
            ("    @Test\n    void adds() { assertEquals(3, add(1, 2)); }\n", 1, 0),
            ("    @Test\n    void refuses() { assertThrows(X.class, () -> f()); }\n", 1, 1),
        ] {
            assert_eq!(of(text), Tests { cases, failures }, "{text}");
        }
    }
}
