//! Every framework on every host and behind every front: the same app, the same requests, the same assertions. Each
//! combination is a test, `framework::host`.
//!
//! An app receives the same requests as axum under its own server, and its client gets the same responses. `lodger_tests::losses`
//! has the changes that each front makes, and `lodger_tests::framework` the differences between frameworks. `README.md` has both
//! as tables.

mod cells;
mod checks;
mod comparison;
mod requests;
mod streaming;

/// Makes a test for each host and each front, for each framework.
macro_rules! matrix {
    ($($framework:ident $F:ident,)*) => {
        $(mod $framework {
            use lodger_gateway::Front;
            use lodger_tests::framework::$F;

            use super::cells;

            const NAME: &str = stringify!($framework);

            #[tokio::test]
            async fn own_server() {
                cells::own_server::<$F>().await;
            }

            #[tokio::test]
            async fn server() {
                cells::server::<$F>(NAME).await;
            }

            #[cfg(unix)]
            #[tokio::test]
            async fn vercel_native() {
                cells::vercel_native::<$F>(NAME).await;
            }

            #[tokio::test]
            async fn lambda_streams() {
                cells::lambda_streams::<$F>(NAME).await;
            }

            #[tokio::test]
            async fn rest_api_without_binary_media_types() {
                cells::rest_api_without_binary_media_types::<$F>().await;
            }

            #[tokio::test]
            async fn cancellation() {
                cells::cancellation::<$F>(NAME).await;
            }

            #[tokio::test]
            async fn managed_instances() {
                cells::managed_instances::<$F>(NAME).await;
            }

            matrix!(@fronts $F function_url http_api http_api_v1 rest_api alb alb_multi_value lattice_v1 lattice_v2 vercel);
        })*
    };
    (@fronts $F:ident $($front:ident)*) => {
        #[test]
        fn has_a_test_for_each_front() {
            let tests = [$(stringify!($front)),*].map(|name| name.replace('_', "-"));
            let fronts: Vec<_> = Front::all().iter().map(Front::name).collect();
            assert_eq!(tests[..], fronts, "expected a test for each front, in the order of `Front::all`");
        }

        $(#[tokio::test]
        async fn $front() {
            cells::front::<$F>(stringify!($front)).await;
        })*
    };
}

matrix! {
    axum Axum,
    axum_07 Axum07,
    actix_web ActixWeb,
    warp Warp,
    tower Tower,
    hyper Hyper,
}
