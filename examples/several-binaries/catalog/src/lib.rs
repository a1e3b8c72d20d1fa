//! The library that the four functions share.

use serde::{Deserialize, Serialize};

/// The articles, with their prices in cents.
pub const PRICES: [(&str, u64); 3] = [("apple", 30), ("bread", 250), ("milk", 120)];

/// An order of one article.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Order {
    pub article: String,
    pub count: u64,
}

/// An order that cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no article {0:?} exists")]
pub struct UnknownArticle(String);

impl Order {
    /// The price in cents.
    pub fn price(&self) -> Result<u64, UnknownArticle> {
        let article = PRICES.iter().find(|(name, _)| *name == self.article);
        let (_, price) = article.ok_or_else(|| UnknownArticle(self.article.clone()))?;
        Ok(price.saturating_mul(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_the_articles_that_exist() {
        let order = |article: &str| Order { article: article.to_owned(), count: 3 };
        assert_eq!(order("milk").price(), Ok(360));
        assert_eq!(order("gold").price().unwrap_err().to_string(), "no article \"gold\" exists");
    }
}
