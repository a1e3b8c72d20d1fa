use axum::{
    extract::Path,
    http::{HeaderName, StatusCode, header::CACHE_CONTROL},
};

/// For Vercel's CDN only, which removes the header: <https://vercel.com/docs/headers/cache-control-headers>.
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("vercel-cdn-cache-control");

/// Responds with the largest prime below a number. The CDN keeps each response for a day, so that the function computes the prime
/// once. Then the CDN sends the old response for up to another hour, while the function computes a new one. Browsers keep a
/// response for a minute.
pub async fn get(Path(below): Path<u32>) -> Result<([(HeaderName, &'static str); 2], String), StatusCode> {
    let prime = (2..below).rev().find(|number| is_prime(*number)).ok_or(StatusCode::NOT_FOUND)?;
    let headers = [(CDN_CACHE_CONTROL, "max-age=86400, stale-while-revalidate=3600"), (CACHE_CONTROL, "max-age=60")];
    Ok((headers, format!("{prime}\n")))
}

fn is_prime(number: u32) -> bool {
    (2..=number.isqrt()).all(|divisor| !number.is_multiple_of(divisor))
}
