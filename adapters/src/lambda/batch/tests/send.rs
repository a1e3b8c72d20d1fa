use std::{cell::Cell, rc::Rc, sync::Arc};

use tokio::{spawn, sync::Mutex};

use super::{events::sqs, *};

fn send<F: Future + Send>(future: F) -> F {
    future
}

fn one<T: FromRecord>() -> Batch<T> {
    batch(&sqs(&[("a", r#""order""#), ("b", r#""order""#)]))
}

type Database = Mutex<Vec<String>>;

async fn insert(database: &Database, record: Record<String>) -> Result<(), std::io::Error> {
    tokio::task::yield_now().await;
    database.lock().await.push(record.payload);
    Ok(())
}

#[tokio::test]
async fn the_future_is_send_if_the_closure_borrows() {
    let database = Arc::new(Database::default());
    let shared = Arc::clone(&database);
    let handler = async move |batch: Batch<String>| batch.for_each(async |record| insert(&shared, record).await).await;
    assert!(send(handler(one())).await.is_success());
    let shared = Arc::clone(&database);
    let task = spawn(async move { one().for_each(async |record| insert(&shared, record).await).await });
    assert!(task.await.unwrap().is_success());
    assert_eq!(database.lock().await.len(), 4);
}

#[tokio::test]
async fn the_future_is_send_if_the_closure_owns() {
    let database = Arc::new(Database::default());
    let shared = Arc::clone(&database);
    let task = spawn(one().for_each(async move |record| insert(&shared, record).await));
    assert!(task.await.unwrap().is_success());
    let shared = Arc::clone(&database);
    let task = spawn(one().for_each(move |record| {
        let shared = Arc::clone(&shared);
        async move { insert(&shared, record).await }
    }));
    assert!(task.await.unwrap().is_success());
    assert_eq!(database.lock().await.len(), 4);
}

#[tokio::test]
async fn functions_are_handlers() {
    async fn handle(record: Record<String>) -> Result<(), Error> {
        drop(record);
        Ok(())
    }

    assert!(send(one().for_each(handle)).await.is_success());
}

#[tokio::test]
async fn the_closure_may_be_local_to_a_thread() {
    let count = Rc::new(Cell::new(0));
    let response = one::<Raw>()
        .for_each(async |_| {
            tokio::task::yield_now().await;
            count.set(count.get() + 1);
            Ok::<_, Error>(())
        })
        .await;
    assert!(response.is_success());
    assert_eq!(count.get(), 2);
}
