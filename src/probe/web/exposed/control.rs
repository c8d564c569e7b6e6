//! What the site answers to paths that cannot exist: what it gives for everything means nothing.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, DefaultHasher, Hasher};

use super::answer::Answer;

/// How every path begins that nobody can have: it says in the site's log who asked.
const NAME: &str = "gonogo-";

/// A name that nobody can guess: `gonogo-` and 16 hexadecimal digits.
pub fn nobody() -> String {
    // The standard library seeds every `RandomState` from the operating system.
    format!("{NAME}{:016x}", RandomState::new().build_hasher().finish())
}

/// A path of the same shape as `path` that cannot exist: the same folders, the same dot in front, the same ending.
pub fn like(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut folders: Vec<&str> = path.split('/').collect();
    let mut last = folders.pop().unwrap_or_default();
    let mut slash = "";
    if last.is_empty() && folders.len() > 1 {
        last = folders.pop().unwrap_or_default();
        slash = "/";
    }
    let dot = if last.starts_with('.') { "." } else { "" };
    let ending =
        last.trim_start_matches('.').rsplit_once('.').map_or(String::new(), |(_, ending)| format!(".{ending}"));
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    format!("{}/{dot}{}{ending}{slash}{query}", folders.join("/"), nobody())
}

/// Whether an answer is the same page to a reader as `b`, whatever path, nonce, token or time stands in them. The words of
/// `b` are kept for the next answer that is held against it.
pub fn same(a: &Answer, b: &Answer) -> bool {
    if a.status != b.status || a.kind != b.kind {
        return false;
    }
    if a.location.is_some() || b.location.is_some() {
        return a.location.as_deref().map(|to| without(to, &a.path))
            == b.location.as_deref().map(|to| without(to, &b.path));
    }
    if a.bytes == b.bytes {
        return true;
    }
    let (a, b) = (words(a), b.words.get_or_init(|| words(b)));
    let total: u32 = a.values().sum::<u32>() + b.values().sum::<u32>();
    let common: u32 = a.iter().map(|(word, count)| (*count).min(b.get(word).copied().unwrap_or_default())).sum();
    // Nine of ten words alike: what differs between two error pages of one app is a handful of values.
    common * 20 >= total * 9
}

/// `text` without the path that was asked for, as a server may repeat it.
fn without(text: &str, path: &str) -> String {
    let bare = path.split('?').next().unwrap_or_default();
    let escaped = bare.replace('/', "%2F");
    let last = bare.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut text = text
        .replace(path, "")
        .replace(bare.trim_end_matches('/'), "")
        .replace(&escaped, "")
        .replace(&escaped.to_lowercase(), "");
    if last.len() > 3 {
        text = text.replace(last, "");
    }
    text
}

/// The hashes of the words of a body with how often each stands there, without what changes from answer to answer.
pub type Words = HashMap<u64, u32>;

fn words(answer: &Answer) -> Words {
    let text = without(&String::from_utf8_lossy(&answer.bytes), &answer.path);
    let mut words = HashMap::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '+'))) {
        if word.is_empty() || changes(word) {
            continue;
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(word.as_bytes());
        *words.entry(hasher.finish()).or_insert(0) += 1;
    }
    words
}

/// Numbers, nonces, tokens, ids.
fn changes(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits == word.len() || word.len() >= 32 || (word.len() >= 8 && digits > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_has_the_shape_of_what_is_asked() {
        let shape = |path: &str| {
            like(path)
                .split(NAME)
                .map(|part| part.chars().skip(if part.len() > 16 { 16 } else { 0 }).collect::<String>())
                .collect::<Vec<_>>()
        };
        assert!(like("/.env").starts_with("/.gonogo-"));
        assert!(like("/.env.local").starts_with("/.gonogo-") && like("/.env.local").ends_with(".local"));
        assert!(like("/.git/HEAD").starts_with("/.git/gonogo-"));
        assert!(like("/backup.tar.gz").ends_with(".gz"));
        assert!(like("/debug/pprof/").starts_with("/debug/gonogo-") && like("/debug/pprof/").ends_with('/'));
        assert!(like("/graphql?query=a").ends_with("?query=a"));
        assert_ne!(like("/a"), like("/a"));
        assert_eq!(shape("/health").len(), 2);
    }

    #[test]
    fn a_page_is_the_same_whatever_path_nonce_or_time_it_holds() {
        let page = |path: &str, nonce: &str, time: &str| {
            let body = format!(
                "<!doctype html><script nonce=\"{nonce}\">start()</script><p>Nothing at {path}, try the start page \
                 or write to us when you think that this is our mistake</p><input name=csrf value=\"{nonce}{nonce}\"><!-- {time} -->"
            );
            Answer::with(path, 404, "text/html", body.as_bytes())
        };
        let a = page("/gonogo-1234567890abcdef", "q7Zt2LmX9vRb", "1700000000");
        assert!(same(&a, &page("/.env", "aB3dE5fG7hJ9", "1800000000")));
        let other = Answer::with(
            "/x",
            404,
            "text/html",
            b"<!doctype html><h1>Teapots</h1> All our teapots are here, and cups too",
        );
        assert!(!same(&a, &other));
        assert!(!same(&a, &Answer { status: Some(200), ..a.clone() }));
    }

    #[test]
    fn redirects_are_the_same_wherever_they_say_they_come_from() {
        let to = |path: &str, location: String| Answer {
            path: path.to_owned(),
            status: Some(302),
            location: Some(location),
            ..Answer::default()
        };
        assert!(same(&to("/a1", "/login/a1".to_owned()), &to("/.env", "/login/.env".to_owned())));
        assert!(!same(&to("/a1", "/login".to_owned()), &to("/admin/", "/admin/login".to_owned())));
    }
}
