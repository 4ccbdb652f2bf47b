//! What a transaction does with uploads in parts.

use redb::ReadableTable;

use super::tables::{Stop, Tables};
use crate::s3::record::{Part, Upload, read_json};

impl Tables<'_> {
    pub(in crate::s3) fn has_upload(&self, full_key: &[u8], id: &str) -> Result<bool, Stop> {
        Ok(self.uploads.get((full_key, id))?.is_some())
    }

    /// The uploads whose full key begins with this.
    pub(in crate::s3) fn uploads_of(&self, start: &[u8]) -> Result<Vec<(Vec<u8>, String)>, Stop> {
        let mut found = Vec::new();
        for entry in self.uploads.range((start, "")..)? {
            let (place, _) = entry?;
            let (full_key, id) = place.value();
            if !full_key.starts_with(start) {
                break;
            }
            found.push((full_key.to_vec(), id.to_owned()));
        }
        Ok(found)
    }

    /// Removes an upload with all of its parts, but for the bytes of those that an object consists of from now on.
    pub(in crate::s3) fn remove_upload(
        &mut self,
        full_key: &[u8],
        id: &str,
        is_kept: impl Fn(u32) -> bool,
    ) -> Result<(), Stop> {
        self.uploads.remove((full_key, id))?;
        let mut numbers = Vec::new();
        for entry in self.parts.range((id, 0)..=(id, u32::MAX))? {
            let (place, _) = entry?;
            numbers.push(place.value().1);
        }
        for number in numbers {
            let part = self.parts.remove((id, number))?.map(|part| read_json::<Part>(part.value())).transpose()?;
            if let Some(part) = part
                && !is_kept(number)
            {
                self.discard(part.place)?;
            }
        }
        Ok(())
    }

    /// Removes the uploads that nothing has come for since a moment, in milliseconds. Returns how many.
    pub(in crate::s3) fn remove_uploads_before(&mut self, moment: i64) -> Result<usize, Stop> {
        let mut left = Vec::new();
        for entry in self.uploads.iter()? {
            let (place, upload) = entry?;
            let (full_key, id) = place.value();
            let mut latest = read_json::<Upload>(upload.value())?.initiated;
            for part in self.parts.range((id, 0)..=(id, u32::MAX))? {
                latest = latest.max(read_json::<Part>(part?.1.value())?.modified);
            }
            if latest < moment {
                left.push((full_key.to_vec(), id.to_owned()));
            }
        }
        for (full_key, id) in &left {
            self.remove_upload(full_key, id, |_| false)?;
        }
        Ok(left.len())
    }

    pub(in crate::s3) fn part(&self, id: &str, number: u32) -> Result<Option<Part>, Stop> {
        Ok(self.parts.get((id, number))?.map(|part| read_json::<Part>(part.value())).transpose()?)
    }

    /// Keeps a part, over the one with that number.
    pub(in crate::s3) fn put_part(&mut self, id: &str, number: u32, part: &Part) -> Result<(), Stop> {
        let json = serde_json::to_vec(part).expect("a part holds nothing that JSON cannot");
        let old =
            self.parts.insert((id, number), json.as_slice())?.map(|old| read_json::<Part>(old.value())).transpose()?;
        if let Some(old) = old {
            self.discard(old.place)?;
        }
        Ok(())
    }
}
