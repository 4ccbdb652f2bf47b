//! Which keys a struct reads: serde tells every deserializer, and this one does nothing else but listen.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The keys that a struct reads, other spellings included.
pub(super) fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It ends with an error always: there is nothing to make a value of.
    let _ = T::deserialize(Listener(&mut fields));
    fields
}

struct Listener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("nothing but the names was asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("this is no struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_other_spellings_are_told() {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "it is never made")]
        struct Written {
            title: String,
            #[serde(rename = "colour", alias = "color")]
            accent: Option<u8>,
        }
        let mut fields = of::<Written>().to_vec();
        fields.sort_unstable();
        assert_eq!(fields, ["color", "colour", "title"]);
        assert_eq!(of::<u8>(), [""; 0]);
    }
}
