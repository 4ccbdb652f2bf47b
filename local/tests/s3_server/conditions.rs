//! Conditional requests, alone and in a race.

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::harness::{BUCKET, Running, code, get, noise, put, status};

const RACERS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_racers_creates_the_object() {
    let running = Running::start().await;
    for (client, size) in running.clients().into_iter().zip([10, 100_000]) {
        for round in 0..10 {
            let key = format!("round {round} of {size}");
            let racers = (0..RACERS).map(|racer| {
                let put = client.put_object().bucket(BUCKET).key(&key).if_none_match("*");
                tokio::spawn(put.body(ByteStream::from(noise(size, racer as u64))).send())
            });
            let results = futures::future::join_all(racers).await;
            let mut winner = None;
            for (racer, result) in results.into_iter().enumerate() {
                match result.unwrap() {
                    Ok(_) => assert_eq!(winner.replace(racer), None, "two racers won"),
                    Err(error) => assert_eq!((status(&error), code(&error).as_str()), (412, "PreconditionFailed")),
                }
            }
            assert!(get(client, &key).await.unwrap() == noise(size, winner.expect("somebody wins") as u64));
        }
    }
    assert_eq!(running.files("blobs").len(), 10, "what lost leaves nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_racers_replaces_what_it_read() {
    let running = Running::start().await;
    let client = &running.far;
    let mut etag = put(client, "k", "start").await;
    for round in 0..20 {
        let racers = (0..RACERS).map(|racer| {
            let put = client.put_object().bucket(BUCKET).key("k").if_match(&etag);
            tokio::spawn(put.body(ByteStream::from(format!("{round} {racer}").into_bytes())).send())
        });
        let results = futures::future::join_all(racers).await;
        let won: Vec<String> = results.into_iter().filter_map(|result| result.unwrap().ok()?.e_tag).collect();
        assert_eq!(won.len(), 1);
        etag.clone_from(&won[0]);
    }
}

/// The lost-update test: many writers add to one number, each by reading, adding, and writing under `If-Match`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_increment_is_lost() {
    let running = Running::start().await;
    put(&running.near, "count", "0").await;
    let writers = (0..8).map(|writer| {
        let client = running.clients()[writer % 2].clone();
        tokio::spawn(async move {
            let mut done = 0;
            while done < 25 {
                let read = client.get_object().bucket(BUCKET).key("count").send().await.unwrap();
                let etag = read.e_tag.clone().unwrap();
                let bytes = read.body.collect().await.unwrap().to_vec();
                let next = String::from_utf8(bytes).unwrap().parse::<u32>().unwrap() + 1;
                let put = client.put_object().bucket(BUCKET).key("count").if_match(etag);
                match put.body(ByteStream::from(next.to_string().into_bytes())).send().await {
                    Ok(_) => done += 1,
                    Err(error) => assert_eq!(status(&error), 412),
                }
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(get(&running.far, "count").await.unwrap(), b"200");
}

#[tokio::test]
async fn writes_answer_as_documented() {
    let running = Running::start().await;
    for client in running.clients() {
        let put_if = |etag: &str| {
            client.put_object().bucket(BUCKET).key("k").if_match(etag).body(ByteStream::from_static(b"new"))
        };
        let missing = put_if("\"0\"").send().await.unwrap_err();
        assert_eq!((status(&missing), code(&missing).as_str()), (404, "NoSuchKey"));
        let etag = put(client, "k", "old").await;
        let wrong = put_if("\"0\"").send().await.unwrap_err();
        assert_eq!((status(&wrong), code(&wrong).as_str()), (412, "PreconditionFailed"));
        assert_eq!(get(client, "k").await.unwrap(), b"old");
        put_if(etag.trim_matches('"')).send().await.unwrap();
        assert_eq!(get(client, "k").await.unwrap(), b"new");
        let other = client.put_object().bucket(BUCKET).key("k").if_none_match("\"0\"").send().await.unwrap_err();
        assert_eq!(code(&other), "NotImplemented");
        client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    }
}

#[tokio::test]
async fn reads_answer_304_and_412() {
    let running = Running::start().await;
    let put =
        running.near.put_object().bucket(BUCKET).key("k").cache_control("private").body(ByteStream::from_static(b"x"));
    let etag = put.send().await.unwrap().e_tag.unwrap();
    for client in running.clients() {
        let modified = client.head_object().bucket(BUCKET).key("k").send().await.unwrap().last_modified.unwrap();
        let before = DateTime::from_secs(modified.secs() - 1);
        let read = || client.get_object().bucket(BUCKET).key("k");
        let head = || client.head_object().bucket(BUCKET).key("k");
        let not_modified = read().if_none_match(&etag).send().await.unwrap_err();
        assert_eq!(status(&not_modified), 304);
        let answer = not_modified.raw_response().unwrap();
        assert_eq!(answer.headers().get("etag"), Some(etag.as_str()));
        assert_eq!(answer.headers().get("cache-control"), Some("private"));
        assert!(answer.headers().get("last-modified").is_some());
        assert_eq!(status(&head().if_none_match(&etag).send().await.unwrap_err()), 304);
        assert_eq!(status(&read().if_modified_since(modified).send().await.unwrap_err()), 304);
        assert_eq!(status(&read().if_match("\"0\"").send().await.unwrap_err()), 412);
        assert_eq!(status(&head().if_match("\"0\"").send().await.unwrap_err()), 412);
        assert_eq!(status(&read().if_unmodified_since(before).send().await.unwrap_err()), 412);
        read().if_match(&etag).if_unmodified_since(before).send().await.unwrap();
        read().if_none_match("\"0\"").if_modified_since(modified).send().await.unwrap();
        read().if_modified_since(before).send().await.unwrap();
        read().if_unmodified_since(modified).send().await.unwrap();
    }
}

#[tokio::test]
async fn deletes_can_be_conditional() {
    let running = Running::start().await;
    for client in running.clients() {
        let delete_if = |etag: &str| client.delete_object().bucket(BUCKET).key("k").if_match(etag);
        assert_eq!(status(&delete_if("*").send().await.unwrap_err()), 412);
        let etag = put(client, "k", "x").await;
        assert_eq!(status(&delete_if("\"0\"").send().await.unwrap_err()), 412);
        assert!(get(client, "k").await.is_some());
        delete_if(&etag).send().await.unwrap();
        assert!(get(client, "k").await.is_none());

        let etag = put(client, "right", "x").await;
        put(client, "wrong", "x").await;
        let listed = [("right", etag.as_str()), ("wrong", "\"0\"")]
            .map(|(key, etag)| ObjectIdentifier::builder().key(key).e_tag(etag).build().unwrap());
        let delete = Delete::builder().set_objects(Some(listed.into())).build().unwrap();
        let answer = client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
        assert_eq!(answer.deleted()[0].key(), Some("right"));
        assert_eq!((answer.errors()[0].key(), answer.errors()[0].code()), (Some("wrong"), Some("PreconditionFailed")));
        assert!(get(client, "right").await.is_none() && get(client, "wrong").await.is_some());
    }
}
