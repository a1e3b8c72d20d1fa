//! The function of a queue: prices the orders in it.

use lodger::lambda::{Batch, BatchResponse, Error, LambdaEvent, service_fn};
use several_catalog::{Order, UnknownArticle};

async fn handle(event: LambdaEvent<Batch<Order>>) -> Result<BatchResponse, Error> {
    let price = async |record: lodger::lambda::Record<Order>| {
        println!("an order of {} cents", record.payload.price()?);
        Ok::<_, UnknownArticle>(())
    };
    Ok(event.payload.for_each(price).await)
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(service_fn(handle)).await
}

#[cfg(test)]
mod tests {
    use lodger::{Host, Lodger, lambda::service_fn};
    use lodger_gateway::{RuntimeApi, events};
    use serde_json::{Value, json};

    #[tokio::test]
    async fn an_unknown_article_fails_alone() {
        let api = RuntimeApi::start().await.unwrap();
        let function = service_fn(super::handle);
        tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(function));
        let order = |article: &str| json!({"article": article, "count": 1}).to_string();
        let event = events::sqs("orders", [order("milk"), order("gold")]);
        let failed = json!([{"itemIdentifier": event["Records"][1]["messageId"]}]);
        let result: Value = serde_json::from_slice(&api.invoke(event).await.unwrap().unwrap()).unwrap();
        assert_eq!(result, json!({"batchItemFailures": failed}));
    }
}
