//! Buckets: made, removed, named.

use s3s::dto::{
    Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput,
    GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::{Operations, REGION, now, owner, shown};
use crate::s3::index::object_key;

impl Operations {
    /// As in us-east-1, making one's own bucket again is no error (AWS, `CreateBucket`).
    pub(super) async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let input = request.input;
        if input.object_lock_enabled_for_bucket == Some(true) {
            return Err(s3_error!(NotImplemented, "Object lock is not offered"));
        }
        let (bucket, made) = (input.bucket, now().as_millisecond());
        let location = Some(format!("/{bucket}"));
        let making = self.folder.write(move |tables| {
            if tables.has_bucket(&bucket)? {
                return Ok(());
            }
            tables.make_bucket(&bucket, made)
        });
        making.await?;
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    /// Only an empty bucket goes. Uploads under way go with it.
    pub(super) async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let bucket = request.input.bucket;
        let removal = self.folder.write(move |tables| {
            tables.require_bucket(&bucket)?;
            if tables.holds_objects(&bucket)? {
                return Err(s3_error!(BucketNotEmpty).into());
            }
            for (key, upload) in tables.uploads_of(&object_key(&bucket, ""))? {
                tables.remove_upload(&key, &upload, |_| false)?;
            }
            tables.buckets.remove(bucket.as_str())?;
            Ok(())
        });
        removal.await?;
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    pub(super) async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.require_bucket(&request.input.bucket).await?;
        let output = HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..HeadBucketOutput::default() };
        Ok(S3Response::new(output))
    }

    pub(super) async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let input = request.input;
        let all = self.folder.look(|view, _| view.buckets()).await?;
        let after = input.continuation_token.clone().unwrap_or_default();
        let prefix = input.prefix.clone().unwrap_or_default();
        let mut wanted =
            all.into_iter().filter(|(name, _)| *name > after && name.starts_with(&prefix)).map(|(name, made)| Bucket {
                bucket_region: Some(REGION.to_owned()),
                creation_date: Some(shown(made)),
                name: Some(name),
            });
        let limit = input.max_buckets.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let buckets: Vec<Bucket> = wanted.by_ref().take(limit).collect();
        let more = wanted.next().is_some();
        Ok(S3Response::new(ListBucketsOutput {
            continuation_token: buckets.last().filter(|_| more).and_then(|bucket| bucket.name.clone()),
            buckets: Some(buckets),
            owner: Some(owner()),
            prefix: input.prefix,
        }))
    }

    /// us-east-1 is written as no location at all (AWS, `GetBucketLocation`).
    pub(super) async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.require_bucket(&request.input.bucket).await?;
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    /// Versions are not kept, and never have been.
    pub(super) async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        self.require_bucket(&request.input.bucket).await?;
        Ok(S3Response::new(GetBucketVersioningOutput::default()))
    }
}
