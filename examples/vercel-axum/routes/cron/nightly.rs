use axum::{
    Extension,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};

use crate::CronSecret;

/// Runs the nightly job. `vercel.json` has its schedule, and Vercel sends the secret:
/// <https://vercel.com/docs/cron-jobs/manage-cron-jobs>.
pub async fn get(
    Extension(CronSecret(secret)): Extension<CronSecret>,
    headers: HeaderMap,
) -> Result<&'static str, StatusCode> {
    let expected = secret.map(|secret| format!("Bearer {secret}"));
    let sent = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
    // Without a secret, anyone could run the job.
    if expected.is_none() || sent != expected.as_deref().map(str::as_bytes) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    // The job runs before the response: Vercel shows a failed one in the log by its status.
    Ok("the nightly job is done\n")
}
