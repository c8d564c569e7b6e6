//! What the database itself defines and planning could run: functions, and the operators, casts, types and index
//! conditions behind which functions stand. Nobody knows what those do, so a query that could reach one is not planned.

use std::collections::BTreeSet;

use super::catalog::get;
use super::errors::Refused;
use super::session::Session;
use crate::probe::database::statement::Shape;

/// Relations behind which functions stand that are not PostgreSQL's, types, and operators. Objects from 16384 on are not
/// built in (`FirstNormalObjectId`); those in the language 12 (`internal`), such as the server makes for a range type, are
/// the server's own code. Behind a relation: a view (and views of that), active row security, a constraint or a
/// partition key that decides which children are read, an index with a constant or a call without arguments in its
/// expressions or its condition (the planner computes those), a column of a type that runs functions; and defaults, which only
/// an INSERT or the word DEFAULT looks at. Operators and types that an extension brought do not count.
const BEHIND: &str = "WITH RECURSIVE own AS ( \
      SELECT 'pg_catalog.pg_proc'::regclass::oid AS classid, p.oid AS objid, EXISTS (SELECT FROM pg_catalog.pg_depend e \
          WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e') AS brought \
        FROM pg_catalog.pg_proc p WHERE p.oid >= 16384 AND p.prolang <> 12 \
      UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, o.oid, false FROM pg_catalog.pg_operator o \
        WHERE greatest(o.oprcode::oid, o.oprrest::oid, o.oprjoin::oid) >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
          WHERE e.classid = 'pg_catalog.pg_operator'::regclass AND e.objid = o.oid AND e.deptype = 'e') \
      UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, c.oid, false FROM pg_catalog.pg_opclass c \
        WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
          WHERE e.classid = 'pg_catalog.pg_opclass'::regclass AND e.objid = c.oid AND e.deptype = 'e')), \
    uses AS (SELECT d.classid, d.objid, bool_and(own.brought) AS brought, \
        bool_or(own.classid = 'pg_catalog.pg_opclass'::regclass) AS compares \
      FROM pg_catalog.pg_depend d JOIN own ON own.classid = d.refclassid AND own.objid = d.refobjid \
      WHERE d.refobjid >= 16384 GROUP BY 1, 2), \
    made AS (SELECT t.oid, s.part FROM pg_catalog.pg_type t \
        CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[t.typelem, t.typbasetype]) s(part) WHERE t.oid >= 16384 AND s.part <> 0 \
      UNION ALL SELECT t.oid, a.atttypid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.typrelid = a.attrelid \
        WHERE t.oid >= 16384 AND a.atttypid >= 16384), \
    typed AS (SELECT t.oid FROM pg_catalog.pg_type t \
        JOIN uses u ON u.classid = 'pg_catalog.pg_type'::regclass AND u.objid = t.oid AND NOT u.brought \
      UNION SELECT k.contypid FROM pg_catalog.pg_constraint k \
        JOIN uses u ON u.classid = 'pg_catalog.pg_constraint'::regclass AND u.objid = k.oid AND NOT u.brought WHERE k.contypid <> 0 \
      UNION SELECT s.oid FROM pg_catalog.pg_cast c \
        JOIN own ON own.classid = 'pg_catalog.pg_proc'::regclass AND own.objid = c.castfunc AND NOT own.brought \
        CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[c.castsource, c.casttarget]) s(oid) \
        WHERE s.oid >= 16384 OR greatest(c.castsource, c.casttarget) < 16384 AND s.oid = c.casttarget \
      UNION SELECT o.opcintype FROM pg_catalog.pg_opclass o \
        JOIN own ON own.classid = 'pg_catalog.pg_opclass'::regclass AND own.objid = o.oid WHERE o.opcintype >= 16384 \
      UNION SELECT m.oid FROM typed b JOIN made m ON m.part = b.oid), \
    direct AS (SELECT r.ev_class AS oid FROM uses u \
        JOIN pg_catalog.pg_rewrite r ON u.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = u.objid \
      UNION SELECT p.polrelid FROM uses u \
        JOIN pg_catalog.pg_policy p ON u.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = u.objid \
        WHERE pg_catalog.row_security_active(p.polrelid) \
      UNION SELECT x.indrelid FROM uses u \
        JOIN pg_catalog.pg_index x ON u.classid = 'pg_catalog.pg_class'::regclass AND x.indexrelid = u.objid \
        WHERE NOT u.brought AND (u.compares \
          OR pg_catalog.concat(x.indexprs::text, x.indpred::text) ~ '[{](CONST|SQLVALUEFUNCTION|NEXTVALUEEXPR) |:args <>') \
      UNION SELECT c.oid FROM uses u \
        JOIN pg_catalog.pg_class c ON u.classid = 'pg_catalog.pg_class'::regclass AND c.oid = u.objid AND c.relkind = 'p' \
        WHERE NOT u.brought \
      UNION SELECT k.conrelid FROM uses u \
        JOIN pg_catalog.pg_constraint k ON u.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = u.objid \
        JOIN pg_catalog.pg_inherits i ON i.inhrelid = k.conrelid WHERE NOT u.brought \
      UNION SELECT a.attrelid FROM typed t JOIN pg_catalog.pg_attribute a ON a.atttypid = t.oid), \
    above AS (SELECT d.refobjid AS below, r.ev_class AS oid FROM pg_catalog.pg_depend d \
        JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::regclass \
        WHERE d.refclassid = 'pg_catalog.pg_class'::regclass \
      UNION SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i), \
    reached AS (SELECT oid, false AS defaults FROM direct \
      UNION SELECT a.adrelid, true FROM uses u \
        JOIN pg_catalog.pg_attrdef a ON u.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = u.objid \
      UNION SELECT above.oid, b.defaults FROM reached b JOIN above ON above.below = b.oid) \
    SELECT pg_catalog.lower(c.relname::text), CASE WHEN b.defaults THEN 'defaults' ELSE 'behind' END \
      FROM reached b JOIN pg_catalog.pg_class c ON c.oid = b.oid \
    UNION SELECT s.name, 'type' FROM typed b JOIN pg_catalog.pg_type t ON t.oid = b.oid \
      CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[t.typname::text, pg_catalog.format_type(t.oid, NULL)]) s(name) \
    UNION SELECT o.oprname::text, 'operator' FROM own \
      JOIN pg_catalog.pg_operator o ON own.classid = 'pg_catalog.pg_operator'::regclass AND o.oid = own.objid";

/// Functions of these names outside PostgreSQL's own schema, and whether a name alone can call one (`a.total`, for `total(a)`).
/// An extension that brings a built-in function for its own type, such as `max` for `citext`, does not count.
const OWN: &str = "SELECT p.proname::text, bool_or(p.pronargs > 0 AND t.typtype IN ('c', 'p') AND NOT x.brought) \
    FROM pg_catalog.pg_proc p \
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0] \
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass \
                         AND d.objid = p.oid AND d.deptype = 'e') AS brought) x \
    WHERE p.proname = ANY($1) AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
      AND NOT (x.brought AND EXISTS (SELECT FROM pg_catalog.pg_proc b WHERE b.proname = p.proname \
                         AND b.pronamespace = 'pg_catalog'::regnamespace)) \
    GROUP BY 1";

/// What must not be run while planning.
#[derive(Debug, Default)]
pub struct Own {
    functions: BTreeSet<String>,
    /// Those of the functions that a name calls without a parenthesis.
    attributes: BTreeSet<String>,
    operators: BTreeSet<String>,
    types: BTreeSet<String>,
    behind: BTreeSet<String>,
    behind_defaults: BTreeSet<String>,
}

impl Own {
    /// The first thing of the database's own that planning this could run.
    pub fn called_by(&self, shape: &Shape) -> Option<String> {
        let function = shape.functions.iter().find(|parts| match parts.as_slice() {
            [name] => self.functions.contains(name),
            [schema, _] => schema != "pg_catalog",
            _ => true,
        });
        if let Some(parts) = function {
            return Some(parts.join("."));
        }
        let names = &shape.names;
        let called = names.called.iter().find(|name| self.functions.contains(*name));
        if let Some(name) = called.or_else(|| names.words.iter().find(|name| self.attributes.contains(*name))) {
            return Some(name.clone());
        }
        if let Some(operator) = names.operators.iter().find(|name| self.operators.contains(*name)) {
            return Some(format!("operator {operator}"));
        }
        let behind = |name: &str, set: &BTreeSet<String>| set.contains(&name.to_lowercase());
        let view = shape.relations().find(|relation| behind(&relation.table, &self.behind));
        if let Some(relation) = view {
            return Some(format!("behind {}", relation.table));
        }
        if let Some(target) = &shape.inserts_into
            && (behind(target, &self.behind_defaults) || behind(target, &self.behind))
        {
            return Some(format!("behind the defaults of {target}"));
        }
        let asks = names.words.contains("default");
        let defaults = shape.relations().find(|relation| asks && behind(&relation.table, &self.behind_defaults));
        if let Some(relation) = defaults {
            return Some(format!("behind the defaults of {}", relation.table));
        }
        names.words.iter().find(|name| self.types.contains(*name)).map(|name| format!("type {name}"))
    }
}

/// Reads what there is, functions by name aside.
pub async fn read(session: &mut Session) -> Result<Own, Refused> {
    let mut own = Own::default();
    for row in session.rows(BEHIND, &[]).await? {
        let (name, what): (String, String) = (get(&row, 0)?, get(&row, 1)?);
        let set = match what.as_str() {
            "behind" => &mut own.behind,
            "defaults" => &mut own.behind_defaults,
            "operator" => &mut own.operators,
            _ => &mut own.types,
        };
        set.insert(name);
    }
    Ok(own)
}

/// The names in a statement by which it could call a function.
pub fn names(shape: &Shape) -> impl Iterator<Item = String> {
    shape.functions.iter().filter_map(|parts| parts.last()).chain(&shape.names.words).cloned()
}

/// Adds those of `names` that are functions of the database's own.
pub async fn learn_functions(session: &mut Session, own: &mut Own, names: BTreeSet<String>) -> Result<(), Refused> {
    let names: Vec<String> = names.into_iter().collect();
    if names.is_empty() {
        return Ok(());
    }
    for row in session.rows(OWN, &names).await? {
        let name: String = get(&row, 0)?;
        if get::<Option<bool>>(&row, 1)?.unwrap_or(false) {
            own.attributes.insert(name.clone());
        }
        own.functions.insert(name);
    }
    Ok(())
}
