//! Proof: slow work is handed to a queue.

use super::{Check, Hit, Rule, any_name, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "job-queue",
    title: "Slow work is handed to a queue",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Jobs are put on a queue that workers take them from: BullMQ, pg-boss, Inngest, Trigger.dev, Celery, RQ, Laravel's queue, Sidekiq, Active Job, asynq, Spring with JMS, RabbitMQ or Kafka.",
    why: "Mail, PDFs and imports do not keep users waiting, and what fails is tried again.",
    fix: "Put slow work on a queue in the request, and do it in a worker.",
    example: "const mails = new Queue('mails', { connection });\nawait mails.add('welcome', { userId });",
    references: &["F43", "F41"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).looks_at(server_or_config).reads(Language::is_code, any_name);

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    if let Some((call, what)) =
        file.calls.iter().filter(|call| !call.dev_only).find_map(|call| Some((call, queued(file, call)?)))
    {
        hits.push(Hit::new(call.place, format!("{what} takes slow work out of the requests")));
        return;
    }
    let marked = file.functions.iter().find_map(|function| {
        let mark = function.decorators.iter().find(|decorator| marks(file, decorator.method()))?;
        Some((function.place, mark.method().to_owned()))
    });
    let class = || {
        file.classes
            .iter()
            .find_map(|class| Some((class.place, job_class(file, class.bases.iter().map(|base| &**base))?)))
    };
    if let Some((place, mark)) = marked.or_else(class) {
        let place = Place { bytes: (place.bytes.0, place.bytes.0), ..place };
        hits.push(Hit::new(place, format!("`{mark}` takes slow work out of the requests")));
    }
}

fn marks(file: &FileFacts, mark: &str) -> bool {
    match file.language {
        Language::Python => {
            (mark == "shared_task")
                || (mark == "task"
                    && file.imports_any(|m| {
                        m.contains("celery")
                            || m.contains("huey")
                            || m.contains("procrastinate")
                            || m.contains("taskiq")
                    }))
                || (mark == "actor" && file.imports_any(|m| m.starts_with("dramatiq")))
                || (mark == "job" && file.imports_any(|m| m.contains("rq")))
        }
        Language::Java => matches!(mark, "RabbitListener" | "KafkaListener" | "JmsListener" | "SqsListener"),
        _ if file.language.is_ecma() => mark == "Processor" && file.imports_any(|m| m.contains("bull")),
        _ => false,
    }
}

fn job_class<'b>(file: &FileFacts, bases: impl Iterator<Item = &'b str>) -> Option<String> {
    let mut bases = bases.map(|base| base.replace("::", ".").replace('\\', "."));
    let found = bases.find(|base| {
        let last = base.rsplit('.').next().unwrap_or(base);
        match file.language {
            Language::Ruby => {
                matches!(last, "ApplicationJob")
                    || matches!(&**base, "ActiveJob.Base" | "Sidekiq.Job" | "Sidekiq.Worker" | "SuckerPunch.Job")
            }
            Language::Php => last == "ShouldQueue",
            _ => false,
        }
    })?;
    Some(found)
}

fn queued(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let (object, method) = (call.object(), call.method());
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let imports = |names: &[&str]| file.imports_any(|module| names.iter().any(|name| module.contains(name)));
    Some(match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match method {
            "Queue" | "Worker" if module == "bullmq" => "BullMQ",
            "Queue" | "default" if matches!(module, "bull" | "bee-queue") => "Bull",
            "registerQueue" if imports(&["bull"]) => "BullMQ",
            "PgBoss" => "pg-boss",
            "Inngest" if module == "inngest" => "Inngest",
            "createFunction" if object.ends_with("inngest") => "Inngest",
            "task" | "defineJob"
                if module.starts_with("@trigger.dev") || module.contains("trigger") && imports(&["trigger.dev"]) =>
            {
                "Trigger.dev"
            }
            "Agenda" if module.contains("agenda") => "Agenda",
            "SendMessageCommand" if imports(&["client-sqs"]) => "SQS",
            "publishJSON" if imports(&["@upstash/qstash"]) => "QStash",
            "sendToQueue" => "RabbitMQ",
            "run" | "makeWorkerUtils" if module == "graphile-worker" => "Graphile Worker",
            _ => return None,
        },
        Language::Python => match method {
            "Celery" if module.starts_with("celery") => "Celery",
            "delay" | "apply_async" if call.callee.contains('.') && imports(&["tasks", "celery", "jobs"]) => "Celery",
            "Queue" if module.starts_with("rq") => "RQ",
            "enqueue" if imports(&["rq", "queue", "jobs"]) => "RQ",
            "enqueue_job" => "arq",
            "async_task" if imports(&["django_q"]) => "Django Q",
            "RedisHuey" | "SqliteHuey" => "Huey",
            _ => return None,
        },
        Language::Php => match method {
            "dispatch"
                if object.starts_with(|c: char| c.is_ascii_uppercase())
                    && (imports(&["Jobs"]) || object.ends_with("Job")) =>
            {
                "Laravel's queue"
            }
            "dispatch" if object.is_empty() && matches!(call.argument(0), Some(Value::Call(_))) => "Laravel's queue",
            "push" | "later" if object == "Queue" => "Laravel's queue",
            "queue" if object.contains("Mail.to") || object == "Mail" => "Laravel's queue",
            "dispatch" if object.to_ascii_lowercase().ends_with("bus") => "Symfony Messenger",
            "basic_publish" => "RabbitMQ",
            _ => return None,
        },
        Language::Go => match method {
            "NewClient" | "NewServer" if call.root() == "asynq" => "asynq",
            "Enqueue" | "EnqueueContext" if imports(&["asynq"]) => "asynq",
            "NewServer" if call.root() == "machinery" => "machinery",
            "NewClient" if call.root() == "river" => "River",
            "PublishWithContext" | "Publish" if imports(&["amqp", "nats"]) => "The message broker",
            _ => return None,
        },
        Language::Ruby => match method {
            "perform_later" => "Active Job",
            "perform_async" | "perform_in" => "Sidekiq",
            "deliver_later" => "Active Job",
            "enqueue" if object == "Resque" || object == "Delayed.Job" || object == "GoodJob" => "The queue",
            "include"
                if call
                    .arguments
                    .iter()
                    .any(|a| a.value.path().is_some_and(|path| matches!(path, "Sidekiq.Job" | "Sidekiq.Worker"))) =>
            {
                "Sidekiq"
            }
            _ => return None,
        },
        Language::Java => match method {
            "convertAndSend" => "The message broker",
            "send" if object.to_ascii_lowercase().contains("kafka") => "Kafka",
            "enqueue" if object.to_ascii_lowercase().contains("jobscheduler") || object == "BackgroundJob" => "JobRunr",
            "sendMessage" if object.to_ascii_lowercase().contains("sqs") => "SQS",
            "scheduleJob" if object.to_ascii_lowercase().contains("scheduler") => "Quartz",
            _ => return None,
        },
        Language::Template => return None,
    })
}
