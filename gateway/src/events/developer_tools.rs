//! Events of CodePipeline and CodeCommit.

use serde_json::json;

use super::{
    TestEvent,
    values::{ACCOUNT, FUNCTION, REGION, TIME_MILLIS, arn, records, uuid},
};

/// Makes the event of an invoke action of CodePipeline, with the user parameters of the action.
///
/// The job has an input and an output artifact. Its credentials are made up.
///
/// Source: [Invoke action reference](https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::codepipeline_job("production");
/// let configuration = &event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"];
/// assert_eq!(configuration["UserParameters"], "production");
/// ```
pub fn codepipeline_job(user_parameters: &str) -> TestEvent {
    let artifact = |name: &str, key: &str| {
        let s3_location = json!({"bucketName": format!("codepipeline-{REGION}-example"), "objectKey": key});
        json!({"name": name, "revision": null, "location": {"type": "S3", "s3Location": s3_location}})
    };
    json!({
        "CodePipeline.job": {
            "id": uuid(1),
            "accountId": ACCOUNT,
            "data": {
                "actionConfiguration": {
                    "configuration": {"FunctionName": FUNCTION, "UserParameters": user_parameters},
                },
                "inputArtifacts": [artifact("SourceArtifact", "my-pipeline/SourceArti/example.zip")],
                "outputArtifacts": [artifact("OutputArtifact", "my-pipeline/OutputArti/example")],
                "artifactCredentials": {
                    "accessKeyId": "ASIAEXAMPLEEXAMPLE123",
                    "secretAccessKey": "made-up secret",
                    "sessionToken": "made-up token",
                    "expirationTime": TIME_MILLIS + 3_600_000,
                },
            },
        },
    })
    .into()
}

/// Makes the event of a trigger of a CodeCommit repository after a push to a branch. `commit` is the ID of the last commit.
///
/// Source: [Using Lambda with CodeCommit](https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html).
pub fn codecommit(repository: &str, branch: &str, commit: &str) -> TestEvent {
    let record = json!({
        "awsRegion": REGION,
        "codecommit": {"references": [{"commit": commit, "ref": format!("refs/heads/{branch}")}]},
        "customData": null,
        "eventId": uuid(1),
        "eventName": "ReferenceChanges",
        "eventPartNumber": 1,
        "eventSource": "aws:codecommit",
        "eventSourceARN": arn("codecommit", repository),
        "eventTime": "2025-03-12T19:03:58.390+0000",
        "eventTotalParts": 1,
        "eventTriggerConfigId": uuid(2),
        "eventTriggerName": "my-trigger",
        "eventVersion": "1.0",
        "userIdentityARN": format!("arn:aws:iam::{ACCOUNT}:user/developer"),
    });
    records([record].into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{code_commit::CodeCommitEvent, codepipeline_job::CodePipelineJobEvent};

    #[test]
    fn has_the_parameters_and_artifacts_of_a_job() {
        let event: CodePipelineJobEvent = read(codepipeline_job(r#"{"stage":"é"}"#));
        let job = event.code_pipeline_job;
        assert_eq!((job.id.map(|id| id.len()), job.account_id.as_deref()), (Some(36), Some("123456789012")));
        let configuration = job.data.action_configuration.configuration;
        assert_eq!(configuration.user_parameters.as_deref(), Some(r#"{"stage":"é"}"#));
        assert_eq!(configuration.function_name.as_deref(), Some("my-function"));
        assert_eq!(job.data.input_artifacts[0].location.location_type.as_deref(), Some("S3"));
        assert_eq!(job.data.out_put_artifacts[0].name.as_deref(), Some("OutputArtifact"));
    }

    #[test]
    fn has_the_commit_of_a_push() {
        let event: CodeCommitEvent = read(codecommit("website", "main", "0123456789abcdef0123456789abcdef01234567"));
        let record = &event.records[0];
        let reference = &record.code_commit.references[0];
        assert_eq!(reference.commit.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));
        assert_eq!(reference.ref_.as_deref(), Some("refs/heads/main"));
        assert_eq!(record.event_source.as_deref(), Some("aws:codecommit"));
        assert_eq!(record.event_source_arn.as_deref(), Some("arn:aws:codecommit:us-east-1:123456789012:website"));
        assert_eq!(record.event_time.timestamp_millis().unsigned_abs(), TIME_MILLIS);
    }
}
