//! The same commands in other clothes: variables, texts for other programs, task runners.

use super::{PROJECT, of, told};

#[test]
fn commands_are_found_in_other_clothes() {
    let (named, alone) = ("by name: Dockerfile:4 django", "unfollowed: Dockerfile:4 install within a text of python");
    let mut wrong = Vec::new();
    for (lines, all) in [
        ("RUN I=\"pip install\"; $I django", named),
        ("RUN export I=\"pip install\" && ${I} django", named),
        ("ENV I=\"pip install\"\nRUN $I django", "by name: Dockerfile:5 django"),
        ("RUN alias p='pip install' && p django", named),
        ("RUN bash -lc \"pip install django\"", named),
        ("RUN flock /tmp/l -c \"pip install django\"", named),
        ("RUN flock /tmp/l pip install django", named),
        ("RUN chroot /mnt pip install django", named),
        ("RUN timeout 5 env X=Y nice -n 3 pip install django", named),
        ("RUN script -q -c \"pip install django\" /dev/null", named),
        ("RUN nix-shell --run \"pip install django\"", named),
        ("RUN trap \"pip install django\" EXIT", named),
        ("RUN parallel \"pip install {}\" ::: django", "unfollowed: Dockerfile:4 pip install"),
        ("RUN powershell -Command \"pip install django\"", named),
        ("RUN cmd /S /C \"pip install django\"", named),
        ("RUN python -mpip install django", named),
        ("RUN uvx pip install django", named),
        ("RUN npm exec -- pip install django", named),
        ("RUN npm explore prisma -- npm i -g serve", "by name: Dockerfile:4 serve"),
        ("RUN npx -p prisma -c \"pip install django\"", named),
        ("RUN python get-pip.py django", named),
        ("RUN python get-pip.py", ""),
        ("RUN python -c \"import pip; pip.main(['install', 'django'])\"", alone),
        ("RUN python3 -c \"import os; os.system('pip install django')\"", alone),
        ("RUN perl -e 'system(\"pip install django\")'", "unfollowed: Dockerfile:4 install within a text of perl"),
        (
            "RUN python3 <<EOF\nimport subprocess\nsubprocess.run([\"pip\", \"install\", \"django\"])\nEOF",
            "unfollowed: Dockerfile:6 install within a text of a language",
        ),
        // What only speaks of it.
        ("RUN python -c \"import flask; print('ok')\" && node -e \"console.log('npm ci')\"", ""),
        ("RUN echo \"pip install django\" && git commit -m \"npm install serve\"", ""),
        ("RUN su app -c \"gunicorn app:app\" && sh -c 'exec \"$@\"' && I=\"a b\" && $I c", ""),
        ("RUN python3 <<EOF\nprint(\"hello\")\nEOF\nRUN npm ci", ""),
    ] {
        wrong.extend(Some(of(lines)).filter(|told| told != all).map(|told| format!("{lines}\n  {told}\n  not {all}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn programs_that_bring_packages_and_those_that_bring_other_things() {
    let mut wrong = Vec::new();
    for (command, told) in [
        ("xcaddy build --with github.com/a/b", "xcaddy build"),
        ("volta install serve", "volta install"),
        ("mise use -g npm:serve@14.0.0", "mise use"),
        ("bower install jquery", "bower install"),
        ("cnpm install", "cnpm install"),
        ("jsr add @std/fs", "jsr add"),
        ("volta install node@20 npm yarn", ""),
        ("mise use node@20 python@3.12 && mise install", ""),
        ("mise exec -- npm ci", ""),
        ("ni && nci && nr build", ""),
        ("pecl install redis && docker-php-ext-enable redis", ""),
        ("brew install python && apk add py3-requests && apt-get install -y python3-requests", ""),
    ] {
        let all = if told.is_empty() { String::new() } else { format!("unfollowed: Dockerfile:4 {told}") };
        wrong.extend(
            Some(of(&format!("RUN {command}"))).filter(|told| *told != all).map(|told| format!("{command}: {told}")),
        );
    }
    for (command, name) in [
        ("ni serve", "serve"),
        ("lerna add serve", "serve"),
        ("npx expo install serve", "expo, by name: Dockerfile:4 serve"),
    ] {
        assert_eq!(of(&format!("RUN {command}")), format!("by name: Dockerfile:4 {name}"), "{command}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn task_runners_lead_on() {
    let of = |command: &str, path: &str, text: &str| {
        let dockerfile = format!("FROM debian:12\nWORKDIR /app\nCOPY . .\nRUN {command}\n");
        let mut files = PROJECT.to_vec();
        files.extend([("Dockerfile", &*dockerfile), (path, text)]);
        told(&files).join(", ")
    };
    let entry = "by script: package.json:1 serve";
    for command in [
        "run-s build deps",
        "run-p dep*",
        "npm-run-all deps",
        "concurrently \"npm:deps\" \"true a\"",
        "node --run deps",
        "turbo run deps",
        "pnpm turbo deps",
        "nx run app:deps",
        "lerna run deps",
        "nr deps",
        "make -Ctools",
        "make --directory=tools",
        "make --directory tools",
    ] {
        let told = of(command, "tools/Makefile", "deps:\n\tcd .. && npm run deps\n");
        assert_eq!(told, entry, "{command}");
    }
    for (command, path, text, all) in [
        (
            "just deps",
            "justfile",
            "build:\n    npm ci\ndeps: build\n    pip install django\n",
            "by script: justfile:4 django",
        ),
        ("just build", "justfile", "build:\n    npm ci\ndeps: build\n    pip install django\n", ""),
        (
            "task deps",
            "Taskfile.yml",
            "tasks:\n  deps:\n    cmds:\n      - pip install django\n",
            "unfollowed: Taskfile.yml:4 install by a task",
        ),
        (
            "task deps",
            "Taskfile.yml",
            "tasks:\n  deps:\n    cmds:\n      - npm ci\n      - pip install -r requirements.txt\n",
            "",
        ),
        (
            "invoke deps",
            "tasks.py",
            "def deps(c):\n    c.run(\"pip install django\")\n",
            "unfollowed: tasks.py:2 install by a task",
        ),
        ("bundle exec rake assets:precompile", "Rakefile", "require_relative \"config/application\"\n", ""),
        (
            "bundle exec rake deps",
            "Rakefile",
            "task :deps do\n  sh 'npm i -g serve'\nend\n",
            "unfollowed: Rakefile:2 install by a task",
        ),
    ] {
        assert_eq!(of(command, path, text), all, "{command} {text}");
    }
}
