//! What CloudFront keeps.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::Amazon;
use super::signed::{Call, send, xml_text};

/// From so many paths on, everything is forgotten instead: AWS asks for each path beyond the first thousand a month,
/// takes 3,000 at a time, and a gallery's cache is filled again within a day.
const ONE_BY_ONE: usize = 100;

impl Amazon {
    /// Asks CloudFront to forget what it keeps of these paths, as a browser asks for them (`/pics/…`, `/albums/…/`;
    /// `*` at the end stands for everything that follows). Tells the invalidation's id; it is done within minutes.
    pub(crate) async fn forget(&self, paths: &[String]) -> Result<String> {
        let distribution = self.outputs.get("DistributionId").with_context(|| {
            format!("the stack of the gallery `{}` cannot be read, so its distribution is not known", self.name)
        })?;
        let reference = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let call = Call {
            service: "cloudfront",
            region: None,
            method: "POST",
            path: &format!("/2020-05-31/distribution/{distribution}/invalidation"),
            headers: &[("content-type", "application/xml")],
            body: batch(paths, &format!("heirloom-{reference}")),
        };
        let answer = send(&self.config, &call).await?.good("CloudFront does not forget")?;
        xml_text(&answer, "Id").context("CloudFront does not say what it will forget")
    }
}

fn batch(paths: &[String], reference: &str) -> String {
    let everything = ["/*".to_owned()];
    let paths = if paths.len() > ONE_BY_ONE { &everything[..] } else { paths };
    let list = paths.iter().map(|path| format!("<Path>{}</Path>", escaped(path))).collect::<Vec<_>>().concat();
    format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>{reference}\
         </CallerReference><Paths><Items>{list}</Items><Quantity>{}</Quantity></Paths></InvalidationBatch>",
        paths.len()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_paths_are_named_and_many_are_everything() {
        let few = batch(&["/pics/a&b/1.webp".to_owned(), "/albums/a/".to_owned()], "r");
        assert!(few.contains("<Path>/pics/a&amp;b/1.webp</Path><Path>/albums/a/</Path>"), "{few}");
        assert!(few.contains("<Quantity>2</Quantity>"), "{few}");
        let many = batch(&vec!["/a".to_owned(); ONE_BY_ONE + 1], "r");
        assert!(many.contains("<Path>/*</Path></Items><Quantity>1</Quantity>"), "{many}");
    }
}
