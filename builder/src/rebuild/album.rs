//! One album of a build: what is there, its pages, its catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use futures::{StreamExt, stream};
use gallery::store::Written;
use gallery::{AlbumPath, Condition, Key, Slug, StoreError};

use super::{AT_ONCE, BuildError, Built, ROUNDS, Run, WAITS, pause};
use crate::catalogue::{Catalogue, Cover, Learned, Summary};
use crate::publish::{AlbumPages, Kept, Outcome, etags, has_foreign, kept};
use crate::settings::Settings;
use crate::survey::Unrecorded;
use crate::work::{AlbumWork, Look, Whose};
use crate::{look, pages};

/// So many facts of an album are in memory at once.
const HELPING: usize = 1_000;

/// What an album is built from at first.
struct Start {
    record: Kept<Catalogue>,
    /// The albums right inside it, just built.
    inside: BTreeMap<Slug, Option<Summary>>,
    unrecorded: Option<Unrecorded>,
}

impl Run<'_> {
    pub(super) async fn try_album(
        &self,
        album: &AlbumPath,
        work: &AlbumWork,
        settings: &Settings,
    ) -> Result<Built, BuildError> {
        let mut unrecorded = self.unrecorded(album);
        let record = match unrecorded {
            Some(_) => Kept::none(),
            None => kept(self.store, &Key::AlbumCatalogue(album.clone())).await?,
        };
        let inside = self.inside(album, work, settings).await;
        if let Some(seen) = &mut unrecorded {
            seen.has_all_inside = inside.len() == work.inside.len();
        }
        self.settle(album, work, settings, Start { record, inside, unrecorded }).await
    }

    /// Builds the albums right inside one. Those that fail are left as their parent knows them.
    async fn inside(
        &self,
        album: &AlbumPath,
        work: &AlbumWork,
        settings: &Settings,
    ) -> BTreeMap<Slug, Option<Summary>> {
        let children = work.inside.iter().map(|(slug, work)| {
            let child = album.child(slug);
            async move { (slug.clone(), self.album(child, work, settings).await) }
        });
        let children: Vec<_> = children.collect();
        let mut inside = BTreeMap::new();
        let mut building = stream::iter(children).buffer_unordered(AT_ONCE);
        while let Some((slug, built)) = building.next().await {
            if let Ok(built) = built {
                inside.insert(slug, built.map(|(catalogue, etag)| Summary::of(&catalogue, &etag)));
            }
        }
        inside
    }

    /// Brings one album's pages and catalogue in line with what is there.
    async fn settle(
        &self,
        album: &AlbumPath,
        work: &AlbumWork,
        settings: &Settings,
        Start { mut record, mut inside, mut unrecorded }: Start,
    ) -> Result<Built, BuildError> {
        let catalogue_key = Key::AlbumCatalogue(album.clone());
        let mut check = self.doubt;
        // A message that comes again may have left anything behind: the whole album is looked at.
        let look = if self.doubt && work.look != Look::PAGE { &Look::FULL } else { &work.look };
        let tidy = *look == Look::FULL;
        let (mut own, mut own_etags) = (BTreeSet::new(), BTreeSet::new());
        let (mut removed, mut waited) = (false, 0);
        for round in 0..ROUNDS {
            if round > 0 {
                pause(round).await;
                (check, unrecorded) = (true, None);
                record = kept(self.store, &catalogue_key).await?;
                inside = look::summaries(self.store, album, inside.keys()).await?;
            }
            let recorded = record.value.as_ref().map(|known| known.pages.clone()).unwrap_or_default();
            let there = match &unrecorded {
                Some(seen) => seen.pages.clone(),
                None if check => look::pages(self.store, album).await?,
                None => etags(&recorded),
            };
            if waited < WAITS && !removed && has_foreign(&there, &recorded, &own_etags) {
                waited += 1;
                continue;
            }
            let Some(mut next) = self.observe(album, look, &record, &inside, unrecorded.take(), settings).await? else {
                if removed || (record.etag.is_none() && !check) {
                    return Ok(None);
                }
                // Another builder may be filling the album again at this moment, and lose its work to this removal:
                // one more round sees what it found.
                let there = look::pages(self.store, album).await?;
                let (html, recorded, there) = (BTreeMap::new(), &recorded, &there);
                AlbumPages { album, html, recorded, there, own: &own, tidy: true }.publish(self.store).await?;
                self.store.remove(&catalogue_key).await?;
                self.wrote.store(true, Ordering::Relaxed);
                removed = true;
                continue;
            };
            let html = if next.has_page() { pages::album(&next, settings) } else { BTreeMap::new() };
            own.extend(html.keys().cloned());
            let pages = AlbumPages { album, html, recorded: &recorded, there: &there, own: &own, tidy };
            let Outcome::Published(published, tidied) = pages.publish(self.store).await? else { continue };
            own_etags.extend(published.values().map(|page| page.etag.clone()));
            next.pages = published;
            if let (Some(old), Some(etag)) = (&record.value, &record.etag)
                && *old == next
            {
                if tidied {
                    continue;
                }
                return Ok(Some((next, etag.clone())));
            }
            let condition = Condition::since(record.etag.as_deref());
            if let Written::Stored(etag) = self.store.write_json(&catalogue_key, &next, condition).await? {
                self.wrote.store(true, Ordering::Relaxed);
                return Ok(Some((next, etag)));
            }
        }
        Err(BuildError::Overtaken(catalogue_key.path()))
    }

    /// The catalogue as it should be; `None` when nothing is left of the album.
    async fn observe(
        &self,
        album: &AlbumPath,
        look: &Look,
        record: &Kept<Catalogue>,
        inside: &BTreeMap<Slug, Option<Summary>>,
        unrecorded: Option<Unrecorded>,
        settings: &Settings,
    ) -> Result<Option<Catalogue>, BuildError> {
        let store = self.store;
        let known = record.value.as_ref();
        // Without a record everything has to be found by looking, the albums inside included.
        let look = if known.is_none() { &Look::FULL } else { look };
        // Nor is one enough that took less out of the facts than is wanted now.
        let wanted = Learned::wanted(settings);
        let lacks = known.is_some_and(|known| known.lacks(wanted));
        let look = if lacks { &Look { facts: Whose::All, metadata: look.metadata } } else { look };
        let mut children = known.map(|k| k.children.clone()).unwrap_or_default();
        if known.is_none() && unrecorded.as_ref().is_none_or(|seen| !seen.has_all_inside) {
            let mut found = look::children(store, album).await?;
            found.retain(|slug| !inside.contains_key(slug));
            let found = look::summaries(store, album, &found).await?;
            children.extend(found.into_iter().filter_map(|(slug, summary)| Some((slug, summary?))));
        }
        for (slug, summary) in inside {
            match summary {
                Some(summary) => children.insert(slug.clone(), summary.clone()),
                None => children.remove(slug),
            };
        }
        let listed = match (unrecorded, &look.facts) {
            (Some(seen), _) => Some(seen.facts),
            (None, Whose::All) => Some(look::listed_facts(store, album).await?),
            (None, Whose::Some(_)) => None,
        };
        let unread = match (&listed, known, &look.facts) {
            (Some(listed), Some(known), _) if !lacks => known.unread(listed),
            (Some(listed), _, _) => listed.keys().copied().collect(),
            (None, _, Whose::Some(photos)) => photos.iter().copied().collect(),
            (None, _, Whose::All) => Vec::new(),
        };
        if let Some(listed) = &listed {
            self.observed().listed(album, listed);
        }
        let above = || children.values().find_map(|child| child.card.folder_above());
        let begin = |mut next: Catalogue| {
            next.children.clone_from(&children);
            next.keep_to(wanted);
            if let Some(listed) = &listed {
                next.keep_only(listed);
            }
            for photo in &unread {
                next.forget(*photo);
            }
            next
        };
        let mut next = known.cloned().map(begin);
        let mut damaged = Vec::new();
        // A helping at a time: what a catalogue keeps of facts is a part of them.
        for photos in unread.chunks(HELPING) {
            let records = look::read_facts(store, album, photos.to_vec()).await?;
            if listed.is_none() {
                self.observed().read(album, photos, &records);
            }
            for record in records {
                match record.facts {
                    Ok(facts) => {
                        let folder = || facts.source_key().map(|source| source.folder().clone());
                        next = next.or_else(|| folder().map(Catalogue::new).map(begin));
                        if let Some(next) = &mut next {
                            next.learn(facts, record.etag);
                        }
                    }
                    Err(reason) => damaged.push((record.photo, record.etag, reason)),
                }
            }
        }
        let Some(mut next) = next.or_else(|| above().map(Catalogue::new).map(begin)) else {
            if !damaged.is_empty() {
                tracing::warn!(%album, records = damaged.len(), "an album's facts are all damaged: it has no name and no page");
            }
            return Ok(None);
        };
        for (photo, etag, reason) in damaged {
            next.reject(photo, etag, String::new(), reason);
        }
        if next.is_gone() {
            return Ok(None);
        }
        if look.metadata || next.described.is_of_old() {
            let described = look::described(store, &next.folder, &next.described).await?;
            if let Some(problem) = described.problem.as_ref().filter(|_| described != next.described) {
                let file = Key::Metadata(next.folder.clone()).path();
                tracing::warn!(file, %problem, "the album stays as it was described last");
            }
            self.observed().described(&next.folder, &described);
            next.described = described;
        }
        next.cover = self.cover_below(&next).await?;
        Ok(Some(next))
    }

    /// The photo of a folder below that the owner wants for the album's cover.
    async fn cover_below(&self, catalogue: &Catalogue) -> Result<Option<Cover>, StoreError> {
        let Some((album, photo)) = catalogue.cover_wanted_below() else { return Ok(None) };
        let read = look::read_facts(self.store, &album, vec![photo]).await?;
        self.observed().read(&album, &[photo], &read);
        Ok(read.into_iter().find_map(|record| Cover::of_facts(record.facts.ok()?)))
    }
}
