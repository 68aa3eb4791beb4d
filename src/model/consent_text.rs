//! The text that people agree to before they are recorded, by language. Its version follows from the text, so that nobody
//! can change the one and forget the other.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

/// Characters of one text: it is read before somebody says yes, so that more would not be read.
const MAX_CHARS: usize = 4_000;
/// Languages of one text: all of them travel in one event.
const MAX_LANGUAGES: usize = 16;
/// Bytes of the digest that make a version.
const VERSION_BYTES: usize = 6;

/// The text in every language that it is kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentText {
    /// By language (BCP 47).
    pub texts: BTreeMap<String, String>,
    /// The clinic's own language, which is one of them.
    pub language: String,
    /// Changes with every change of a text.
    pub version: String,
}

/// Why a text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConsentText {
    /// No text in the clinic's language.
    #[error("there is no text in the language {0:?}")]
    NoSuchLanguage(String),
    /// A language without a text, or with a very long one.
    #[error("the text in {0:?} must have 1 to {MAX_CHARS} characters")]
    Length(String),
    /// Too many languages.
    #[error("there are more than {MAX_LANGUAGES} languages")]
    TooMany,
}

const ENGLISH: &str = "Your doctor would like to record this visit. The recording holds the sound and, unless only sound \
is recorded, the picture of everyone who agrees. It is stored encrypted and becomes part of your medical record; only those \
who treat you can play it. You are free to say no: your care does not depend on it, and the visit goes on without a \
recording. If you say yes, you can take that back at any time, and you will no longer be recorded from that moment on.";

const SPANISH: &str = "Su médico desea grabar esta consulta. La grabación contiene el sonido y, salvo que se grabe solo el \
sonido, la imagen de quienes estén de acuerdo. Se guarda cifrada y pasa a formar parte de su historia clínica; solo pueden \
reproducirla quienes le atienden. Puede decir que no con total libertad: su atención no depende de ello y la consulta \
continúa sin grabación. Si dice que sí, puede retirar su consentimiento en cualquier momento y desde entonces ya no se le \
grabará.";

const ARABIC: &str = "يودّ طبيبك تسجيل هذه الزيارة. يتضمن التسجيل الصوت، والصورة أيضًا ما لم يقتصر التسجيل على الصوت، لكل من \
يوافق. يُحفظ التسجيل مشفّرًا ويصبح جزءًا من ملفك الطبي، ولا يستطيع تشغيله إلا من يقومون على علاجك. لك كامل الحرية في الرفض: \
فرعايتك لا تتوقف على ذلك، وتستمر الزيارة من دون تسجيل. وإذا وافقت فيمكنك التراجع في أي وقت، ولن يُسجَّل لك شيء منذ تلك اللحظة.";

impl ConsentText {
    /// The texts that come with the program.
    pub fn built_in(language: &str) -> Result<Self, BadConsentText> {
        let texts = [("en", ENGLISH), ("es", SPANISH), ("ar", ARABIC)];
        Self::new(texts.map(|(language, text)| (language.to_owned(), text.to_owned())).into(), language)
    }

    /// A clinic's own texts.
    pub fn new(texts: BTreeMap<String, String>, language: &str) -> Result<Self, BadConsentText> {
        if texts.len() > MAX_LANGUAGES {
            return Err(BadConsentText::TooMany);
        }
        let texts: BTreeMap<String, String> =
            texts.into_iter().map(|(language, text)| (language, text.trim().to_owned())).collect();
        let wrong = |text: &String| text.is_empty() || text.chars().count() > MAX_CHARS;
        if let Some((language, _)) = texts.iter().find(|(_, text)| wrong(text)) {
            return Err(BadConsentText::Length(language.clone()));
        }
        if !texts.contains_key(language) {
            return Err(BadConsentText::NoSuchLanguage(language.to_owned()));
        }
        let version = version(&texts);
        Ok(Self { texts, language: language.to_owned(), version })
    }

    /// The text in the clinic's own language.
    pub fn own(&self) -> &str {
        self.texts.get(&self.language).map_or("", String::as_str)
    }
}

fn version(texts: &BTreeMap<String, String>) -> String {
    // With its length before it, no text runs into the next.
    let pieces = texts.iter().flat_map(|(language, text)| [language, text]);
    let whole: Vec<String> = pieces.map(|piece| format!("{}:{piece}", piece.len())).collect();
    let digest = digest(&SHA256, whole.concat().as_bytes());
    crate::data::hexadecimal(digest.as_ref().get(..VERSION_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_version_changes_with_every_change_of_a_text_and_with_nothing_else() {
        let version = |of: &[(&str, &str)]| ConsentText::new(texts(of), "en").unwrap().version;
        let one = version(&[("en", "May we?"), ("es", "¿Podemos?")]);
        assert_eq!(one, version(&[("es", "¿Podemos?"), ("en", "  May we?\n")]));
        for other in [
            &[("en", "May we?"), ("es", "¿Podemos ya?")][..],
            &[("en", "May we?")],
            &[("en", "May we?"), ("de", "¿Podemos?")],
        ] {
            assert_ne!(one, version(other), "{other:?}");
        }
    }

    #[test]
    fn the_texts_of_the_program_can_be_used_in_each_of_their_languages() {
        let own = ["en", "es", "ar"].map(|language| ConsentText::built_in(language).unwrap());
        assert!(own.iter().all(|text| !text.own().is_empty() && text.version == own[0].version));
        assert_eq!(ConsentText::built_in("xx").unwrap_err(), BadConsentText::NoSuchLanguage("xx".to_owned()));
    }

    #[test]
    fn an_empty_and_an_endless_text_are_refused_by_language() {
        for text in [String::new(), "x".repeat(MAX_CHARS + 1)] {
            let refused = ConsentText::new(texts(&[("en", "May we?"), ("es", &text)]), "en").unwrap_err();
            assert_eq!(refused, BadConsentText::Length("es".to_owned()));
        }
    }
}
