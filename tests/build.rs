fn main() {
    lodger_routes::Routes::new("routes").mount("/api").state("crate::Seen").write();
}
