//! The attributes of a node, read by name and type.

use std::cell::Cell;

use crate::budget::Fault;
use crate::proto::{AttributeMessage, TensorMessage};

/// The numbers of `AttributeProto.AttributeType` that are read here.
mod kind {
    pub(super) const FLOAT: i32 = 1;
    pub(super) const INT: i32 = 2;
    pub(super) const STRING: i32 = 3;
    pub(super) const TENSOR: i32 = 4;
    pub(super) const FLOATS: i32 = 6;
    pub(super) const INTS: i32 = 7;
    pub(super) const STRINGS: i32 = 8;
}

/// The attributes of one node. An operator takes those it knows;
/// [`Self::finish`] then refuses a node that says anything more, because an
/// attribute that is passed over may change what the operator means.
#[derive(Debug)]
pub(crate) struct Attributes {
    list: Vec<(AttributeMessage, Cell<bool>)>,
}

impl Attributes {
    /// # Errors
    /// A name that occurs twice.
    pub(crate) fn new(mut list: Vec<AttributeMessage>) -> Result<Self, Fault> {
        list.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(pair) = list.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(Fault::malformed(format!(
                "the attribute `{}` occurs twice",
                crate::place::Shown(&pair[0].name)
            )));
        }
        Ok(Self {
            list: list
                .into_iter()
                .map(|message| (message, Cell::new(false)))
                .collect(),
        })
    }

    fn take(
        &self,
        name: &str,
        kind: i32,
        kind_name: &str,
    ) -> Result<Option<&AttributeMessage>, Fault> {
        let Some((message, taken)) = self.list.iter().find(|(message, _)| message.name == name)
        else {
            return Ok(None);
        };
        taken.set(true);
        // Before IR version 3 the type was not written.
        if message.kind != kind && message.kind != 0 {
            return Err(Fault::malformed(format!(
                "the attribute `{name}` should hold {kind_name} but has type number {}",
                message.kind
            )));
        }
        Ok(Some(message))
    }

    pub(crate) fn float(&self, name: &str) -> Result<Option<f32>, Fault> {
        Ok(self
            .take(name, kind::FLOAT, "a float")?
            .map(|message| message.f))
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>, Fault> {
        Ok(self
            .take(name, kind::INT, "an integer")?
            .map(|message| message.i))
    }

    /// An integer that stands for a truth value.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.int(name)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(other) => Err(Fault::malformed(format!(
                "the attribute `{name}` should be 0 or 1 but is {other}"
            ))),
        }
    }

    pub(crate) fn string(&self, name: &str) -> Result<Option<&str>, Fault> {
        self.take(name, kind::STRING, "a text")?
            .map(|message| text(name, &message.s))
            .transpose()
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Option<&TensorMessage>, Fault> {
        self.take(name, kind::TENSOR, "a tensor")?
            .map(|message| {
                message.t.as_ref().ok_or_else(|| {
                    Fault::malformed(format!("the attribute `{name}` holds no tensor"))
                })
            })
            .transpose()
    }

    pub(crate) fn floats(&self, name: &str) -> Result<Option<&[f32]>, Fault> {
        Ok(self
            .take(name, kind::FLOATS, "floats")?
            .map(|message| message.floats.as_slice()))
    }

    pub(crate) fn ints(&self, name: &str) -> Result<Option<&[i64]>, Fault> {
        Ok(self
            .take(name, kind::INTS, "integers")?
            .map(|message| message.ints.as_slice()))
    }

    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<&str>>, Fault> {
        self.take(name, kind::STRINGS, "texts")?
            .map(|message| {
                message
                    .strings
                    .iter()
                    .map(|bytes| text(name, bytes))
                    .collect()
            })
            .transpose()
    }

    /// Passes over an attribute that does not change numeric results.
    pub(crate) fn pass_over(&self, name: &str) {
        if let Some((_, taken)) = self.list.iter().find(|(message, _)| message.name == name) {
            taken.set(true);
        }
    }

    /// Refuses what no operator has taken.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        match self.list.iter().find(|(_, taken)| !taken.get()) {
            None => Ok(()),
            Some((message, _)) => Err(Fault::unsupported(
                format!("the attribute `{}`", crate::place::Shown(&message.name)),
                "export the model without it",
            )),
        }
    }
}

fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Fault> {
    std::str::from_utf8(bytes)
        .map_err(|_| Fault::malformed(format!("the attribute `{name}` is not UTF-8 text")))
}
