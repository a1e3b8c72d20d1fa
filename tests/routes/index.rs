pub async fn get() -> &'static str {
    "index"
}
