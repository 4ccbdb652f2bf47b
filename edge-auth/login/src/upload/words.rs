//! The words of the upload page in the languages of the others, and why a file is not taken. The script gets its words
//! with the page; `{n}` and `{status}` stand for numbers, of two forms the first is for one.

use serde_json::{Value, json};

use crate::texts::Texts;

/// Why a question or a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Nowhere,
    Foreign,
    SignedOut,
    Viewer,
    Collection,
    Question,
    TooMany,
    Album,
    Name,
    Kind,
    Empty,
    Large,
    Checksum,
    NotLooked,
    Namesakes,
}

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) album: &'static str,
    pub(super) example: &'static str,
    pub(super) rule: &'static str,
    pub(super) choose: &'static str,
    pub(super) or_drop: &'static str,
    pub(super) so_far: &'static str,
    pub(super) again: &'static str,
    pub(super) no_script: &'static str,
    pub(super) only_owners: &'static str,
    /// Files uploaded, there already, not uploaded, to go.
    counts: [[&'static str; 2]; 4],
    /// The gallery answered, cannot be reached; the line was cut, the bucket answered, a file could not be read.
    troubles: [&'static str; 5],
    /// In the order of [`Refused`].
    refused: [&'static str; 15],
}

impl Words {
    /// The words in the language of a page's other texts.
    pub(super) fn of(texts: &Texts) -> &'static Self {
        match texts.tag {
            "de" => &DE,
            "fr" => &FR,
            "es" => &ES,
            "it" => &IT,
            "ja" => &JA,
            _ => &EN,
        }
    }

    /// Why something is not taken.
    pub(super) fn why(&self, refused: Refused) -> &'static str {
        self.refused[refused as usize]
    }

    /// What the script says.
    pub(super) fn of_script(&self) -> Value {
        let [uploaded, there, failed, left] = self.counts;
        let [answered, unreachable, cut, bucket, unread] = self.troubles;
        json!({
            "uploaded": uploaded, "there": there, "failed": failed, "left": left, "answered": answered,
            "unreachable": unreachable, "cut": cut, "bucket": bucket, "unread": unread,
            "large": self.why(Refused::Large),
        })
    }
}

static EN: Words = Words {
    album: "Album",
    example: "Collection/Album",
    rule: "Choose one, or name a new one: the part before the first / is the collection.",
    choose: "Choose photos",
    or_drop: "or drop them here",
    so_far: "Uploaded so far",
    again: "Try the rest again",
    no_script: "Uploading from the browser needs JavaScript.",
    only_owners: "Only owners of the gallery may upload. Ask the one who let you in.",
    counts: [
        ["{n} file uploaded", "{n} files uploaded"],
        ["{n} file there already", "{n} files there already"],
        ["{n} file not uploaded", "{n} files not uploaded"],
        ["{n} to go", "{n} to go"],
    ],
    troubles: [
        "The gallery answered {status}.",
        "The gallery cannot be reached.",
        "The line was cut again and again.",
        "The bucket answered {status}.",
        "It could not be read.",
    ],
    refused: [
        "This gallery takes no uploads from browsers.",
        "Please use the gallery’s own page.",
        "You are signed out: sign in again, then go on here.",
        "Only owners of the gallery may upload.",
        "You may not add to this collection.",
        "That was not the upload page’s question.",
        "At most 50 files can be asked for at once.",
        "Choose an album, or name a new one: Collection/Album.",
        "Its name cannot be used here.",
        "It is neither a photo nor a video that the gallery knows.",
        "It is empty.",
        "It is larger than 512 MB: use `heirloom upload`.",
        "Its checksum is missing.",
        "It could not be looked for.",
        "Too many photos in this album have that name.",
    ],
};

static DE: Words = Words {
    album: "Album",
    example: "Sammlung/Album",
    rule: "Wähle eines oder benenne ein neues: Der Teil vor dem ersten / ist die Sammlung.",
    choose: "Fotos auswählen",
    or_drop: "oder hier ablegen",
    so_far: "Bisher hochgeladen",
    again: "Den Rest noch einmal versuchen",
    no_script: "Hochladen im Browser braucht JavaScript.",
    only_owners: "Nur wem die Galerie gehört, darf hochladen. Frag, wer dich eingelassen hat.",
    counts: [
        ["{n} Datei hochgeladen", "{n} Dateien hochgeladen"],
        ["{n} Datei schon da", "{n} Dateien schon da"],
        ["{n} Datei nicht hochgeladen", "{n} Dateien nicht hochgeladen"],
        ["noch {n}", "noch {n}"],
    ],
    troubles: [
        "Die Galerie antwortete {status}.",
        "Die Galerie ist nicht zu erreichen.",
        "Die Verbindung riss immer wieder ab.",
        "Der Speicher antwortete {status}.",
        "Sie konnte nicht gelesen werden.",
    ],
    refused: [
        "Diese Galerie nimmt aus dem Browser nichts an.",
        "Bitte benutze die Seite der Galerie.",
        "Du bist abgemeldet: Melde dich neu an und mach dann hier weiter.",
        "Nur wem die Galerie gehört, darf hochladen.",
        "In diese Sammlung darfst du nichts legen.",
        "Das war keine Frage der Hochladeseite.",
        "Höchstens 50 Dateien lassen sich auf einmal erfragen.",
        "Wähle ein Album oder benenne ein neues: Sammlung/Album.",
        "Ihr Name ist hier nicht möglich.",
        "Sie ist weder ein Foto noch ein Video, das die Galerie kennt.",
        "Sie ist leer.",
        "Sie ist größer als 512 MB: Nimm `heirloom upload`.",
        "Ihre Prüfsumme fehlt.",
        "Sie konnte nicht gesucht werden.",
        "Zu viele Fotos in diesem Album heißen so.",
    ],
};

static FR: Words = Words {
    album: "Album",
    example: "Collection/Album",
    rule: "Choisissez-en un ou nommez-en un nouveau : la partie avant le premier / est la collection.",
    choose: "Choisir des photos",
    or_drop: "ou les déposer ici",
    so_far: "Envoyé jusqu’ici",
    again: "Réessayer le reste",
    no_script: "L’envoi depuis le navigateur a besoin de JavaScript.",
    only_owners: "Seuls les propriétaires de la galerie peuvent envoyer. Demandez à qui vous a invité.",
    counts: [
        ["{n} fichier envoyé", "{n} fichiers envoyés"],
        ["{n} fichier déjà là", "{n} fichiers déjà là"],
        ["{n} fichier non envoyé", "{n} fichiers non envoyés"],
        ["encore {n}", "encore {n}"],
    ],
    troubles: [
        "La galerie a répondu {status}.",
        "La galerie est injoignable.",
        "La connexion a été coupée à plusieurs reprises.",
        "Le stockage a répondu {status}.",
        "Il n’a pas pu être lu.",
    ],
    refused: [
        "Cette galerie n’accepte pas d’envois depuis un navigateur.",
        "Merci d’utiliser la page de la galerie.",
        "Vous êtes déconnecté : reconnectez-vous, puis continuez ici.",
        "Seuls les propriétaires de la galerie peuvent envoyer.",
        "Vous ne pouvez rien ajouter à cette collection.",
        "Ce n’était pas une question de la page d’envoi.",
        "50 fichiers au plus peuvent être demandés à la fois.",
        "Choisissez un album ou nommez-en un nouveau : Collection/Album.",
        "Son nom ne peut pas être utilisé ici.",
        "Ce n’est ni une photo ni une vidéo que la galerie connaît.",
        "Il est vide.",
        "Il dépasse 512 Mo : utilisez `heirloom upload`.",
        "Sa somme de contrôle manque.",
        "Il n’a pas pu être cherché.",
        "Trop de photos de cet album portent ce nom.",
    ],
};

static ES: Words = Words {
    album: "Álbum",
    example: "Colección/Álbum",
    rule: "Elige uno o nombra uno nuevo: lo que va antes de la primera / es la colección.",
    choose: "Elegir fotos",
    or_drop: "o soltarlas aquí",
    so_far: "Subido hasta ahora",
    again: "Intentar el resto otra vez",
    no_script: "Para subir desde el navegador hace falta JavaScript.",
    only_owners: "Solo los dueños de la galería pueden subir. Pregunta a quien te invitó.",
    counts: [
        ["{n} archivo subido", "{n} archivos subidos"],
        ["{n} archivo ya estaba", "{n} archivos ya estaban"],
        ["{n} archivo sin subir", "{n} archivos sin subir"],
        ["falta {n}", "faltan {n}"],
    ],
    troubles: [
        "La galería respondió {status}.",
        "No se puede llegar a la galería.",
        "La conexión se cortó una y otra vez.",
        "El almacén respondió {status}.",
        "No se pudo leer.",
    ],
    refused: [
        "Esta galería no acepta subidas desde el navegador.",
        "Usa la página de la galería.",
        "Tu sesión terminó: inicia sesión de nuevo y sigue aquí.",
        "Solo los dueños de la galería pueden subir.",
        "No puedes añadir nada a esta colección.",
        "Eso no era una pregunta de la página de subida.",
        "Como mucho se puede preguntar por 50 archivos a la vez.",
        "Elige un álbum o nombra uno nuevo: Colección/Álbum.",
        "Su nombre no se puede usar aquí.",
        "No es una foto ni un vídeo que la galería conozca.",
        "Está vacío.",
        "Pasa de 512 MB: usa `heirloom upload`.",
        "Falta su suma de comprobación.",
        "No se pudo buscar.",
        "Demasiadas fotos de este álbum se llaman así.",
    ],
};

static IT: Words = Words {
    album: "Album",
    example: "Raccolta/Album",
    rule: "Scegline uno o dai il nome a uno nuovo: la parte prima della prima / è la raccolta.",
    choose: "Scegli le foto",
    or_drop: "o trascinale qui",
    so_far: "Caricato finora",
    again: "Riprova con il resto",
    no_script: "Per caricare dal browser serve JavaScript.",
    only_owners: "Solo i proprietari della galleria possono caricare. Chiedi a chi ti ha invitato.",
    counts: [
        ["{n} file caricato", "{n} file caricati"],
        ["{n} file già presente", "{n} file già presenti"],
        ["{n} file non caricato", "{n} file non caricati"],
        ["ne manca {n}", "ne mancano {n}"],
    ],
    troubles: [
        "La galleria ha risposto {status}.",
        "La galleria non è raggiungibile.",
        "La connessione è caduta più volte.",
        "L’archivio ha risposto {status}.",
        "Non è stato possibile leggerlo.",
    ],
    refused: [
        "Questa galleria non accetta caricamenti dal browser.",
        "Usa la pagina della galleria.",
        "La sessione è finita: accedi di nuovo, poi continua qui.",
        "Solo i proprietari della galleria possono caricare.",
        "Non puoi aggiungere nulla a questa raccolta.",
        "Non era una domanda della pagina di caricamento.",
        "Si possono chiedere al massimo 50 file alla volta.",
        "Scegli un album o dai il nome a uno nuovo: Raccolta/Album.",
        "Il suo nome non si può usare qui.",
        "Non è una foto né un video che la galleria conosce.",
        "È vuoto.",
        "Supera i 512 MB: usa `heirloom upload`.",
        "Manca la sua somma di controllo.",
        "Non è stato possibile cercarlo.",
        "Troppe foto di questo album si chiamano così.",
    ],
};

static JA: Words = Words {
    album: "アルバム",
    example: "コレクション/アルバム",
    rule: "選ぶか、新しい名前を入れてください。最初の / の前がコレクションです。",
    choose: "写真を選ぶ",
    or_drop: "またはここにドロップ",
    so_far: "アップロードの進み具合",
    again: "残りをもう一度試す",
    no_script: "ブラウザーからのアップロードにはJavaScriptが必要です。",
    only_owners: "アップロードできるのはギャラリーの持ち主だけです。招待した人に聞いてください。",
    counts: [
        ["{n}件アップロード済み", "{n}件アップロード済み"],
        ["{n}件はすでにあります", "{n}件はすでにあります"],
        ["{n}件は失敗", "{n}件は失敗"],
        ["残り{n}件", "残り{n}件"],
    ],
    troubles: [
        "ギャラリーの応答は{status}でした。",
        "ギャラリーに接続できません。",
        "接続が何度も切れました。",
        "保存先の応答は{status}でした。",
        "読み込めませんでした。",
    ],
    refused: [
        "このギャラリーはブラウザーからのアップロードを受け付けていません。",
        "ギャラリーのページをお使いください。",
        "サインアウトしています。もう一度サインインしてから続けてください。",
        "アップロードできるのはギャラリーの持ち主だけです。",
        "このコレクションには追加できません。",
        "アップロードページからの問い合わせではありません。",
        "一度に問い合わせできるのは50件までです。",
        "アルバムを選ぶか、新しい名前を入れてください：コレクション/アルバム",
        "この名前は使えません。",
        "ギャラリーで扱える写真でも動画でもありません。",
        "空のファイルです。",
        "512 MBを超えています。`heirloom upload` をお使いください。",
        "チェックサムがありません。",
        "確認できませんでした。",
        "このアルバムには同じ名前の写真が多すぎます。",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        for tag in ["en", "de", "fr", "es", "it", "ja"] {
            let texts = Texts::wanted(tag);
            let words = Words::of(texts);
            assert!(tag == "en" || words.choose != EN.choose, "{tag}");
            let all = format!("{words:?}");
            assert!(!all.contains("\"\""), "{tag}: a text is missing");
            assert_eq!((all.matches("{n}").count(), all.matches("{status}").count()), (8, 2), "{tag}");
            assert!(words.why(Refused::TooMany).contains("50") && words.why(Refused::Large).contains("512"), "{tag}");
            assert!(
                words.why(Refused::Album).contains('/') && words.why(Refused::Namesakes) == words.refused[14],
                "{tag}"
            );
        }
    }
}
