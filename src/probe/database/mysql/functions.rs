//! Which functions may be called while a query is planned: those of the server that only compute.
//!
//! EXPLAIN evaluates what is constant, and MariaDB fills derived tables, so a function may run: one of the database's own
//! may write, `sleep` and `get_lock` wait. A server looks for its own functions first (MySQL manual, "Function Name Parsing
//! and Resolution"), so a name of this list without a schema is never one that the database defines.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, visit_expressions};

use super::rewrite;
use crate::probe::database::lexer::{self, Dialect, Kind};

/// Lower case, sorted.
const HARMLESS: &str = "abs acos adddate addtime aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg \
    bin bin_to_uuid binary bit_and bit_count bit_length bit_or bit_xor \
    cast ceil ceiling char char_length character_length charset chr coalesce coercibility collation column_check column_create \
    column_exists column_get column_json column_list compress concat concat_ws connection_id conv convert convert_tz cos cot count \
    crc32 crc32c cume_dist curdate current_date current_role current_time current_timestamp current_user curtime \
    database date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear decode decode_oracle default \
    degrees dense_rank elt encode exp export_set extract extractvalue \
    field find_in_set first_value floor format format_bytes format_pico_time found_rows from_base64 from_days from_unixtime \
    geomcollection geometrycollection get_format greatest group_concat grouping hex hour \
    if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 \
    is_uuid isnull json_array json_array_append json_array_insert json_array_intersect json_arrayagg json_compact json_contains \
    json_contains_path json_depth json_detailed json_equals json_exists json_extract json_insert json_keys json_length \
    json_loose json_merge json_merge_patch json_merge_preserve json_normalize json_object json_objectagg json_overlaps \
    json_pretty json_query json_quote json_remove json_replace json_schema_valid json_search json_set json_storage_free \
    json_storage_size json_type json_unquote json_valid json_value kdf \
    lag last_day last_insert_id last_value lcase lead least left length lengthb linestring ln localtime localtimestamp locate log \
    log10 log2 lower lpad ltrim make_set makedate maketime max mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals \
    mbrintersects mbroverlaps mbrtouches mbrwithin md5 median microsecond mid min minute mod month monthname multilinestring \
    multipoint multipolygon natural_sort_key now nth_value ntile nullif nvl nvl2 oct octet_length old_password ord \
    percent_rank percentile_cont percentile_disc period_add period_diff pi point polygon position pow power quarter quote \
    radians rand random_bytes rank regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right round \
    row_count row_number rpad rtrim schema sec_to_time second session_user sformat sha sha1 sha2 sign sin soundex space sqrt \
    st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_boundary st_buffer st_centroid st_contains st_convexhull \
    st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint st_envelope st_equals \
    st_exteriorring st_geohash st_geomcollfromtext st_geometryfromtext st_geometrytype st_geomfromgeojson st_geomfromtext \
    st_geomfromwkb st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_issimple st_isvalid \
    st_latfromgeohash st_latitude st_length st_linefromtext st_longfromgeohash st_longitude st_makeenvelope st_numgeometries \
    st_numinteriorrings st_numpoints st_overlaps st_pointfromgeohash st_pointfromtext st_pointn st_polyfromtext st_simplify \
    st_srid st_startpoint st_swapxy st_symdifference st_touches st_transform st_union st_validate st_within st_x st_y \
    statement_digest statement_digest_text std stddev stddev_pop stddev_samp str_to_date strcmp subdate substr substring \
    substring_index subtime sum sysdate system_user tan time time_format time_to_sec timediff timestamp timestampadd \
    timestampdiff to_base64 to_char to_days to_seconds trim trim_oracle truncate ucase uncompress uncompressed_length unhex \
    unix_timestamp updatexml upper user utc_date utc_time utc_timestamp uuid uuid_short uuid_to_bin \
    validate_password_strength value values var_pop var_samp variance version week weekday weekofyear weight_string year \
    yearweek";

/// The first of these functions that is not known to be harmless, as it is written.
pub fn unknown(functions: &[Vec<String>]) -> Option<String> {
    functions.iter().find(|parts| !is_harmless(parts)).map(|parts| parts.join("."))
}

/// A function of the server's whose name stands apart from its parenthesis: then a function of the database's own may be
/// meant (MySQL manual, "Function Name Parsing and Resolution").
pub fn spaced(sql: &str) -> Option<String> {
    const AFFECTED: &str = "adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat \
        json_arrayagg json_objectagg max mid min now position session_user st_collect std stddev stddev_pop stddev_samp subdate \
        substr substring sum sysdate system_user trim var_pop var_samp variance";
    let tokens = lexer::tokens(sql, Dialect::Mysql).ok()?;
    let apart = tokens.windows(2).find(|pair| match pair {
        [name, open] => {
            let affected = |name: &str| AFFECTED.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name));
            name.kind == Kind::Word && open.spaced && open.is("(") && affected(name.text)
        }
        _ => false,
    })?;
    apart.first().map(|name| name.text.to_owned())
}

/// A function whose name is quoted: what the grammar knows as a word of its own, such as `count`, is then looked for among
/// the functions of the database.
pub fn quoted(sql: &str) -> Option<String> {
    let statement = rewrite::parse(sql)?;
    let found = visit_expressions(&statement, |expr| match expr {
        Expr::Function(function) => {
            let quoted =
                function.name.0.iter().filter_map(|part| part.as_ident()).any(|name| name.quote_style.is_some());
            if quoted { ControlFlow::Break(function.name.to_string()) } else { ControlFlow::Continue(()) }
        }
        _ => ControlFlow::Continue(()),
    });
    match found {
        ControlFlow::Break(name) => Some(name.replace('`', "")),
        ControlFlow::Continue(()) => None,
    }
}

fn is_harmless(parts: &[String]) -> bool {
    match parts {
        [name] => HARMLESS.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_writes_waits_or_is_not_the_servers_own_is_unknown() {
        let unknown = |names: &[&str]| unknown(&[names.iter().map(|&name| name.to_owned()).collect()]);
        for harmless in ["count", "LOWER", "json_extract", "now", "if", "st_within", "yearweek", "abs"] {
            assert_eq!(unknown(&[harmless]), None, "{harmless}");
        }
        for other in
            ["sleep", "BENCHMARK", "get_lock", "release_lock", "load_file", "nextval", "my_function", "sys_exec"]
        {
            assert_eq!(unknown(&[other]).as_deref(), Some(other));
        }
        assert_eq!(unknown(&["shop", "lower"]).as_deref(), Some("shop.lower"));
        assert_eq!(spaced("SELECT count (*) FROM t").as_deref(), Some("count"));
        assert_eq!(spaced("SELECT count(*), `count` FROM t WHERE a IN (1)"), None);
        assert_eq!(quoted("SELECT * FROM t WHERE a IN (SELECT `count`(1))").as_deref(), Some("count"));
        assert_eq!(quoted("INSERT INTO `t` (`a`) SELECT count(`b`) FROM `u`"), None);
    }
}
