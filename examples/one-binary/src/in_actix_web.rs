//! The app in actix-web.

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{PeerAddr, ServiceFactory, ServiceRequest, ServiceResponse},
    web::{self, Path},
};

pub fn app() -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let hello = async |name: Path<String>, PeerAddr(client): PeerAddr| format!("hello {name} from {}", client.ip());
    App::new().route("/hello/{name}", web::get().to(hello))
}
