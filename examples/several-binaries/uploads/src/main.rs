//! The function of a bucket: names the uploaded files that belong to an article.

use lodger::lambda::{Error, LambdaEvent, events::s3::S3Event, service_fn};
use several_catalog::PRICES;

async fn handle(event: LambdaEvent<S3Event>) -> Result<Vec<String>, Error> {
    let keys = event.payload.records.into_iter().filter_map(|record| record.s3.object.key);
    let is_article = |key: &String| PRICES.iter().any(|(name, _)| key.strip_suffix(".jpg") == Some(name));
    Ok(keys.filter(is_article).collect())
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
    async fn names_the_pictures_of_articles() {
        let api = RuntimeApi::start().await.unwrap();
        let function = service_fn(super::handle);
        tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(function));
        for (key, expected) in [("apple.jpg", json!(["apple.jpg"])), ("gold.jpg", json!([]))] {
            let result = api.invoke(events::s3_put("pictures", key, 1024)).await.unwrap().unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&result).unwrap(), expected);
        }
    }
}
