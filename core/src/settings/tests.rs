use super::*;

fn apply(program: &str, mut settings: Settings, variables: &[(&str, &str)]) -> Result<Settings, Error> {
    settings.apply(&Environment::new(program, variables)).map(|()| settings)
}

fn addr(program: &str, variables: &[(&str, &str)]) -> Option<String> {
    apply(program, Settings::default(), variables).unwrap().addr.map(|addr| addr.to_string())
}

#[test]
fn takes_the_address_from_the_most_explicit_variable() {
    assert_eq!(addr("app", &[]), None);
    assert_eq!(addr("app", &[("PORT", "8080")]).unwrap(), "0.0.0.0:8080");
    assert_eq!(addr("/x/user-server", &[("PORT", "3000")]).unwrap(), "127.0.0.1:3000");
    assert_eq!(addr("app", &[("VERCEL_DEV_PORT", "4000")]).unwrap(), "127.0.0.1:4000");
    // `vercel dev` passes the user's variables on and assigns a port of its own.
    assert_eq!(addr("app", &[("PORT", "1"), ("VERCEL_DEV_PORT", "2")]).unwrap(), "127.0.0.1:2");
    assert_eq!(addr("app", &[("PORT", "1"), ("VERCEL_DEV_PORT", "")]).unwrap(), "0.0.0.0:1");
    assert_eq!(addr("app", &[("LODGER_ADDR", "[::1]:3"), ("VERCEL_DEV_PORT", "2")]).unwrap(), "[::1]:3");
    assert_eq!(addr("app", &[("PORT", "1"), ("LODGER_ADDR", "[::1]:2")]).unwrap(), "[::1]:2");
    for (name, value) in [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("VERCEL_IPC_PATH", "/ipc")] {
        assert_eq!(addr("app", &[(name, value), ("PORT", "http")]), None);
    }
}

#[test]
fn ignores_variables_that_do_not_decide_the_address() {
    assert_eq!(addr("app", &[("PORT", "http"), ("LODGER_ADDR", "[::1]:2")]).unwrap(), "[::1]:2");
    assert_eq!(addr("app", &[("PORT", "http"), ("VERCEL_DEV_PORT", "2")]).unwrap(), "127.0.0.1:2");
}

#[test]
fn takes_the_port_that_vercels_proxy_has_assigned() {
    let behind_proxy = |more: (&'static str, &'static str)| [("PORT", "3000"), ("VERCEL_IPC_PATH", "/ipc"), more];
    for more in [("VERCEL_DEV_PORT", "2"), ("LODGER_ADDR", "0.0.0.0:4000"), ("LODGER_ADDR", "localhost")] {
        assert_eq!(addr("/x/user-server", &behind_proxy(more)).unwrap(), "127.0.0.1:3000", "{more:?}");
    }
    // A program of the same name elsewhere.
    assert_eq!(addr("user-server", &[("PORT", "1"), ("LODGER_ADDR", "[::1]:2")]).unwrap(), "[::1]:2");
}

#[cfg(target_os = "linux")]
#[test]
fn takes_the_socket_of_systemd_before_a_port() {
    let pid = std::process::id().to_string();
    let systemd = |more: &[(&str, &str)]| {
        let variables = [&[("LISTEN_PID", &*pid), ("LISTEN_FDS", "1")], more].concat();
        let settings = apply("app", Settings::default(), &variables).unwrap();
        (settings.systemd_socket, settings.addr.map(|addr| addr.to_string()))
    };
    assert_eq!(systemd(&[("PORT", "1"), ("VERCEL_DEV_PORT", "2")]), (true, None));
    assert_eq!(systemd(&[("LODGER_ADDR", "[::1]:2")]), (false, Some("[::1]:2".to_owned())));
    assert_eq!(systemd(&[("LODGER_HOST", "lambda")]), (false, None));
    // The variables of a parent process.
    assert_eq!(addr("app", &[("LISTEN_PID", "1"), ("LISTEN_FDS", "1"), ("PORT", "1")]).unwrap(), "0.0.0.0:1");
    assert_eq!(addr("app", &[("LISTEN_PID", &pid), ("LISTEN_FDS", "0"), ("PORT", "1")]).unwrap(), "0.0.0.0:1");
}

#[cfg(unix)]
#[test]
fn listens_on_a_unix_socket_or_an_address() {
    let socket = |code: Option<&str>, variables: &[(&str, &str)]| {
        let settings = Settings { unix_socket: code.map(Into::into), ..Settings::default() };
        apply("app", settings, variables).unwrap().unix_socket.map(|path| path.to_str().unwrap().to_owned())
    };
    assert_eq!(socket(None, &[("LODGER_ADDR", "unix:/run/app.sock"), ("PORT", "1")]).unwrap(), "/run/app.sock");
    assert_eq!(socket(Some("/run/code"), &[]).unwrap(), "/run/code");
    assert_eq!(socket(Some("/run/code"), &[("PORT", "1")]), None);
    assert_eq!(socket(Some("/run/code"), &[("LODGER_ADDR", "[::1]:2")]), None);
}

#[test]
fn takes_the_address_of_web_functions_only_from_their_variable() {
    let endpoint = ("AWS_LAMBDA_HTTP_ENDPOINT", "0.0.0.0:3000");
    for more in [("PORT", "8080"), ("LODGER_ADDR", "127.0.0.1:1"), ("VERCEL_DEV_PORT", "2"), ("PORT", "http")] {
        assert_eq!(addr("app", &[endpoint, more]).unwrap(), "0.0.0.0:3000", "{more:?}");
    }
    // On another host the variable means nothing.
    assert_eq!(addr("app", &[endpoint, ("LODGER_HOST", "server"), ("PORT", "1")]).unwrap(), "0.0.0.0:1");
    let invalid = [("AWS_LAMBDA_HTTP_ENDPOINT", "localhost"), ("LODGER_HOST", "server")];
    assert_eq!(addr("app", &invalid), None);
    let error = apply("app", Settings::default(), &invalid[..1]).unwrap_err().to_string();
    assert!(error.starts_with("invalid AWS_LAMBDA_HTTP_ENDPOINT \"localhost\": expected an IP address"), "{error}");
}

#[test]
fn takes_the_port_of_azure_functions_only_from_their_variable() {
    let port = ("FUNCTIONS_CUSTOMHANDLER_PORT", "50505");
    for more in [("PORT", "8080"), ("LODGER_ADDR", "0.0.0.0:1"), ("VERCEL_DEV_PORT", "2")] {
        assert_eq!(addr("app", &[port, more]).unwrap(), "127.0.0.1:50505", "{more:?}");
    }
    let error = apply("app", Settings::default(), &[("FUNCTIONS_CUSTOMHANDLER_PORT", "x")]).unwrap_err();
    assert_eq!(error.to_string(), "invalid FUNCTIONS_CUSTOMHANDLER_PORT \"x\": expected a port, 0 to 65535");
}

#[test]
fn announces_the_port_to_vercel_dev_at_any_address() {
    let announces =
        |variables: &[(&str, &str)]| apply("app", Settings::default(), variables).unwrap().announces_to_vercel_dev;
    assert!(announces(&[("VERCEL_DEV_PORT", "2"), ("LODGER_ADDR", "[::1]:3")]));
    assert!(!announces(&[("PORT", "2")]));
}

#[test]
fn overrides_code_with_variables_that_are_not_empty() {
    let code = Settings { base_path: Some("/code/".into()), grace: Some(Duration::ZERO), ..Settings::default() };
    let settings = apply("app", code.clone(), &[("LODGER_BASE_PATH", "env"), ("LODGER_GRACE", "2.5")]).unwrap();
    assert_eq!(settings.base_path.as_deref(), Some("/env"));
    assert_eq!(settings.grace, Some(Duration::from_millis(2500)));
    let settings = apply("app", code, &[("LODGER_BASE_PATH", ""), ("LODGER_GRACE", "")]).unwrap();
    assert_eq!(settings.base_path.as_deref(), Some("/code"));
    assert_eq!(settings.grace, Some(Duration::ZERO));
}

#[test]
fn rewrites_location_unless_code_or_the_variable_turns_it_off() {
    let rewrites = |code, variables: &[(&str, &str)]| {
        let settings = Settings { rewrite_location: code, ..Settings::default() };
        apply("app", settings, variables).unwrap().rewrites_location()
    };
    assert!(rewrites(None, &[]) && !rewrites(Some(false), &[]));
    assert!(!rewrites(None, &[("LODGER_REWRITE_LOCATION", "off")]));
    assert!(rewrites(Some(false), &[("LODGER_REWRITE_LOCATION", "on")]));
}

#[test]
fn takes_the_host_from_code_unless_the_variable_is_set() {
    let code = Settings { host: Some(Host::Lambda), ..Settings::default() };
    assert_eq!(apply("app", code.clone(), &[("PORT", "1")]).unwrap().host(), Host::Lambda);
    assert_eq!(apply("app", code, &[("LODGER_HOST", "server")]).unwrap().host(), Host::Server);
}

#[test]
fn reads_the_concurrency_on_lambda_only() {
    let slots = |value| [("AWS_LAMBDA_MAX_CONCURRENCY", value), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")];
    let set = |value| apply("app", Settings::default(), &slots(value)).map(|settings| settings.max_concurrency);
    assert_eq!(set("16").unwrap().map(NonZeroUsize::get), Some(16));
    assert_eq!(set("").unwrap(), None);
    for bad in ["0", "-1", "many", "1.5", " 8", "99999999999999999999999"] {
        let error = set(bad).unwrap_err().to_string();
        assert!(error.contains(&format!("invalid AWS_LAMBDA_MAX_CONCURRENCY {bad:?}")), "{error}");
    }
    let on_a_server = apply("app", Settings::default(), &slots("many")[..1]).unwrap();
    assert_eq!(on_a_server.max_concurrency, None);
}

#[test]
fn reads_the_proxies_of_servers() {
    let proxies = |code, variable, host| {
        let variables = [("LODGER_PROXIES", variable), ("LODGER_HOST", host)];
        let settings = Settings { proxies: code, ..Settings::default() };
        apply("app", settings, &variables).map(|settings| settings.proxies.map(|proxies| proxies.to_string()))
    };
    assert_eq!(proxies(None, "", "").unwrap(), None);
    assert_eq!(proxies(None, "fly", "").unwrap().as_deref(), Some("fly"));
    assert_eq!(proxies(Some(Proxies::FLY), "0", "").unwrap().as_deref(), Some("0"));
    assert_eq!(proxies(Some(Proxies::FLY), "", "").unwrap().as_deref(), Some("fly"));
    assert_eq!(proxies(None, "nginx", "lambda").unwrap(), None);
    for host in ["web-functions", "azure-functions"] {
        assert_eq!(proxies(None, "2", host).unwrap().as_deref(), Some("2"), "{host}");
    }
    assert_eq!(
        proxies(None, "nginx", "server").unwrap_err().to_string(),
        "invalid LODGER_PROXIES \"nginx\": expected a number of proxies from 0 to 32, networks such as `10.0.0.0/8,fd00::/8`, or \
         `cloud-run`, `fly`, `heroku`, `railway`, `render`, `cloudflare` or `alb`"
    );
}

#[test]
fn expects_a_snapshot_on_lambda_only() {
    let snap_start = |kind, code, host| {
        let variables = [("AWS_LAMBDA_INITIALIZATION_TYPE", kind), ("LODGER_HOST", host)];
        apply("app", Settings { snap_start: code, ..Settings::default() }, &variables).unwrap().snap_start
    };
    assert!(snap_start("snap-start", false, "lambda") && snap_start("", true, "lambda"));
    assert!(!snap_start("on-demand", true, "lambda") && !snap_start("", false, "lambda"));
    assert!(!snap_start("snap-start", false, "server"));
}

#[test]
fn removes_the_prefix_of_a_vercel_service_only_if_vercel_asks_for_it() {
    let prefix = |strip| {
        let variables = [("VERCEL_SERVICE_ROUTE_PREFIX", "/svc/"), ("VERCEL_SERVICE_ROUTE_PREFIX_STRIP", strip)];
        apply("app", Settings::default(), &variables).unwrap().vercel_service_prefix
    };
    assert_eq!(prefix("1").as_deref(), Some("/svc"));
    assert_eq!(prefix("true").as_deref(), Some("/svc"));
    assert_eq!((prefix(""), prefix("0")), (None, None));
}

#[test]
fn names_the_variable_and_the_bad_value_in_an_error() {
    for (name, value) in [
        ("LODGER_ADDR", "localhost"),
        ("PORT", "http"),
        ("PORT", "70000"),
        ("LODGER_STAGE", "drop"),
        ("LODGER_RESPONSE_MODE", "streaming"),
        ("LODGER_GRACE", "soon"),
        ("LODGER_GRACE", "-1"),
        ("LODGER_SIGTERM", "yes"),
        ("LODGER_REWRITE_LOCATION", "false"),
        ("LODGER_DEADLINE_MARGIN", "0.5"),
        ("LODGER_HEADER_TIMEOUT", "NaN"),
        ("LODGER_STALL_TIMEOUT", "-1"),
        ("LODGER_MAX_CONNECTIONS", "many"),
        ("LODGER_MAX_HEADER_SIZE", "8k"),
        ("LODGER_MAX_CONCURRENT_STREAMS", "0"),
        ("LODGER_HOST", "moon"),
        ("LODGER_BASE_PATH", "https://example.com/"),
        ("LODGER_EVENTS_PATH", "/a b"),
        ("LODGER_EVENTS_PATH", "/"),
        ("LODGER_EVENTS_PATH", "/%2F"),
        ("LODGER_EVENTS_PATH", "/x/.."),
        ("LODGER_WEBSOCKET_PATH", "//"),
        ("LODGER_HEALTH_PATH", "/"),
        ("LODGER_ADDR", "unix:"),
    ] {
        let error = apply("app", Settings::default(), &[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(&format!("{value:?}")), "{error}");
    }
}

#[test]
fn keeps_the_addresses_of_the_hosts_when_a_later_variable_is_invalid() {
    let mut settings = Settings::default();
    let variables = [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("LODGER_GRACE", "soon")];
    let error = settings.apply(&Environment::new("app", &variables)).unwrap_err();
    assert_eq!(error.to_string(), r#"invalid LODGER_GRACE "soon": expected a number of seconds, such as 10 or 0.5"#);
    assert_eq!((settings.host, settings.lambda_runtime_api.as_deref()), (Some(Host::Lambda), Some("127.0.0.1:9001")));

    let variables = [("VERCEL_IPC_PATH", "/ipc"), ("LODGER_HOST", "moon")];
    let mut settings = Settings::default();
    settings.apply(&Environment::new("app", &variables)).unwrap_err();
    assert_eq!((settings.host, settings.vercel_ipc_path.as_deref()), (None, Some("/ipc")));
}

#[test]
fn knows_its_own_variables_by_name() {
    let mut names: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), VARIABLES.len());
    assert!(is_unknown("LODGER_ADR") && is_unknown("LODGER_"));
    assert!(!is_unknown("LODGER_ADDR") && !is_unknown("LODGER_TEST_EVENTS") && !is_unknown("PORTS"));
}

#[cfg(feature = "server")]
#[test]
fn takes_the_grace_period_from_the_platform_unless_code_or_a_variable_sets_it() {
    let grace = |code, variables: &[(&str, &str)]| {
        let settings = apply("app", Settings { grace: code, ..Settings::default() }, variables).unwrap();
        settings.grace_of_server().map(|grace| grace.as_millis())
    };
    let (fly, seconds) = (("FLY_APP_NAME", "app"), |seconds| Some(Duration::from_secs(seconds)));
    assert_eq!(grace(None, &[]), None);
    assert_eq!(grace(None, &[fly]), Some(4_500));
    assert_eq!(grace(seconds(7), &[fly]), Some(7_000));
    assert_eq!(grace(seconds(7), &[fly, ("LODGER_GRACE", "8")]), Some(8_000));
    let railway = ("RAILWAY_ENVIRONMENT_NAME", "production");
    assert_eq!(grace(None, &[railway]), None);
    assert_eq!(grace(None, &[railway, ("RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "20")]), Some(19_500));
}

#[cfg(feature = "server")]
#[test]
fn listens_on_ipv6_where_the_platform_needs_it() {
    let (fly, port) = (("FLY_APP_NAME", "app"), ("PORT", "8080"));
    assert_eq!(addr("app", &[fly, port]).unwrap(), "[::]:8080");
    assert_eq!(addr("app", &[("DYNO", "web.1"), port]).unwrap(), "0.0.0.0:8080");
    assert_eq!(addr("app", &[fly, port, ("LODGER_ADDR", "0.0.0.0:1")]).unwrap(), "0.0.0.0:1");
    assert_eq!(addr("user-server", &[fly, port]).unwrap(), "127.0.0.1:8080");
}

#[cfg(feature = "server")]
#[test]
fn recognizes_platforms_on_a_server_only() {
    let platform = |variables: &[(&str, &str)]| {
        let settings = apply("user-server", Settings::default(), variables).unwrap();
        settings.platform.map(|platform| platform.name)
    };
    let kubernetes = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    assert_eq!(platform(&[kubernetes]), Some("kubernetes"));
    assert_eq!(platform(&[kubernetes, ("LODGER_HOST", "lambda")]), None);
    assert_eq!(platform(&[kubernetes, ("VERCEL_IPC_PATH", "/ipc"), ("PORT", "1")]), None);
}
