//! `DeleteObject` and `DeleteObjects`.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition,
    Error, ObjectIdentifier,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::{Operations, now, refuse_versions};
use crate::s3::conditions::Writing;
use crate::s3::index::{Stop, Tables, object_key};

/// The most objects in one request (AWS, `DeleteObjects`).
const MAX_OBJECTS: usize = 1000;

impl Operations {
    pub(super) async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        refuse_versions(input.version_id.as_deref())?;
        let condition = Writing::of(input.if_match, None)?;
        let time = now();
        let removal = self.folder.write(move |tables| {
            tables.require_bucket(&input.bucket)?;
            allow(tables, &input.bucket, &input.key, &condition)?;
            tables.delete(&input.bucket, &input.key, time)
        });
        removal.await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    pub(super) async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        if delete.objects.is_empty() || delete.objects.len() > MAX_OBJECTS {
            return Err(s3_error!(MalformedXML));
        }
        let quiet = delete.quiet.unwrap_or_default();
        let time = now();
        let removal = self.folder.write(move |tables| {
            tables.require_bucket(&bucket)?;
            let (mut deleted, mut errors) = (Vec::new(), Vec::new());
            for object in delete.objects {
                match allow_listed(tables, &bucket, &object) {
                    Ok(()) => {
                        tables.delete(&bucket, &object.key, time)?;
                        deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
                    }
                    Err(Stop::Refused(error)) => errors.push(Error {
                        code: Some(error.code().as_str().to_owned()),
                        key: Some(object.key),
                        message: error.message().map(str::to_owned),
                        version_id: object.version_id,
                    }),
                    Err(broken @ Stop::Broken(_)) => return Err(broken),
                }
            }
            Ok((deleted, errors))
        });
        let (deleted, errors) = removal.await?;
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }
}

fn allow_listed(tables: &Tables<'_>, bucket: &str, object: &ObjectIdentifier) -> Result<(), Stop> {
    refuse_versions(object.version_id.as_deref())?;
    if !s3s::path::check_key(&object.key) {
        return Err(s3_error!(KeyTooLongError).into());
    }
    allow(tables, bucket, &object.key, &Writing::of(object.e_tag.clone().map(ETagCondition::ETag), None)?)
}

fn allow(tables: &Tables<'_>, bucket: &str, key: &str, condition: &Writing) -> Result<(), Stop> {
    if *condition == Writing::Always {
        return Ok(());
    }
    let there = tables.object(&object_key(bucket, key))?;
    Ok(condition.allows_removal(there.as_ref().map(|record| &record.head))?)
}
