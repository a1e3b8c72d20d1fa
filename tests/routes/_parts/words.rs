pub fn of(what: &str, id: u32) -> String {
    format!("{what} of {id}")
}
