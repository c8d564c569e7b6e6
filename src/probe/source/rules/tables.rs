//! What the name of a table or model tells: whether it stays small, whether it grows with the users.

/// A name as one plain word: `ProductCategory` and `product_categories` are `productcategory`.
pub(super) fn plain(name: &str) -> String {
    let lower: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if let Some(stem) = lower.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let stem = ["sses", "xes", "ches"].iter().find(|end| lower.ends_with(**end)).and_then(|_| lower.strip_suffix("es"));
    match stem {
        Some(stem) => stem.to_owned(),
        None => lower
            .strip_suffix('s')
            .filter(|stem| !stem.ends_with('s') && !stem.ends_with('u'))
            .map_or(lower.clone(), str::to_owned),
    }
}

/// Kinds of rows of which an app has a few dozen, whoever uses it.
const SMALL: [&str; 67] = [
    "role",
    "setting",
    "category",
    "country",
    "language",
    "permission",
    "tag",
    "plan",
    "config",
    "configuration",
    "currency",
    "state",
    "city",
    "region",
    "type",
    "status",
    "option",
    "menu",
    "feature",
    "flag",
    "featureflag",
    "theme",
    "template",
    "unit",
    "department",
    "page",
    "banner",
    "faq",
    "genre",
    "level",
    "tier",
    "locale",
    "timezone",
    "provider",
    "module",
    "plugin",
    "channel",
    "preference",
    "parameter",
    "label",
    "priority",
    "color",
    "size",
    "brand",
    "tax",
    "taxrate",
    "shippingmethod",
    "paymentmethod",
    "section",
    "topic",
    "skill",
    "badge",
    "product_type",
    "question",
    "quiz",
    "challenge",
    "hint",
    "lesson",
    "step",
    "migration",
    "schema",
    "variable",
    "field",
    "group",
    "securityquestion",
    "deliverymethod",
    "specialty",
];

/// Whether a table of this name stays small.
pub(super) fn stays_small(name: &str) -> bool {
    let plain = plain(name);
    SMALL.iter().any(|small| plain == *small || (small.len() > 3 && plain.ends_with(small)))
}

/// Kinds of rows that every user adds to.
const GROWING: [&str; 77] = [
    "user",
    "customer",
    "order",
    "post",
    "message",
    "comment",
    "event",
    "log",
    "product",
    "item",
    "document",
    "notification",
    "transaction",
    "payment",
    "invoice",
    "session",
    "review",
    "like",
    "follow",
    "activity",
    "ticket",
    "article",
    "photo",
    "image",
    "file",
    "upload",
    "booking",
    "reservation",
    "appointment",
    "patient",
    "contact",
    "lead",
    "story",
    "note",
    "task",
    "todo",
    "job",
    "entry",
    "record",
    "visit",
    "click",
    "view",
    "email",
    "subscriber",
    "subscription",
    "account",
    "member",
    "student",
    "employee",
    "listing",
    "recipe",
    "tweet",
    "chat",
    "conversation",
    "thread",
    "reply",
    "owner",
    "wallet",
    "bookmark",
    "issue",
    "song",
    "track",
    "album",
    "purchase",
    "sale",
    "expense",
    "vote",
    "submission",
    "attachment",
    "video",
    "feedback",
    "client",
    "playlist",
    "shipment",
    "applicant",
    "candidate",
    "reminder",
];

/// Whether a table of this name grows with the number of users.
pub(super) fn grows(name: &str) -> bool {
    let plain = plain(name);
    GROWING.iter().any(|kind| plain == *kind || (kind.len() > 3 && plain.ends_with(kind)))
}

/// Rows that are kept beside what matters: losing one of them hurts nobody much.
const BESIDE: [&str; 22] = [
    "log",
    "audit",
    "auditlog",
    "event",
    "activity",
    "session",
    "history",
    "notification",
    "analytic",
    "metric",
    "token",
    "cache",
    "view",
    "visit",
    "stat",
    "attempt",
    "trail",
    "job",
    "email",
    "outbox",
    "message",
    "statistic",
];

/// Whether rows of such a table are kept beside what matters.
pub(super) fn is_beside(name: &str) -> bool {
    let plain = plain(name);
    BESIDE.iter().any(|kind| plain.ends_with(kind))
}

/// Rows that are made first and mean nothing until another points to them.
const PIECES: [&str; 14] = [
    "meta",
    "metadata",
    "data",
    "image",
    "avatar",
    "file",
    "address",
    "detail",
    "setting",
    "upload",
    "attachment",
    "media",
    "asset",
    "blob",
];

/// Whether rows of such a table mean nothing until another row points to them.
pub(super) fn is_piece(name: &str) -> bool {
    let plain = plain(name);
    PIECES.iter().any(|kind| plain.ends_with(kind))
}

/// Rows that do harm where the rows that belong to them are missing: an order without items, an account of which the
/// e-mail address is taken.
const WHOLES: [&str; 16] = [
    "order",
    "payment",
    "invoice",
    "booking",
    "reservation",
    "transaction",
    "purchase",
    "subscription",
    "user",
    "account",
    "organization",
    "team",
    "workspace",
    "tenant",
    "transfer",
    "sale",
];

/// Whether rows of such a table do harm by themselves.
pub(super) fn is_useless_alone(name: &str) -> bool {
    let plain = plain(name);
    WHOLES.iter().any(|kind| plain == *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_small_tables_from_growing_ones() {
        assert_eq!(
            ["product_categories", "Orders", "Status", "address", "boxes"].map(plain),
            ["productcategory", "order", "status", "address", "box"]
        );
        assert!(stays_small("Roles") && stays_small("product_categories") && !stays_small("orders"));
        assert!(grows("Users") && grows("blog_posts") && !grows("roles"));
        assert!(is_beside("AuditLog") && !is_beside("invoice"));
    }
}
