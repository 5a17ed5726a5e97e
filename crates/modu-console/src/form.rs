//! Reading what a form sends: `application/x-www-form-urlencoded`, bounded.

use jiff::Timestamp;
use modu_programme::{Text, Title};

use crate::error::ConsoleError;

/// Bytes of a form.
pub(crate) const MAX_FORM_BYTES: usize = 128 << 10;
/// Fields of a form.
const MAX_FIELDS: usize = 500;

/// The fields of a form, in their order.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ConsoleError> {
        if body.len() > MAX_FORM_BYTES {
            return Err(ConsoleError::TooLarge);
        }
        let fields: Vec<_> = url::form_urlencoded::parse(body)
            .take(MAX_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        match fields.len() <= MAX_FIELDS {
            true => Ok(Self(fields)),
            false => Err(ConsoleError::TooLarge),
        }
    }

    /// The first value of a field; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut fields = self.0.iter();
        fields
            .find_map(|(field, value)| (field == name).then_some(value.as_str()))
            .unwrap_or_default()
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let fields = self.0.iter();
        fields.filter_map(move |(field, value)| (field == name).then_some(value.as_str()))
    }

    pub(crate) fn title(&self, name: &'static str) -> Result<Title, ConsoleError> {
        Title::new(self.get(name)).map_err(|problem| ConsoleError::field(name, problem))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<Text, ConsoleError> {
        Text::new(self.get(name)).map_err(|problem| ConsoleError::field(name, problem))
    }

    /// A number that names something, or a small count.
    pub(crate) fn number<T: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<T, ConsoleError> {
        let wrong = |_| ConsoleError::field(name, "expected a number");
        self.get(name).trim().parse().map_err(wrong)
    }

    /// A local date and time as browsers send it, in Korean time.
    pub(crate) fn moment(&self, name: &'static str) -> Result<Timestamp, ConsoleError> {
        let wrong = || ConsoleError::field(name, "expected a date and a time");
        let local: jiff::civil::DateTime = self.get(name).parse().map_err(|_| wrong())?;
        let moment = jiff::tz::Offset::constant(9).to_timestamp(local);
        moment.map_err(|_| wrong())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_with_their_korean() {
        let form = Form::parse("title=%EC%86%8C%EB%93%9D&pick=1&pick=2&n=+7".as_bytes()).unwrap();
        assert_eq!(form.get("title"), "소득");
        assert_eq!(form.all("pick").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(form.number::<u64>("n").unwrap(), 7);
        assert_eq!(form.get("nothing"), "");
        assert!(form.title("nothing").is_err());
    }

    #[test]
    fn too_many_fields_or_bytes_are_refused() {
        assert!(Form::parse("a=b&".repeat(MAX_FIELDS + 1).as_bytes()).is_err());
        assert!(Form::parse(&vec![b'a'; MAX_FORM_BYTES + 1]).is_err());
    }

    #[test]
    fn a_moment_is_korean_time() {
        let form = Form::parse(b"closes=2026-11-22T18:30").unwrap();
        let moment = form.moment("closes").unwrap();
        assert_eq!(moment.to_string(), "2026-11-22T09:30:00Z");
        assert!(
            Form::parse(b"closes=soon")
                .unwrap()
                .moment("closes")
                .is_err()
        );
    }
}
