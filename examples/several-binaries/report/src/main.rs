//! The function of a schedule: reports the number of articles.

use lodger::lambda::{Error, LambdaEvent, events::eventbridge::EventBridgeEvent, service_fn};
use several_catalog::PRICES;

#[derive(serde::Serialize)]
struct Report {
    rule: Option<String>,
    articles: usize,
}

async fn handle(event: LambdaEvent<EventBridgeEvent>) -> Result<Report, Error> {
    Ok(Report { rule: event.payload.resources.into_iter().flatten().next(), articles: PRICES.len() })
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(service_fn(handle)).await
}

#[cfg(test)]
mod tests {
    use lodger::{Host, Lodger, lambda::service_fn};
    use lodger_gateway::{RuntimeApi, events};
    use serde_json::Value;

    #[tokio::test]
    async fn reports_the_articles_to_the_schedule() {
        let api = RuntimeApi::start().await.unwrap();
        let function = service_fn(super::handle);
        tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(function));
        let result: Value =
            serde_json::from_slice(&api.invoke(events::schedule("nightly")).await.unwrap().unwrap()).unwrap();
        assert_eq!(result["articles"], 3);
        assert!(result["rule"].as_str().unwrap().ends_with("rule/nightly"), "{result}");
    }
}
