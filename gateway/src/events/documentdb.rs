//! Events of DocumentDB change streams.

use serde_json::{Map, Value, json};

use super::{
    Change, TestEvent,
    values::{TIME_SECONDS, arn},
};
use crate::event::json::insert;

/// Makes the event of a DocumentDB change stream, with an entry for each change.
///
/// Documents are in Extended JSON. A document without `_id` gets an object ID, which differs for each change. An insert has the
/// full document. An update has the members that the old and the new document do not share.
///
/// Source: [Process Amazon DocumentDB events](https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html) and
/// [Change Events](https://www.mongodb.com/docs/manual/reference/change-events/).
///
/// ```
/// use lodger_gateway::events::{self, Change};
/// use serde_json::json;
///
/// let event = events::documentdb("shop", "orders", [Change::Create(json!({"total": 1}))]);
/// assert_eq!(event["events"][0]["event"]["operationType"], "insert");
/// assert_eq!(event["events"][0]["event"]["fullDocument"]["total"], 1);
/// ```
pub fn documentdb(database: &str, collection: &str, changes: impl IntoIterator<Item = Change>) -> TestEvent {
    let namespace = json!({"db": database, "coll": collection});
    let events = changes.into_iter().zip(1..).map(|(change, number)| {
        let mut event = change_event(&change, number);
        insert(&mut event, "ns", namespace.clone());
        json!({"event": event})
    });
    json!({
        "eventSourceArn": arn("rds", "cluster:my-cluster"),
        "events": events.collect::<Vec<_>>(),
        "eventSource": "aws:docdb",
    })
    .into()
}

fn change_event(change: &Change, number: usize) -> Value {
    let document = change.after().or(change.before());
    let own_id = document.and_then(|document| document.get("_id"));
    let id = own_id.cloned().unwrap_or_else(|| json!({"$oid": format!("67d1d1be0000000000{number:06x}")}));
    let mut event = json!({
        "_id": {"_data": format!("0167d1d1be00000001{number:016x}")},
        "clusterTime": {"$timestamp": {"t": TIME_SECONDS, "i": number}},
        "documentKey": {"_id": id},
    });
    match change {
        Change::Create(document) => {
            let mut full_document = json!({"_id": id});
            let members = document.as_object().into_iter().flatten();
            members.for_each(|(name, value)| insert(&mut full_document, name, value.clone()));
            insert(&mut event, "operationType", "insert");
            insert(&mut event, "fullDocument", full_document);
        }
        Change::Update { old, new } => {
            insert(&mut event, "operationType", "update");
            insert(&mut event, "updateDescription", update_description(old, new));
        }
        Change::Delete(_) => insert(&mut event, "operationType", "delete"),
    }
    event
}

/// Compares the members of two documents.
fn update_description(old: &Value, new: &Value) -> Value {
    let members = |document: &Value| document.as_object().cloned().unwrap_or_default();
    let (old, new) = (members(old), members(new));
    let removed: Vec<_> = old.keys().filter(|name| !new.contains_key(*name)).cloned().collect();
    let updated: Map<_, _> = new.into_iter().filter(|(name, value)| old.get(name) != Some(value)).collect();
    json!({"updatedFields": updated, "removedFields": removed, "truncatedArrays": []})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::documentdb::{ChangeEvent, DocumentDbEvent};

    #[test]
    fn has_each_change_of_a_collection() {
        let old = json!({"_id": {"$oid": "67d1d1be0000000000abcdef"}, "a": 1, "b": 2, "c": 3});
        let new = json!({"_id": {"$oid": "67d1d1be0000000000abcdef"}, "a": 1, "b": 5, "d": 4});
        let update = Change::Update { old, new: new.clone() };
        let event = documentdb("shop", "orders", [Change::Create(json!({"a": 1})), update, Change::Delete(new)]);
        let typed: DocumentDbEvent = read(event.clone());
        assert_eq!(typed.event_source.as_deref(), Some("aws:docdb"));
        let kinds = typed.events.iter().map(|event| match event.event {
            ChangeEvent::Insert(_) => "insert",
            ChangeEvent::Update(_) => "update",
            ChangeEvent::Delete(_) => "delete",
            _ => "other",
        });
        assert_eq!(kinds.collect::<Vec<_>>(), ["insert", "update", "delete"]);

        // The fields of the types are private.
        let change = |index: usize| &event["events"][index]["event"];
        assert_eq!(change(0)["fullDocument"]["a"], 1);
        assert_eq!(change(0)["fullDocument"]["_id"], change(0)["documentKey"]["_id"]);
        let description = json!({"updatedFields": {"b": 5, "d": 4}, "removedFields": ["c"], "truncatedArrays": []});
        assert_eq!(change(1)["updateDescription"], description);
        assert_eq!(change(2)["documentKey"]["_id"]["$oid"], "67d1d1be0000000000abcdef");
        for index in 0..3 {
            assert_eq!(change(index)["ns"], json!({"db": "shop", "coll": "orders"}));
            assert_eq!(change(index)["clusterTime"]["$timestamp"]["i"], index + 1);
            assert_eq!(change(index)["documentKey"]["_id"]["$oid"].as_str().map(str::len), Some(24));
        }
    }
}
