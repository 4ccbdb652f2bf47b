//! Buckets.

use aws_sdk_s3::types::BucketLocationConstraint;

use crate::harness::{BUCKET, Running, code, put, status};

#[tokio::test]
async fn buckets_are_made_listed_and_removed_when_empty() {
    let mut running = Running::start().await;
    for client in running.clients() {
        client.create_bucket().bucket("second").send().await.unwrap();
        client.create_bucket().bucket("second").send().await.unwrap();
        let names: Vec<String> =
            client.list_buckets().send().await.unwrap().buckets().iter().filter_map(|b| b.name.clone()).collect();
        assert_eq!(names, [BUCKET, "second"]);
        client.head_bucket().bucket("second").send().await.unwrap();
        client.put_object().bucket("second").key("k").send().await.unwrap();
        let full = client.delete_bucket().bucket("second").send().await.unwrap_err();
        assert_eq!((status(&full), code(&full).as_str()), (409, "BucketNotEmpty"));
        client.delete_object().bucket("second").key("k").send().await.unwrap();
        client.create_multipart_upload().bucket("second").key("k").send().await.unwrap();
        client.delete_bucket().bucket("second").send().await.unwrap();
        assert_eq!(status(&client.head_bucket().bucket("second").send().await.unwrap_err()), 404);
        let gone = client.delete_bucket().bucket("second").send().await.unwrap_err();
        assert_eq!(code(&gone), "NoSuchBucket");
        let bad = client.create_bucket().bucket("Bad_Name").send().await.unwrap_err();
        assert_eq!(code(&bad), "InvalidBucketName");
    }
    running = running.restart().await;
    let names = running.near.list_buckets().send().await.unwrap();
    assert_eq!(names.buckets().len(), 1);
}

#[tokio::test]
async fn a_bucket_says_where_it_is_and_that_it_keeps_no_versions() {
    let running = Running::start().await;
    for client in running.clients() {
        let place = client.get_bucket_location().bucket(BUCKET).send().await.unwrap().location_constraint;
        assert!(place.is_none_or(|place| place == BucketLocationConstraint::from("")));
        assert_eq!(client.get_bucket_versioning().bucket(BUCKET).send().await.unwrap().status, None);
        assert_eq!(
            client.head_bucket().bucket(BUCKET).send().await.unwrap().bucket_region.as_deref(),
            Some("us-east-1")
        );
    }
}

#[tokio::test]
async fn names_beside_each_other_do_not_mix() {
    let running = Running::start().await;
    let client = &running.near;
    for bucket in ["photo", "photos-2"] {
        client.create_bucket().bucket(bucket).send().await.unwrap();
        client.put_object().bucket(bucket).key("s/k").send().await.unwrap();
    }
    put(client, "k", "x").await;
    for (bucket, key) in [("photo", "s/k"), (BUCKET, "k"), ("photos-2", "s/k")] {
        let listed = client.list_objects_v2().bucket(bucket).send().await.unwrap();
        assert_eq!(listed.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), [key]);
    }
}
