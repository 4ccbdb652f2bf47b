//! What the gallery's stack says of itself: its outputs (`cdk/gallery-stack.ts`).

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;

use super::signed::{Call, send, xml_text};

/// The outputs of a stack, by name.
pub(crate) type Outputs = BTreeMap<String, String>;

/// Whether a stack is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stack {
    /// It is, in this state, and says this.
    Says {
        /// `CREATE_COMPLETE` and the like.
        status: String,
        /// Its outputs.
        outputs: Outputs,
    },
    /// There is none of this name here.
    Missing,
    /// Whoever asks may not know.
    Denied(String),
}

/// Asks CloudFormation.
pub(crate) async fn describe(config: &SdkConfig, region: &str, stack: &str) -> Result<Stack> {
    let body = format!("Action=DescribeStacks&Version=2010-05-15&StackName={stack}");
    let call = Call {
        service: "cloudformation",
        region: Some(region),
        method: "POST",
        path: "/",
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body,
    };
    let answer = send(config, &call).await?;
    match (answer.status, answer.code().as_deref()) {
        (200, _) => {
            let status = xml_text(&answer.text, "StackStatus").unwrap_or_default();
            Ok(Stack::Says { status, outputs: outputs(&answer.text)? })
        }
        (_, Some("ValidationError")) => Ok(Stack::Missing),
        (_, Some("AccessDenied" | "AccessDeniedException")) => Ok(Stack::Denied(answer.sentence())),
        _ => bail!("CloudFormation does not tell of the stack `{stack}`: {}", answer.sentence()),
    }
}

fn outputs(xml: &str) -> Result<Outputs> {
    let document = roxmltree::Document::parse(xml).context("CloudFormation's answer cannot be read")?;
    let outputs = document.descendants().filter(|node| node.has_tag_name_of("member"));
    Ok(outputs
        .filter_map(|member| {
            let text =
                |name: &str| member.children().find(|child| child.has_tag_name_of(name)).and_then(|child| child.text());
            Some((text("OutputKey")?.to_owned(), text("OutputValue")?.to_owned()))
        })
        .collect())
}

/// Elements by their name alone, in whichever namespace.
trait Named {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl Named for roxmltree::Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.tag_name().name() == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_found_among_everything_else() {
        let xml = r#"<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
          <DescribeStacksResult><Stacks><member><StackName>heirloom-gallery</StackName>
            <Tags><member><Key>gallery</Key><Value>heirloom</Value></member></Tags>
            <Outputs>
              <member><OutputKey>Address</OutputKey><OutputValue>https://d111.cloudfront.net</OutputValue></member>
              <member><OutputKey>SourceBucket</OutputKey><OutputValue>heirloom-source-1</OutputValue></member>
            </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"#;
        let found = outputs(xml).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found["SourceBucket"], "heirloom-source-1");
    }
}
