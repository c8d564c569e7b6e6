//! Reads what git knows about a project, without running git: which paths are tracked and what is checked out.

use std::collections::BTreeSet;
use std::path::Path;

use gix::ThreadSafeRepository;
use gix::bstr::ByteSlice;
use gix::open::Options;

/// A work tree is there, but its index cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the git repository cannot be read ({0}); `git status` in the folder says more")]
pub struct GitError(String);

/// The paths that git tracks below `root`, relative to it, with `/`. `None` when `root` is in no git work tree.
///
/// # Errors
/// When there is a work tree whose repository or index is broken.
pub fn tracked(root: &Path) -> Result<Option<BTreeSet<String>>, GitError> {
    let Some(repository) = open(root)? else { return Ok(None) };
    let repository = repository.to_thread_local();
    let Some(work_tree) = repository.workdir() else { return Ok(None) };
    let Some(prefix) = prefix(root, work_tree) else { return Ok(None) };
    let index = match repository.try_index() {
        Ok(Some(index)) => index,
        Ok(None) => return Ok(Some(BTreeSet::new())),
        Err(error) => return Err(GitError(error.to_string())),
    };
    let mut paths = BTreeSet::new();
    for entry in index.entries() {
        let path = entry.path(&index).to_str_lossy();
        if let Some(inner) = path.strip_prefix(prefix.as_str()) {
            paths.insert(inner.to_owned());
        }
    }
    Ok(Some(paths))
}

/// The commit checked out at `root`, as 40 hexadecimal digits. `None` without one: no repository, no commit yet, broken.
#[must_use]
pub fn head_commit(root: &Path) -> Option<String> {
    let repository = open(root).ok()??.to_thread_local();
    repository.workdir()?;
    repository.head_id().ok().map(|id| id.to_string())
}

/// What a project's git history says about an earlier time.
#[derive(Debug, PartialEq, Eq)]
pub enum Past {
    /// These of the paths were in the last commit of that time.
    Had(BTreeSet<String>),
    /// There was no commit yet.
    BeforeTheFirst,
    /// There is no repository, no commit, or the history was cut off or cannot be read.
    Unknown,
}

/// Which of `paths`, relative to `root`, the checked-out line of history had at `time`, in seconds since 1970.
#[must_use]
pub fn at_time<'p>(root: &Path, time: i64, paths: impl Iterator<Item = &'p str>) -> Past {
    past(root, time, paths).unwrap_or(Past::Unknown)
}

fn past<'p>(root: &Path, time: i64, paths: impl Iterator<Item = &'p str>) -> Option<Past> {
    /// A longer history is not followed.
    const MOST_COMMITS: usize = 50_000;
    let repository = open(root).ok()??.to_thread_local();
    let prefix = prefix(root, repository.workdir()?)?;
    let mut commit = repository.head_commit().ok()?;
    for _ in 0..MOST_COMMITS {
        if commit.time().ok()?.seconds <= time {
            let tree = commit.tree().ok()?;
            let mut had = BTreeSet::new();
            for path in paths {
                if tree.lookup_entry_by_path(format!("{prefix}{path}")).ok()?.is_some() {
                    had.insert(path.to_owned());
                }
            }
            return Some(Past::Had(had));
        }
        // The first parent is the line into which the others were merged.
        let Some(parent) = commit.parent_ids().next() else {
            return (repository.is_shallow().ok() == Some(false)).then_some(Past::BeforeTheFirst);
        };
        commit = repository.find_commit(parent.detach()).ok()?;
    }
    None
}

/// Options that read the repository's own configuration and nothing of the user's or the system's.
fn open(root: &Path) -> Result<Option<ThreadSafeRepository>, GitError> {
    let trust = gix::sec::trust::Mapping { full: Options::isolated(), reduced: Options::isolated() };
    match ThreadSafeRepository::discover_opts(root, gix::discover::upwards::Options::default(), trust) {
        Ok(repository) => Ok(Some(repository)),
        Err(_) if !looks_like_a_work_tree(root) => Ok(None),
        Err(error) => Err(GitError(error.to_string())),
    }
}

/// Whether a `.git` stands here or above: then a repository that does not open is broken rather than absent.
fn looks_like_a_work_tree(root: &Path) -> bool {
    root.ancestors().any(|folder| folder.join(".git").symlink_metadata().is_ok())
}

/// What the tracked paths of `root` begin with inside `work_tree`: empty, or `apps/web/`.
fn prefix(root: &Path, work_tree: &Path) -> Option<String> {
    let root = root.canonicalize().ok()?;
    let work_tree = work_tree.canonicalize().ok()?;
    let inner = super::files::relative(&work_tree, root.strip_prefix(&work_tree).ok().map(|_| root.as_path())?);
    Some(if inner.is_empty() { inner } else { format!("{inner}/") })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(folder)
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("apps/web")).unwrap();
        fs::write(dir.path().join("a.txt"), "a").unwrap();
        fs::write(dir.path().join("apps/web/.env"), "A=1").unwrap();
        fs::write(dir.path().join("apps/web/loose.txt"), "not added").unwrap();
        git(dir.path(), &["init", "-q"]);
        git(dir.path(), &["add", "a.txt", "apps/web/.env"]);
        dir
    }

    fn names(root: &Path) -> Vec<String> {
        tracked(root).unwrap().unwrap().into_iter().collect()
    }

    #[test]
    fn tracked_paths_are_relative_to_the_folder_that_was_asked_about() {
        let dir = repository();
        assert_eq!(names(dir.path()), ["a.txt", "apps/web/.env"]);
        assert_eq!(names(&dir.path().join("apps/web")), [".env"]);
        assert_eq!(head_commit(dir.path()), None);
        git(dir.path(), &["commit", "-q", "-m", "first"]);
        git(dir.path(), &["pack-refs", "--all"]);
        assert_eq!(head_commit(&dir.path().join("apps")).map(|id| id.len()), Some(40));
    }

    #[test]
    fn the_past_is_read_from_the_line_of_commits() {
        let dir = repository();
        let past = |time| at_time(dir.path(), time, ["a.txt", "b.txt", "c.txt"].into_iter());
        assert_eq!(past(0), Past::Unknown);
        let commit = |time: &str| {
            let date = format!("@{time} +0000");
            let done = Command::new("git")
                .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "-q", "-m", "x"])
                .env("GIT_COMMITTER_DATE", &date)
                .current_dir(dir.path())
                .output()
                .unwrap();
            assert!(done.status.success(), "{done:?}");
        };
        commit("1000");
        fs::write(dir.path().join("b.txt"), "b").unwrap();
        git(dir.path(), &["add", "b.txt"]);
        commit("2000");
        let had = |paths: &[&str]| Past::Had(paths.iter().map(|path| (*path).to_owned()).collect());
        assert_eq!(past(999), Past::BeforeTheFirst);
        assert_eq!(past(1999), had(&["a.txt"]));
        assert_eq!(past(2000), had(&["a.txt", "b.txt"]));
    }

    #[test]
    fn a_linked_work_tree_is_read_through_its_git_file() {
        let dir = repository();
        git(dir.path(), &["commit", "-q", "-m", "first"]);
        let other = tempfile::tempdir().unwrap();
        let linked = other.path().join("linked");
        git(dir.path(), &["worktree", "add", "-q", linked.to_str().unwrap()]);
        assert_eq!(names(&linked), ["a.txt", "apps/web/.env"]);
        assert_eq!(head_commit(&linked), head_commit(dir.path()));
    }

    #[test]
    fn no_repository_an_empty_one_and_a_broken_one_are_three_things() {
        let dir = tempfile::tempdir().unwrap();
        assert!(tracked(dir.path()).unwrap().is_none());
        git(dir.path(), &["init", "-q"]);
        assert!(tracked(dir.path()).unwrap().unwrap().is_empty());
        fs::write(dir.path().join(".git/index"), b"not an index").unwrap();
        assert!(tracked(dir.path()).is_err());
        fs::remove_file(dir.path().join(".git/HEAD")).unwrap();
        assert!(tracked(dir.path()).is_err());
        assert_eq!(head_commit(dir.path()), None);
    }
}
