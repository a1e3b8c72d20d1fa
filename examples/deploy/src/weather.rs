use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

const ABSOLUTE_ZERO: f64 = -273.15;

/// The temperature at a station: the body of a request, and a message of the queue.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Reading {
    pub station: String,
    pub celsius: f64,
}

/// The reason why a reading is rejected.
#[derive(Debug, thiserror::Error)]
#[error("{celsius} °C is below absolute zero")]
pub struct TooCold {
    celsius: f64,
}

/// The latest reading of each station. Each instance of the function has its own readings: a real app has a database.
#[derive(Clone, Default)]
pub struct Weather(Arc<Mutex<BTreeMap<String, Reading>>>);

impl Weather {
    /// Stores a reading.
    pub fn store(&self, reading: Reading) -> Result<(), TooCold> {
        if reading.celsius < ABSOLUTE_ZERO {
            return Err(TooCold { celsius: reading.celsius });
        }
        self.readings().insert(reading.station.clone(), reading);
        Ok(())
    }

    /// The latest reading of a station.
    pub fn latest(&self, station: &str) -> Option<Reading> {
        self.readings().get(station).cloned()
    }

    /// The reading of the warmest station.
    pub fn warmest(&self) -> Option<Reading> {
        self.readings().values().max_by(|a, b| a.celsius.total_cmp(&b.celsius)).cloned()
    }

    /// The number of stations.
    pub fn stations(&self) -> usize {
        self.readings().len()
    }

    fn readings(&self) -> MutexGuard<'_, BTreeMap<String, Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
