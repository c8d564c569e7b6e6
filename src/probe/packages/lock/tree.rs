//! Which of several installed versions a package finds: the nearest one, as Node.js looks for it
//! (<https://nodejs.org/api/modules.html#loading-from-node_modules-folders>).

use std::collections::HashMap;

/// What lies in which folder. Folders and packages are numbered by whoever reads the lock file.
#[derive(Debug, Default)]
pub struct Tree<'a>(HashMap<(usize, &'a str), usize>);

impl<'a> Tree<'a> {
    /// `package` lies in `folder` under `name`. What lies there already stays.
    pub fn put(&mut self, folder: usize, name: &'a str, package: usize) {
        self.0.entry((folder, name)).or_insert(package);
    }

    /// The package of this name in the first of `folders` that holds one; the nearest comes first.
    pub fn find(&self, folders: &[usize], name: &str) -> Option<usize> {
        folders.iter().find_map(|&folder| self.0.get(&(folder, name)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_found() {
        let mut tree = Tree::default();
        for (folder, name, package) in [(0, "a", 1), (1, "a", 2), (0, "b", 3), (0, "b", 4)] {
            tree.put(folder, name, package);
        }
        assert_eq!(tree.find(&[1, 0], "a"), Some(2));
        assert_eq!(tree.find(&[2, 0], "a"), Some(1));
        assert_eq!(tree.find(&[1, 0], "b"), Some(3));
        assert_eq!(tree.find(&[], "b").or(tree.find(&[0], "c")), None);
    }
}
