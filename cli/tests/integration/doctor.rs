//! `cargo lodger doctor`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use memchr::memmem;

use crate::{
    package::{for_a_newer_glibc, for_another_machine},
    support::{Folder, cargo_lodger, function},
};

fn doctor(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = cargo_lodger();
    command.arg("doctor").args(arguments).current_dir(folder.path());
    command
}

/// Runs the command. Returns its exit status and its report.
fn report(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let output = doctor(folder, arguments).output().unwrap();
    (output.status.code(), text(&output))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The row of a check in the table.
fn row<'a>(report: &'a str, check: &str) -> Vec<&'a str> {
    let line = report.lines().find(|line| line.starts_with(check)).unwrap_or_else(|| panic!("no {check}: {report}"));
    line.split_whitespace().skip(1).collect()
}

#[test]
fn finds_nothing_in_a_binary_for_the_hosts() {
    let folder = Folder::new("healthy");
    let (status, report) = report(&folder, &[path(&function())]);
    assert_eq!(
        (status, row(&report, "glibc"), row(&report, "features")),
        (Some(0), vec!["ok", "ok", "-"], vec!["ok"; 3]),
        "{report}"
    );
    assert!(!report.contains("fix:"), "{report}");
    let (_, quiet) = self::report(&folder, &[path(&function()), "--quiet"]);
    assert_eq!(quiet, "");
}

#[test]
fn reports_a_newer_glibc_and_another_architecture_for_each_host() {
    let folder = Folder::new("binaries");
    let (status, found) = report(&folder, &[path(&for_a_newer_glibc(&folder))]);
    assert_eq!((status, row(&found, "glibc")), (Some(1), vec!["fails", "fails", "-"]), "{found}");
    assert!(found.contains("newer: cannot start on Vercel: it needs glibc 2.99, and Vercel has 2.34"), "{found}");
    let (status, found) = report(&folder, &[path(&for_a_newer_glibc(&folder)), "--host", "server"]);
    assert_eq!((status, row(&found, "features")), (Some(0), vec!["-", "-", "ok"]), "{found}");

    let own = if cfg!(target_arch = "x86_64") { "x86_64" } else { "arm64" };
    folder.write("template.yaml", &template(&format!("Runtime: provided.al2023, Architectures: [{own}]"), ""));
    let other = for_another_machine(&folder);
    let (status, found) = report(&folder, &[path(&other), "--template", "template.yaml"]);
    assert_eq!((status, row(&found, "architecture")), (Some(1), vec!["fails", "ok", "-"]), "{found}");
    folder.write("template.yaml", &template(&format!("Runtime: provided.al2, Architectures: [{own}]"), ""));
    let (_, found) = report(&folder, &[path(&function()), "--template", "template.yaml"]);
    assert!(found.contains("needs glibc 2.") && found.contains(", and provided.al2 has 2.26"), "{found}");
}

/// The texts of Lodger by which the command recognizes the hosts are in a real binary: without one, the feature is missing.
#[test]
fn reports_a_missing_feature_of_lodger() {
    let folder = Folder::new("features");
    let signs =
        ["report the restore error", "VERCEL_IPC_PATH is not set", "; stop the other process, or set LODGER_ADDR"];
    for (column, (host, sign)) in ["lambda", "vercel", "server"].into_iter().zip(signs).enumerate() {
        let mut bytes = fs::read(function()).unwrap();
        for at in memmem::find_iter(&bytes, sign).collect::<Vec<_>>() {
            bytes[at..at + sign.len()].fill(b'x');
        }
        fs::write(folder.path().join("app"), bytes).unwrap();
        let (status, found) = report(&folder, &["app"]);
        let mut expected = ["ok"; 3];
        expected[column] = "warning";
        assert_eq!((status, row(&found, "features")), (Some(0), expected.to_vec()), "{found}");
        let (status, found) = report(&folder, &["app", "--host", host]);
        assert_eq!((status, row(&found, "features")[column]), (Some(1), "fails"), "{found}");
        assert!(found.contains(&format!("Lodger was built without the feature `{host}`")), "{found}");
    }
}

/// A template with a function that has properties, and with other resources.
fn template(properties: &str, resources: &str) -> String {
    format!("Resources:\n  App:\n    Type: AWS::Lambda::Function\n    Properties: {{{properties}}}\n{resources}")
}

#[test]
fn reports_faults_of_zip_files() {
    let folder = Folder::new("zip");
    let zip = |name: &str, files: &[&str]| {
        let output =
            Command::new("zip").args(["-q", "-1", name]).args(files).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    fs::copy(function(), folder.path().join("bootstrap")).unwrap();
    zip("good.zip", &["bootstrap"]);
    let (status, found) = report(&folder, &["good.zip"]);
    assert_eq!(
        (status, row(&found, "files"), row(&found, "size")),
        (Some(0), vec!["ok", "-", "-"], vec!["ok", "-", "-"]),
        "{found}"
    );

    let output = Command::new("chmod").arg("644").arg(folder.path().join("bootstrap")).output().unwrap();
    assert!(output.status.success());
    zip("mode.zip", &["bootstrap"]);
    let (status, found) = report(&folder, &["mode.zip"]);
    assert!(status == Some(1) && found.contains("mode.zip (bootstrap): is not executable"), "{found}");

    folder.write("main.js", "");
    zip("empty.zip", &["main.js"]);
    let (status, found) = report(&folder, &["empty.zip"]);
    assert!(status == Some(1) && found.contains("empty.zip: has no file `bootstrap`"), "{found}");

    let good = fs::read(folder.path().join("good.zip")).unwrap();
    for (name, bytes) in
        [("half.zip", &good[..good.len() / 2]), ("end.zip", &good[..good.len() - 10]), ("start.zip", b"PK")]
    {
        fs::write(folder.path().join(name), bytes).unwrap();
        let (status, found) = report(&folder, &[name]);
        assert!(status == Some(1) && found.contains(&format!("cannot read {name}: ")), "{found}");
    }
    let mut damaged = good;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    fs::write(folder.path().join("damaged.zip"), damaged).unwrap();
    let (status, found) = report(&folder, &["damaged.zip"]);
    assert!(status == Some(1) && found.contains("cannot read damaged.zip: "), "{found}");
}

#[test]
fn reports_faults_of_an_output_for_vercel() {
    let folder = Folder::new("output");
    let config = r#"{"handler": "executable", "runtime": "executable", "architecture": "ARCHITECTURE", "environment": {"DB_PASSWORD": "hunter2"}}"#;
    let (own, other) = if cfg!(target_arch = "x86_64") { ("x86_64", "arm64") } else { ("arm64", "x86_64") };
    let function_config = "out/functions/api/index.func/.vc-config.json";
    folder.write("out/config.json", r#"{"version": 3}"#);
    folder.write(function_config, &config.replace("ARCHITECTURE", own));
    // A function in another language is not checked.
    folder.write("out/functions/node.func/.vc-config.json", r#"{"handler": "index.js", "runtime": "nodejs24.x"}"#);
    let (status, found) = report(&folder, &["out"]);
    assert!(status == Some(1) && found.contains("executable: does not exist"), "{found}");
    fs::copy(function(), folder.path().join("out/functions/api/index.func/executable")).unwrap();
    let (status, found) = report(&folder, &["out"]);
    assert_eq!(
        (status, row(&found, "streaming"), row(&found, "variables")),
        (Some(0), vec!["-", "warning", "-"], vec!["-", "warning", "-"]),
        "{found}"
    );
    assert!(found.contains("DB_PASSWORD looks like a secret") && !found.contains("hunter2"), "{found}");
    folder.write(function_config, &config.replace("ARCHITECTURE", other));
    let (status, found) = report(&folder, &["out"]);
    assert_eq!((status, row(&found, "architecture")), (Some(1), vec!["-", "fails", "-"]), "{found}");
}

#[test]
fn reads_the_output_of_the_command_package() {
    let folder = Folder::new("packaged");
    for host in ["--vercel", "--lambda"] {
        let mut command = cargo_lodger();
        command.args(["package", host, "--binary"]).arg(function()).current_dir(folder.path());
        assert!(command.output().unwrap().status.success());
    }
    let (status, found) = report(&folder, &[".vercel/output", "bootstrap.zip"]);
    assert_eq!((status, row(&found, "files")), (Some(0), vec!["ok", "ok", "-"]), "{found}");
    assert!(!found.contains("fix:"), "{found}");
}

/// A template of CloudFormation with a fault for each check, and tags.
const FAULTS: &str = r#"
Parameters:
  Token: {Type: String, NoEcho: true}
Resources:
  App:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      SnapStart: {ApplyOn: PublishedVersions}
      Code: {S3Bucket: !Ref Bucket, S3Key: !Sub "${AWS::StackName}/app.zip"}
      Environment:
        Variables:
          LODGER_RESPONSE_MODE: buffered
          STRIPE_TOKEN: hunter2
          OTHER_TOKEN: !Ref Token
          DB_PASSWORD: "{{resolve:secretsmanager:db}}"
  Url:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: !GetAtt App.Arn, AuthType: NONE, InvokeMode: RESPONSE_STREAM}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref App, Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: NONE}
"#;

#[test]
fn reports_faults_of_a_template() {
    let folder = Folder::new("template");
    folder.write("app.yaml", FAULTS);
    let (status, found) = report(&folder, &["--template", "app.yaml"]);
    assert_eq!(status, Some(1), "{found}");
    for problem in [
        "error: app.yaml (Url): the front streams, and LODGER_RESPONSE_MODE is buffered",
        "error: app.yaml (Url): responds with 403: no permission allows lambda:InvokeFunction,",
        "error: app.yaml (App): SnapStart is on, and Lambda does not offer SnapStart for the runtime provided.al2023",
        "warning: app.yaml (App): the variable STRIPE_TOKEN looks like a secret",
    ] {
        assert!(found.contains(problem), "{problem}: {found}");
    }
    assert!(!found.contains("hunter2") && found.matches("fix:").count() == 4, "{found}");

    let mended = FAULTS
        .replace("buffered", "stream")
        .replace("SnapStart", "Other")
        .replace("hunter2", "!Ref Token")
        .replace("lambda:InvokeFunctionUrl", "lambda:*");
    folder.write("app.yaml", &mended);
    let (status, found) = report(&folder, &["--template", "app.yaml"]);
    assert!(status == Some(0) && !found.contains("fix:"), "{found}");
}

#[test]
fn reads_templates_of_the_cdk_and_of_terraform() {
    let folder = Folder::new("tools");
    let function = r#"{"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023"}}"#;
    let url = r#"{"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": {"Fn::GetAtt": ["App", "Arn"]}, "AuthType": "NONE"}}"#;
    folder.write("app.template.json", &format!(r#"{{"Resources": {{"App": {function}, "Url": {url}}}}}"#));
    let (status, found) = report(&folder, &["-t", "app.template.json"]);
    assert!(
        status == Some(1) && found.contains("allows lambda:InvokeFunctionUrl and lambda:InvokeFunction"),
        "{found}"
    );

    folder.write(
        "main.tf",
        r#"
resource "aws_lambda_function" "app" {
  runtime = "provided.al2023"
  environment {
    variables = { LODGER_RESPONSE_MODE = "stream" }
  }
}"#,
    );
    let url = "resource \"aws_lambda_function_url\" \"app\" {\n  function_name = aws_lambda_function.app.arn\n  authorization_type = \"NONE\"\n}\n";
    folder.write("url.tf", url);
    let (status, found) = report(&folder, &["-t", "main.tf"]);
    assert_eq!((status, row(&found, "permissions")), (Some(1), vec!["warning", "-", "-"]), "{found}");
    assert!(found.contains("url.tf (aws_lambda_function_url.app): LODGER_RESPONSE_MODE is stream"), "{found}");
    for (name, content) in [("broken.yaml", "a: ["), ("broken.json", "{"), ("broken.tf", "resource {")] {
        folder.write(name, content);
        let (status, found) = report(&folder, &["-t", name]);
        assert!(status == Some(1) && found.contains(&format!("cannot read the template {name}: ")), "{found}");
    }
}

#[test]
fn accepts_the_templates_of_the_example() {
    let folder = Folder::new("example");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/deploy");
    for file in ["template.yaml", "alb.yaml", "terraform/main.tf"] {
        let (status, found) = report(&folder, &["-t", path(&example.join(file))]);
        assert!(status == Some(0) && !found.contains("fix:"), "{file}: {found}");
    }
}

#[test]
fn checks_the_package_of_the_folder() {
    let folder = Folder::new("doctor");
    folder.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[profile.release]\npanic = \"abort\"\n\n[workspace]\n",
    );
    folder.write("src/main.rs", "fn main() {}");
    folder.write("template.yaml", FAULTS);
    folder.write("more.tf", "{{ templated }}");
    let (status, found) = report(&folder, &[]);
    assert_eq!((status, row(&found, "panics")), (Some(1), vec!["warning"; 3]), "{found}");
    assert!(found.contains("warning: Cargo.toml ([profile.release]): "), "{found}");
    for text in
        ["found no binary; run `cargo lodger package`", "template.yaml (Url): ", "cannot read the template more.tf: "]
    {
        assert!(found.contains(text), "{text}: {found}");
    }
    folder.write("template.yaml", "Resources: {}");
    let zip = folder.path().join("target/lambda/app/bootstrap.zip");
    let mut command = cargo_lodger();
    command.args(["package", "--lambda", "--binary"]).arg(function()).arg("--output").arg(&zip);
    assert!(command.output().unwrap().status.success());
    let (status, found) = report(&folder, &[]);
    assert_eq!((status, row(&found, "glibc")), (Some(0), vec!["ok", "-", "-"]), "{found}");
    assert!(found.contains("Checking target/lambda/app/bootstrap.zip"), "{found}");

    // Files of Terraform are one template, with one function.
    let other = if cfg!(target_arch = "x86_64") { "arm64" } else { "x86_64" };
    let arguments = format!("runtime = \"provided.al2023\"\n  architectures = [\"{other}\"]");
    folder.write("more.tf", &format!("resource \"aws_lambda_function\" \"app\" {{\n  {arguments}\n}}\n"));
    folder.write("other.tf", "locals {\n  a = 1\n}\n");
    let (status, found) = report(&folder, &[]);
    assert_eq!((status, row(&found, "architecture")), (Some(1), vec!["fails", "-", "-"]), "{found}");
    let (status, found) = report(&folder, &["."]);
    assert!(
        status == Some(1) && found.contains("cannot check .: the folder has no config.json; pass `.vercel/output`"),
        "{found}"
    );
}
