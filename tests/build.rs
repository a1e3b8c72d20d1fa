fn main() {
    lodger_routes::Routes::new("routes").mount("/api").state("crate::routes::Seen").write();
}
