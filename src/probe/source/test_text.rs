//! What tests check, from their text: the marks are the same in whatever language they stand. They are looked for byte by
//! byte: counted repetitions of any character of Unicode are slow.

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

/// The head of a test.
static CASE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m-u)^\s*(?:(?:it|test|specify|scenario)(?:\.\w+)*\s*[(\x60]|(?:it|test|specify|scenario)\s+['\x22]|(?:async\s+)?def test_?\w*|(?:public |private |protected |static |final )*function (?:test\w*|it_\w+)|func Test\w+\(|@Test\b|@ParameterizedTest|#\[Test\]|\* @test|Deno\.test\(|t\.Run\(|void test\w*\()",
    )
    .ok()
});

/// What expects a failure: matchers of test libraries, and statuses of refused requests beside a word that expects.
static FAILURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?mi-u)toThrow|\.rejects\b|rejectedWith|\bthrows\(|assert_?raises|pytest\.raises|expectException|assert_raise|assertThrow|raise_error|wantErr|require\.Error|assert\.Error|EqualError|ErrorContains|ErrorIs|assertForbidden|assertUnauthorized|assertNotFound|assertInvalid|assertSessionHasErrors|assertFormError|assertUnprocessable|assert_response :(?:not_found|forbidden|unauthorized|unprocessable|bad_request)|have_http_status\(:(?:not_found|forbidden|unauthorized|unprocessable|bad_request)|is4xx|is5xx|isBadRequest|isNotFound|isForbidden|isUnauthorized|throwsA|catchThrowable|isInstanceOf\(\w*Exception|err == nil|(?:status|code|expect|assert|should|equal).{0,60}\b[45]\d\d\b|\b[45]\d\d\b.{0,30}(?:status|code)|mockReject|toHaveProperty\(['\x22]error|\.errors?\b.{0,30}(?:toBe|toEqual|toHave|toContain|assert|should|exist)|(?:expect|assert)\w*\b.{0,80}(?:error|invalid|fail|unauthori[sz]ed|forbidden|denied|not.?found)",
    )
    .ok()
});

/// Looks for tests in the text of a file.
#[must_use]
pub fn of(source: &str) -> Tests {
    let count = |pattern: &LazyLock<Option<Regex>>| {
        pattern
            .as_ref()
            .map_or(0, |regex| u32::try_from(regex.find_iter(source.as_bytes()).count()).unwrap_or(u32::MAX))
    };
    Tests { cases: count(&CASE), failures: count(&FAILURE) }
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
