//! The stock, which HTTP requests and events share. A real shop has a database.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;

/// An order, as a message of the queue contains it.
#[derive(Debug, Deserialize)]
pub struct Order {
    pub article: String,
    pub count: u32,
}

/// The reason why an order cannot be fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("no article {0:?} exists")]
    UnknownArticle(String),
    #[error("{count} of {article:?} are ordered, and {in_stock} are in stock")]
    OutOfStock { article: String, count: u32, in_stock: u32 },
}

/// The articles, with the number of each in stock.
#[derive(Debug, Default)]
pub struct Shop(Mutex<BTreeMap<String, u32>>);

impl Shop {
    /// Adds to the stock of an article. Returns the number that is in stock.
    pub fn supply(&self, article: &str, count: u32) -> u32 {
        let mut articles = self.articles();
        let in_stock = articles.entry(article.to_owned()).or_default();
        *in_stock = in_stock.saturating_add(count);
        *in_stock
    }

    /// Takes the articles of an order out of the stock.
    pub fn reserve(&self, order: &Order) -> Result<(), OrderError> {
        let mut articles = self.articles();
        let Some(in_stock) = articles.get_mut(&order.article) else {
            return Err(OrderError::UnknownArticle(order.article.clone()));
        };
        *in_stock = in_stock.checked_sub(order.count).ok_or_else(|| OrderError::OutOfStock {
            article: order.article.clone(),
            count: order.count,
            in_stock: *in_stock,
        })?;
        Ok(())
    }

    /// The stock of all articles.
    pub fn stock(&self) -> BTreeMap<String, u32> {
        self.articles().clone()
    }

    fn articles(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
