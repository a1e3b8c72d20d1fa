use lodger_core::lambda::{EventKind, EventSource};
/// temp
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventPattern {
    /// temp
    Kind(EventKind),
    /// temp
    Source(&'static str),
    /// temp
    DetailType {
        /// temp
        source: &'static str,
        /// temp
        detail_type: &'static str,
    },
}
impl EventPattern {
    /// temp
    pub fn matches(&self, event: &EventSource<'_>) -> bool {
        match self {
            Self::Kind(kind) => event.kind() == *kind,
            Self::Source(source) => event.source() == Some(source),
            Self::DetailType { source, detail_type } => {
                event.source() == Some(source) && event.detail_type() == Some(detail_type)
            }
        }
    }
}
/// temp
pub trait KnownEvent {
    /// temp
    const PATTERNS: &'static [EventPattern];
}
