//! Which function of the project a call calls, by the types that are written where names are declared.

use super::{CodeIndex, Target, defines, go, java, named, php, resolve_default, ruby};
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How many classes may extend each other.
const MAX_BASES: usize = 5;
/// How many names may stand for each other.
const MAX_NAMES: usize = 4;

/// A class of the project: the place of its file, and its name there.
type ClassAt = (usize, Box<str>);

impl CodeIndex {
    /// The function that `call` of `file` calls, if it is one of the project's and can be told.
    #[must_use]
    pub fn called<'i>(&'i self, file: &'i FileFacts, call: &Call) -> Option<Target<'i>> {
        if file.language == Language::Ruby {
            return ruby::called(self, file, call);
        }
        if file.language == Language::Go {
            return go::called(self, file, call);
        }
        let callee = &*call.callee;
        if call.constructs {
            let (place, class) = self.class_of_type(file, callee)?;
            return self.method(place, &class, constructor(self.files.get(place)?.language).unwrap_or(&class));
        }
        if !callee.contains(['.', '(', '[']) {
            return self.function(file, callee).or_else(|| self.own_method(file, call));
        }
        let (object, method) = callee.rsplit_once('.')?;
        if method.contains(['(', '[']) {
            return None;
        }
        if let Some(found) = self.of_module(file, object, method) {
            return Some(found);
        }
        let (place, class) = match call.receiver.and_then(|id| file.call(id)) {
            Some(made) if made.constructs && object.strip_suffix("()") == Some(&made.callee) => {
                self.class_of_type(file, &made.callee)?
            }
            Some(_) => return None,
            None => self.class_of(file, object, call.function, 0)?,
        };
        self.method(place, &class, method)
    }

    /// A function called by its bare name.
    fn function<'i>(&'i self, file: &'i FileFacts, name: &str) -> Option<Target<'i>> {
        if let Some(function) = named(file, name, |function| function.class.is_none()) {
            return Some(Target { file, function, place: self.links.at(&file.path)? });
        }
        let (place, name) = self.imported(file, name)?;
        let target = self.files.get(place)?;
        let name = resolve_default(target, &name);
        let function = named(target, &name, |function| function.parent == Some(0) && function.class.is_none())?;
        Some(Target { file: target, function, place })
    }

    /// A method of the class around, where the language calls those by their bare names.
    fn own_method<'i>(&'i self, file: &'i FileFacts, call: &Call) -> Option<Target<'i>> {
        if file.language != Language::Java {
            return None;
        }
        let class = file.enclosing(call.function).find_map(|(_, function)| function.class.clone())?;
        self.method(self.links.at(&file.path)?, &class, &call.callee)
    }

    /// `module.function()` of a module imported whole.
    fn of_module<'i>(&'i self, file: &'i FileFacts, module: &str, name: &str) -> Option<Target<'i>> {
        if module.contains(['.', '(', '[']) {
            return None;
        }
        let binding = file.binding(module)?;
        let place = if &*binding.imported == "*" {
            self.module(file, &binding.module)?
        } else {
            // `from package import module` names a file, not something in one.
            self.module(file, &format!("{}.{}", binding.module.trim_end_matches('.'), binding.imported))
                .filter(|_| file.language == Language::Python)?
        };
        let target = self.files.get(place)?;
        let function = named(target, name, |function| function.parent == Some(0) && function.class.is_none())?;
        Some(Target { file: target, function, place })
    }

    /// The method `name` of a class or of what it extends.
    fn method(&self, place: usize, class: &str, name: &str) -> Option<Target<'_>> {
        let mut open: Vec<ClassAt> = vec![(place, class.into())];
        for _ in 0..MAX_BASES {
            let mut bases = Vec::new();
            for (place, class) in open {
                let file = self.files.get(place)?;
                if let Some(function) = named(file, name, |function| function.class.as_deref() == Some(&*class)) {
                    return Some(Target { file, function, place });
                }
                let found = file.classes.iter().find(|found| found.name == class);
                let known = found.into_iter().flat_map(|found| &found.bases).take(MAX_BASES);
                bases.extend(known.filter(|base| **base != class).filter_map(|base| self.class_of_type(file, base)));
            }
            if bases.is_empty() {
                return None;
            }
            open = bases;
        }
        None
    }

    /// The class of what `path` stands for in `function`: an object, or the class itself.
    fn class_of(&self, file: &FileFacts, path: &str, function: FunctionId, steps: usize) -> Option<ClassAt> {
        if steps > MAX_NAMES {
            return None;
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        if matches!(first, "this" | "self" | "cls" | "super") && file.binding(first).is_none() {
            let class = file.enclosing(function).find_map(|(_, function)| function.class.clone())?;
            let here = self.links.at(&file.path)?;
            if first == "super" {
                let own = file.classes.iter().find(|found| found.name == class)?;
                return own.bases.iter().find_map(|base| self.class_of_type(file, base)).filter(|_| rest.is_empty());
            }
            return if rest.is_empty() { Some((here, class)) } else { self.class_of_field(file, &class, rest, steps) };
        }
        if !rest.is_empty() || path.contains(['(', '[']) {
            return None;
        }
        let parameter = file.enclosing(function).find_map(|(_, scope)| {
            scope.parameters.iter().find(|p| {
                p.names.iter().any(|(name, below)| **name == *path && below.is_empty()) && !p.annotation.is_empty()
            })
        });
        if let Some(parameter) = parameter {
            return self.class_of_type(file, &parameter.annotation);
        }
        if let Some(assignment) = file.assigned(path, function) {
            if !assignment.annotation.is_empty() {
                return self.class_of_type(file, &assignment.annotation);
            }
            return self.class_of_value(file, &assignment.value, assignment.function, steps);
        }
        // Java names its fields without saying whose they are.
        let own = file.enclosing(function).find_map(|(_, function)| function.class.as_deref());
        own.filter(|_| file.language == Language::Java)
            .and_then(|class| self.class_of_field(file, class, path, steps))
            .or_else(|| self.class_of_type(file, path))
    }

    /// The class of the field `name` of `class`, which stands in `file`.
    fn class_of_field(&self, file: &FileFacts, class: &str, name: &str, steps: usize) -> Option<ClassAt> {
        if name.contains(['.', '(', '[']) {
            return None;
        }
        let declared = file.classes.iter().find(|found| *found.name == *class)?;
        if let Some((_, kind)) = declared.fields.iter().find(|(field, _)| **field == *name) {
            return self.class_of_type(file, kind);
        }
        let of_class =
            |id: FunctionId| file.enclosing(id).any(|(_, function)| function.class.as_deref() == Some(class));
        for own in ["this", "self"] {
            let set = file.assignments_to(&format!("{own}.{name}")).find(|a| of_class(a.function) || a.function == 0);
            let Some(set) = set else { continue };
            if !set.annotation.is_empty() {
                return self.class_of_type(file, &set.annotation);
            }
            return self.class_of_value(file, &set.value, set.function, steps);
        }
        // A parameter of the constructor may be a field as well: `constructor(private users: Users)`.
        let made = file.functions.iter().find(|function| {
            function.class.as_deref() == Some(class) && function.name.as_deref() == Some("constructor")
        })?;
        let given = made.parameters.iter().find(|p| p.names.iter().any(|(found, _)| **found == *name))?;
        self.class_of_type(file, &given.annotation)
    }

    fn class_of_value(&self, file: &FileFacts, value: &Value, function: FunctionId, steps: usize) -> Option<ClassAt> {
        match value {
            Value::Path(path) => self.class_of(file, path, function, steps + 1),
            Value::Call(id) => {
                let made = file.call(*id)?;
                // A class of Python is called like a function.
                let constructs = made.constructs || file.language == Language::Python;
                self.class_of_type(file, &made.callee).filter(|_| constructs)
            }
            Value::Either(values) => {
                values.iter().find_map(|value| self.class_of_value(file, value, function, steps + 1))
            }
            _ => None,
        }
    }

    /// The class that a type as written names: `UserRepository`, `?User`, `Repository<User>`, `app.models.User`.
    fn class_of_type(&self, file: &FileFacts, written: &str) -> Option<ClassAt> {
        let plain = written.trim_start_matches(['?', '*', '&', '\\', ' ']).trim_matches(['"', '\'']);
        let plain = plain.split(['<', '[', '|', ' ']).find(|part| !matches!(*part, "" | "null" | "None"))?;
        let name = plain.rsplit(['.', '\\']).next().unwrap_or(plain);
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        if file.classes.iter().any(|class| *class.name == *name) {
            return Some((self.links.at(&file.path)?, name.into()));
        }
        if let Some((place, found)) = self.imported(file, name) {
            let target = self.files.get(place)?;
            let found = resolve_default(target, &found);
            let found = if &*found == "*" || &*found == "default" { name.into() } else { found };
            return target.classes.iter().any(|class| class.name == found).then_some((place, found));
        }
        if file.binding(name).is_some() {
            return None;
        }
        // Classes of the same namespace need no import.
        let place = match file.language {
            Language::Php => {
                let namespace = php::namespace(file);
                let whole = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}\\{name}") };
                php::module(self, file, &whole)
            }
            Language::Java => java::class(self, file, name),
            // Ruby loads classes by their names; one that stands twice cannot be told.
            Language::Ruby => match self.links.classes_called(name) {
                [one] => Some(*one),
                _ => None,
            },
            _ => None,
        }?;
        let target = self.files.get(place).filter(|target| target.language == file.language)?;
        defines(target, name).then(|| (place, name.into()))
    }
}

/// What a language calls the method that makes an object; `None`: as the class.
fn constructor(language: Language) -> Option<&'static str> {
    match language {
        Language::Php => Some("__construct"),
        Language::Python => Some("__init__"),
        Language::Ruby => Some("initialize"),
        Language::Java => None,
        _ => Some("constructor"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_util::sync::CancellationToken;

    use super::super::{Files, Links, Manifests};
    use super::*;
    use crate::probe::source::language;

    fn index(files: &[(&str, &str)]) -> CodeIndex {
        let mut manifests = Manifests::default();
        manifests.psr4.add("", &serde_json::from_str(r#"{"autoload": {"psr-4": {"App\\": "app/"}}}"#).unwrap());
        let read = |(path, text): &(&str, &str)| {
            let language = language::of_path(path).unwrap();
            Arc::new(language::read(path, language, text, &CancellationToken::new()).unwrap())
        };
        let files: Files = files.iter().map(read).collect::<Vec<_>>().into();
        CodeIndex { links: Links::new(&files, manifests, None), files, ..CodeIndex::default() }
    }

    /// What each call of the first file leads to: `callee -> path Class.function`.
    fn led(files: &[(&str, &str)]) -> Vec<String> {
        let index = index(files);
        let from = index.files.get(0).unwrap();
        let show = |call: &Call| {
            let target = index.called(from, call)?;
            let function = target.file.function(target.function)?;
            let class = function.class.as_deref().map(|class| format!("{class}.")).unwrap_or_default();
            Some(format!("{} -> {} {class}{}", call.callee, target.file.path, function.name.as_deref()?))
        };
        from.calls.iter().filter_map(show).collect()
    }

    #[test]
    fn php_methods_are_found_by_the_types_of_fields_and_parameters() {
        let controller = concat!(
            "<?php\nnamespace App\\Http;\nuse App\\Users\\UserRepo; use App\\Jobs\\Send as Job; use Vendor\\Other;\n",
            "class UserController extends Base { use Helps; private ?Cache $cache; private $late;\n",
            "  public function __construct(private readonly UserRepo $users, Mailer $mailer, private Other $other)\n",
            "  { $this->late = $mailer; }\n",
            "  public function show(UserRepo $given) { $this->users->find(1); $given->find(2); $this->late->send();\n",
            "    $this->own(); self::own(); $this->inherited(); $this->help(); parent::inherited(); UserRepo::make();\n",
            "    new Job(1); (new Job(2))->run(); $job = new Job(3); $job->run(); $this->other->find(); strlen('a');\n",
            "    $this->users->unknown(); $x->find(); }\n",
            "  private function own() {} }\n",
        );
        let found = led(&[
            ("app/Http/UserController.php", controller),
            ("app/Http/Base.php", "<?php namespace App\\Http; class Base { function inherited() {} }"),
            ("app/Http/Mailer.php", "<?php namespace App\\Http; class Mailer { function send() {} }"),
            ("lib/odd.php", "<?php namespace App\\Http; trait Helps { function help() {} }"),
            (
                "app/Users/UserRepo.php",
                "<?php namespace App\\Users; class UserRepo { function find($id) {} static function make() {} }",
            ),
            (
                "app/Jobs/Send.php",
                "<?php namespace App\\Jobs; class Send { function __construct($a) {} function run() {} }",
            ),
        ]);
        let expected = [
            "this.users.find -> app/Users/UserRepo.php UserRepo.find",
            "given.find -> app/Users/UserRepo.php UserRepo.find",
            "this.late.send -> app/Http/Mailer.php Mailer.send",
            "this.own -> app/Http/UserController.php UserController.own",
            "this.own -> app/Http/UserController.php UserController.own",
            "this.inherited -> app/Http/Base.php Base.inherited",
            "this.help -> lib/odd.php Helps.help",
            "super.inherited -> app/Http/Base.php Base.inherited",
            "UserRepo.make -> app/Users/UserRepo.php UserRepo.make",
            "Job -> app/Jobs/Send.php Send.__construct",
            "Job().run -> app/Jobs/Send.php Send.run",
            "Job -> app/Jobs/Send.php Send.__construct",
            "Job -> app/Jobs/Send.php Send.__construct",
            "job.run -> app/Jobs/Send.php Send.run",
        ];
        assert_eq!(found, expected);
        let found = led(&[
            (
                "public/index.php",
                "<?php require __DIR__ . '/../lib/db.php'; $users = find_users(); own(); function own() {}",
            ),
            ("lib/db.php", "<?php function find_users() {}"),
        ]);
        assert_eq!(found, ["find_users -> lib/db.php find_users", "own -> public/index.php own"]);
    }

    #[test]
    fn fields_of_java_lead_to_the_methods_of_their_classes() {
        let controller = concat!(
            "package com.shop.web;\nimport com.shop.users.UserService;\nimport com.shop.mail.*;\n",
            "class UserController { private final UserService users; private Helper helper; private Mailer mailer;\n",
            "  void list() { users.findAll(); this.users.findAll(); helper.help(); mailer.send(); own(); } void own() {} }\n",
        );
        let found = led(&[
            ("src/main/java/com/shop/web/UserController.java", controller),
            ("src/main/java/com/shop/web/Helper.java", "package com.shop.web; class Helper { void help() {} }"),
            (
                "src/main/java/com/shop/users/UserService.java",
                "package com.shop.users; public class UserService { public void findAll() {} }",
            ),
            (
                "src/main/java/com/shop/mail/Mailer.java",
                "package com.shop.mail; public class Mailer { public void send() {} }",
            ),
        ]);
        let found: Vec<&str> = found.iter().filter_map(|line| line.rsplit('/').next()).collect();
        let service = "UserService.java UserService.findAll";
        assert_eq!(
            found,
            [
                service,
                service,
                "Helper.java Helper.help",
                "Mailer.java Mailer.send",
                "UserController.java UserController.own"
            ]
        );
    }

    #[test]
    fn types_lead_to_methods_in_typescript_and_python() {
        let controller = concat!(
            "import { UsersService } from './users.service';\nimport Mailer from './mailer';\n",
            "class A { private readonly m = new Mailer(); constructor(private readonly users: UsersService) {}\n",
            "  list() { this.users.findAll(); this.m.send(); const other: UsersService = make(); other.findAll(); } }\n",
        );
        let found = led(&[
            ("src/a.ts", controller),
            ("src/users.service.ts", "export class UsersService { findAll() {} }"),
            ("src/mailer.ts", "export default class Mailer { send() {} }"),
        ]);
        let expected = [
            "this.users.findAll -> src/users.service.ts UsersService.findAll",
            "this.m.send -> src/mailer.ts Mailer.send",
            "other.findAll -> src/users.service.ts UsersService.findAll",
        ];
        assert_eq!(found, expected);
        let view = concat!(
            "from .repo import Repo\nclass View:\n    def __init__(self, repo: Repo):\n        self.repo = repo\n",
            "    def get(self):\n        self.repo.find()\n        Repo().find()\n        r = Repo()\n        r.find()\n        self.all()\n",
            "    def all(self): pass\n",
        );
        let found = led(&[
            ("app/view.py", view),
            ("app/repo.py", "class Base:\n    def find(self): pass\nclass Repo(Base):\n    pass\n"),
        ]);
        let expected = [
            "self.repo.find -> app/repo.py Base.find",
            "r.find -> app/repo.py Base.find",
            "self.all -> app/view.py View.all",
        ];
        assert_eq!(found, expected);
    }
}
