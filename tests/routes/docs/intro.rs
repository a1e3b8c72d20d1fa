pub async fn get() -> &'static str {
    "the introduction"
}
