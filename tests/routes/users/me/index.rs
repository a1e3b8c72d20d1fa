pub async fn get() -> &'static str {
    "me"
}
