//! The strings of claims in events.

use serde_json::Value;

/// Converts a claim like an HTTP API, which omits a null and writes an array as `[a b]`.
pub(super) fn http_api_claim(value: &Value) -> Option<Value> {
    claim(value, |items| format!("[{}]", items.join(" ")))
}

/// Converts a claim like a Cognito authorizer of a REST API, which writes an array as `a,b` and two times as dates.
pub(super) fn cognito_claim(name: &str, value: &Value) -> Option<Value> {
    match (name, value.as_i64().and_then(utc_date)) {
        ("exp" | "iat", Some(date)) => Some(date.into()),
        _ => claim(value, |items| items.join(",")),
    }
}

fn claim(value: &Value, join: impl Fn(Vec<String>) -> String) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => Some(join(items.iter().map(text).collect()).into()),
        value => Some(text(value).into()),
    }
}

/// Returns a string as it is, and JSON text for other values.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns a date such as `Fri Jul 29 18:52:53 UTC 2016`, or `None` outside of the years 1970 to 9999.
fn utc_date(seconds: i64) -> Option<String> {
    const LAST: i64 = 253_402_300_799;
    if !(0..=LAST).contains(&seconds) {
        return None;
    }
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"].get(usize::try_from(days % 7).ok()?)?;
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.get(usize::try_from(month - 1).ok()?)?;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    Some(format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}"))
}

/// Returns the year, the month and the day of a number of days after 1970-01-01.
///
/// Source: [Days to civil](https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn converts_claims_like_an_http_api_and_like_a_cognito_authorizer() {
        for (value, http_api, cognito) in [
            (json!("a b"), Some("a b"), Some("a b")),
            (json!(1_787_992_402), Some("1787992402"), Some("1787992402")),
            (json!(1.5), Some("1.5"), Some("1.5")),
            (json!(true), Some("true"), Some("true")),
            (json!(["admin", "users"]), Some("[admin users]"), Some("admin,users")),
            (json!(["admin"]), Some("[admin]"), Some("admin")),
            (json!([]), Some("[]"), Some("")),
            (json!([1, true]), Some("[1 true]"), Some("1,true")),
            (json!({"city": "Seattle"}), Some(r#"{"city":"Seattle"}"#), Some(r#"{"city":"Seattle"}"#)),
            (json!(null), None, None),
        ] {
            assert_eq!(http_api_claim(&value), http_api.map(Value::from), "{value}");
            assert_eq!(cognito_claim("a", &value), cognito.map(Value::from), "{value}");
        }
    }

    #[test]
    fn writes_exp_and_iat_of_a_cognito_authorizer_as_dates() {
        for (seconds, date) in [
            (0_i64, "Thu Jan 01 00:00:00 UTC 1970"),
            (1_469_818_373, "Fri Jul 29 18:52:53 UTC 2016"),
            (1_709_164_800, "Thu Feb 29 00:00:00 UTC 2024"),
            (4_107_542_399, "Sun Feb 28 23:59:59 UTC 2100"),
            (4_107_542_400, "Mon Mar 01 00:00:00 UTC 2100"),
            (13_574_563_200, "Tue Feb 29 00:00:00 UTC 2400"),
            (253_402_300_799, "Fri Dec 31 23:59:59 UTC 9999"),
        ] {
            assert_eq!(cognito_claim("exp", &json!(seconds)), Some(date.into()));
            assert_eq!(cognito_claim("iat", &json!(seconds)), Some(date.into()));
            assert_eq!(cognito_claim("auth_time", &json!(seconds)), Some(seconds.to_string().into()));
        }
        for value in [json!(-1), json!(253_402_300_800_i64), json!(i64::MAX), json!(1.5), json!("soon")] {
            assert_eq!(cognito_claim("exp", &value), Some(text(&value).into()));
        }
    }
}
