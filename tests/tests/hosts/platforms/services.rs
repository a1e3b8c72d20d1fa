//! Fly.io, Railway, Render and Heroku.

use std::time::Duration;

use super::{CONTRACT, Contract, check, check_cut_off, seconds, start_as};

pub(super) const CONTRACTS: &[&Contract] = &[&FLY, &RAILWAY, &RENDER, &HEROKU];

const FLY: Contract = Contract {
    name: "fly",
    title: "Fly.io",
    vars: &[("FLY_APP_NAME", "hello"), ("FLY_MACHINE_ID", "148e4d55b5d298"), ("FLY_REGION", "ams")],
    signal: "INT",
    kill_after: seconds(5),
    grace: "4.5s",
    has_ipv6_clients: true,
};

const RAILWAY: Contract = Contract {
    name: "railway",
    title: "Railway",
    vars: &[("RAILWAY_ENVIRONMENT_NAME", "production"), ("RAILWAY_SERVICE_NAME", "hello")],
    kill_after: seconds(0),
    has_ipv6_clients: true,
    ..CONTRACT
};

const RENDER: Contract = Contract {
    name: "render",
    title: "Render",
    vars: &[("RENDER", "true"), ("RENDER_SERVICE_TYPE", "web"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")],
    kill_after: seconds(30),
    grace: "29.5s",
    ..CONTRACT
};

const HEROKU: Contract = Contract {
    name: "heroku",
    title: "Heroku",
    vars: &[("DYNO", "web.1")],
    kill_after: seconds(30),
    grace: "29.5s",
    ..CONTRACT
};

#[tokio::test(flavor = "multi_thread")]
async fn fly() {
    check(&FLY).await;
    check_cut_off(&FLY, &[], Duration::from_millis(4_500)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn railway() {
    check(&RAILWAY).await;
    check_cut_off(&RAILWAY, &[("RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "1")], Duration::from_millis(900)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn render() {
    check(&RENDER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heroku() {
    check(&HEROKU).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heroku_may_send_several_signals_at_once() {
    let (mut process, _) = start_as(&HEROKU, &[]);
    process.signal_twice("TERM");
    assert!(process.read_line().starts_with("lodger: shutting down: "));
    assert!(tokio::task::block_in_place(|| process.wait()).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_of_the_user_overrides_the_platform() {
    let (mut process, addr) = start_as(&FLY, &[("LODGER_GRACE", "7"), ("LODGER_ADDR", "127.0.0.1:0")]);
    assert!(addr.ip().is_loopback());
    process.signal("INT");
    assert!(process.read_line().contains("waiting up to 7s"));
}
