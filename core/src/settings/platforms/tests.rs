use super::*;

fn detect(variables: &[&str]) -> Option<&'static str> {
    let variables: Vec<_> = variables.iter().map(|name| (*name, "x")).collect();
    HostingPlatform::detect(&Environment::new("app", &variables)).map(|platform| platform.name)
}

#[test]
fn recognizes_each_platform_by_its_variables() {
    for platform in PLATFORMS {
        assert_eq!(detect(platform.variables), Some(platform.name));
    }
    assert_eq!(detect(&[]), None);
    assert_eq!(detect(&["PORT"]), None);
}

#[test]
fn prefers_the_platform_that_runs_on_kubernetes() {
    for name in ["CONTAINER_APP_NAME", "RENDER", "RAILWAY_ENVIRONMENT_NAME"] {
        let expected = detect(&[name]);
        assert_ne!(expected, Some("kubernetes"));
        assert_eq!(detect(&["KUBERNETES_SERVICE_HOST", name]), expected);
    }
    assert_eq!(detect(&["K_SERVICE", "KUBERNETES_SERVICE_HOST"]), Some("knative"));
}

#[test]
fn ends_each_grace_period_before_sigkill() {
    for platform in PLATFORMS {
        let Some(grace) = platform.grace else { continue };
        let kill_after = platform.kill_after.unwrap_or_default();
        assert!(grace < kill_after, "{platform:?}");
        assert!(
            platform.variables.contains(&"KUBERNETES_SERVICE_HOST") || Some(grace) == shorten(kill_after),
            "{platform:?}"
        );
    }
}

#[test]
fn takes_the_grace_period_from_the_variable_of_railway() {
    let platform = |name| PLATFORMS.iter().find(|platform| platform.name == name).unwrap();
    let (railway, seconds) = (platform("railway"), |seconds| Some(Duration::from_secs_f64(seconds)));
    assert_eq!(railway.grace_within(None), None);
    assert_eq!(railway.grace_within(seconds(0.0)), None);
    assert_eq!(railway.grace_within(seconds(2.0)), seconds(1.8));
    assert_eq!(railway.grace_within(seconds(20.0)), seconds(19.5));
    assert_eq!(platform("fly").grace_within(seconds(20.0)), seconds(4.5));
}

#[test]
fn has_a_name_and_a_source_in_each_row() {
    let mut names: Vec<_> = PLATFORMS.iter().map(|platform| platform.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), PLATFORMS.len());
    for platform in PLATFORMS {
        assert!(!platform.title.is_empty() && platform.sources.iter().all(|source| source.starts_with("https://")));
        assert!(!platform.sources.is_empty() && ["SIGTERM", "SIGINT"].contains(&platform.signal), "{platform:?}");
    }
}

#[test]
fn names_the_proxies_of_a_platform_like_the_platform() {
    for platform in PLATFORMS {
        let same_name = platform.name.parse::<Proxies>().ok();
        assert_eq!(platform.proxies, same_name.as_ref(), "{platform:?}");
    }
}
