//! What a letter says, in the languages of the sign-in page. `{n}` stands for a number, `{what}` for what is new,
//! `{album}` and `{title}` for names.

use login::Language;

/// The words of one language. The first of two is for one, the second for any other number.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) tag: &'static str,
    photos: [&'static str; 2],
    films: [&'static str; 2],
    both: &'static str,
    in_one: &'static str,
    in_many: &'static str,
    more: [&'static str; 2],
    pub(crate) look: &'static str,
    why: &'static str,
    pub(crate) end: &'static str,
}

impl Words {
    /// The words of a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::De => &DE,
            Language::Fr => &FR,
            Language::Es => &ES,
            Language::It => &IT,
            Language::Ja => &JA,
        }
    }

    /// How much is new.
    pub(crate) fn fresh(&self, photos: usize, films: usize) -> String {
        match (photos, films) {
            (_, 0) => counted(self.photos, photos),
            (0, _) => counted(self.films, films),
            _ => self
                .both
                .replace("{photos}", &counted(self.photos, photos))
                .replace("{films}", &counted(self.films, films)),
        }
    }

    /// How much is new, and where.
    pub(crate) fn fresh_in(&self, photos: usize, films: usize, albums: &[&str]) -> String {
        let what = self.fresh(photos, films);
        match albums {
            // The album's name last: it may itself hold anything.
            [album] => self.in_one.replace("{what}", &what).replace("{album}", album),
            _ => self.in_many.replace("{what}", &what).replace("{n}", &albums.len().to_string()),
        }
    }

    /// That there are more albums than are listed.
    pub(crate) fn more(&self, albums: usize) -> String {
        counted(self.more, albums)
    }

    /// Why somebody gets this.
    pub(crate) fn why(&self, title: &str) -> String {
        self.why.replace("{title}", title)
    }
}

fn counted(forms: [&str; 2], n: usize) -> String {
    forms[usize::from(n != 1)].replace("{n}", &n.to_string())
}

static EN: Words = Words {
    tag: "en",
    photos: ["1 new photo", "{n} new photos"],
    films: ["1 new video", "{n} new videos"],
    both: "{photos} and {films}",
    in_one: "{what} in “{album}”",
    in_many: "{what} in {n} albums",
    more: ["and 1 more album", "and {n} more albums"],
    look: "See the photos",
    why: "{title} writes to you when there is something new for you, at most once a day.",
    end: "No more mails",
};

static DE: Words = Words {
    tag: "de",
    photos: ["1 neues Foto", "{n} neue Fotos"],
    films: ["1 neues Video", "{n} neue Videos"],
    both: "{photos} und {films}",
    in_one: "{what} in „{album}“",
    in_many: "{what} in {n} Alben",
    more: ["und 1 weiteres Album", "und {n} weitere Alben"],
    look: "Fotos ansehen",
    why: "{title} schreibt dir, wenn es Neues für dich gibt, höchstens einmal am Tag.",
    end: "Keine E-Mails mehr",
};

static FR: Words = Words {
    tag: "fr",
    photos: ["1 nouvelle photo", "{n} nouvelles photos"],
    films: ["1 nouvelle vidéo", "{n} nouvelles vidéos"],
    both: "{photos} et {films}",
    in_one: "{what} dans « {album} »",
    in_many: "{what} dans {n} albums",
    more: ["et 1 autre album", "et {n} autres albums"],
    look: "Voir les photos",
    why: "{title} vous écrit quand il y a du nouveau pour vous, une fois par jour au plus.",
    end: "Plus d’e-mails",
};

static ES: Words = Words {
    tag: "es",
    photos: ["1 foto nueva", "{n} fotos nuevas"],
    films: ["1 vídeo nuevo", "{n} vídeos nuevos"],
    both: "{photos} y {films}",
    in_one: "{what} en «{album}»",
    in_many: "{what} en {n} álbumes",
    more: ["y 1 álbum más", "y {n} álbumes más"],
    look: "Ver las fotos",
    why: "{title} te escribe cuando hay algo nuevo para ti, una vez al día como mucho.",
    end: "No más correos",
};

static IT: Words = Words {
    tag: "it",
    photos: ["1 nuova foto", "{n} nuove foto"],
    films: ["1 nuovo video", "{n} nuovi video"],
    both: "{photos} e {films}",
    in_one: "{what} in «{album}»",
    in_many: "{what} in {n} album",
    more: ["e 1 altro album", "e altri {n} album"],
    look: "Guarda le foto",
    why: "{title} ti scrive quando c’è qualcosa di nuovo per te, al massimo una volta al giorno.",
    end: "Niente più e-mail",
};

static JA: Words = Words {
    tag: "ja",
    photos: ["新しい写真1枚", "新しい写真{n}枚"],
    films: ["新しい動画1本", "新しい動画{n}本"],
    both: "{photos}と{films}",
    in_one: "「{album}」に{what}",
    in_many: "{n}個のアルバムに{what}",
    more: ["ほか1個のアルバム", "ほか{n}個のアルバム"],
    look: "写真を見る",
    why: "新しい写真があると、{title}から一日一回までお知らせします。",
    end: "メールを止める",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_names_stay_what_they_are() {
        let words = Words::of(Language::En);
        assert_eq!(words.fresh(1, 0), "1 new photo");
        assert_eq!(words.fresh(0, 2), "2 new videos");
        assert_eq!(words.fresh_in(3, 1, &["Lisbon {n}"]), "3 new photos and 1 new video in “Lisbon {n}”");
        assert_eq!(words.fresh_in(3, 0, &["a", "b"]), "3 new photos in 2 albums");
    }

    #[test]
    fn every_language_has_its_places_for_words() {
        for language in Language::ALL {
            let words = Words::of(language);
            assert_eq!(words.tag, language.tag());
            let said = [
                words.fresh_in(2, 3, &["A"]),
                words.fresh_in(1, 1, &["A", "B"]),
                words.more(1),
                words.more(7),
                words.why("T"),
            ];
            for said in said {
                assert!(!said.contains(['{', '}']) && !said.is_empty(), "{said}");
            }
            assert!(words.fresh_in(5, 0, &["Lisbon"]).contains("Lisbon") && words.more(7).contains('7'));
        }
    }
}
