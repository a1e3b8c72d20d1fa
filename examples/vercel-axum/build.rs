fn main() {
    lodger_routes::Routes::new("routes").write();
}
