//! Lists, page by page, as they are read.

use std::marker::PhantomData;

use modu_wire::Listing;
use modu_wire::value::Number;
use serde::de::DeserializeOwned;

use crate::ClientError;
use crate::call::{Call, Line};

/// Things asked for at once.
const PAGE: u32 = 200;

/// Everything in a list: the next page is asked for when the one before was
/// read. It ends after an error.
#[derive(Debug)]
pub struct Pages<'c, T> {
    line: &'c Line,
    path: String,
    read: std::vec::IntoIter<T>,
    next: Next,
    _of: PhantomData<T>,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    After(Option<Number>),
    Nothing,
}

impl<'c, T> Pages<'c, T> {
    pub(crate) fn new(line: &'c Line, path: String, after: Option<Number>) -> Self {
        Self {
            line,
            path,
            read: Vec::new().into_iter(),
            next: Next::After(after),
            _of: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Iterator for Pages<'_, T> {
    type Item = Result<T, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.read.next() {
                return Some(Ok(item));
            }
            let Next::After(after) = self.next else {
                return None;
            };
            let joint = if self.path.contains('?') { '&' } else { '?' };
            let mut path = format!("{}{joint}limit={PAGE}", self.path);
            if let Some(after) = after {
                path += &format!("&after={after}");
            }
            match self.line.typed::<Listing<T>>(Call::get(&path)) {
                Err(error) => {
                    self.next = Next::Nothing;
                    return Some(Err(error));
                }
                Ok(page) => {
                    // A server that goes round in circles is not followed.
                    self.next = match page.next.filter(|next| Some(*next) > after) {
                        Some(next) => Next::After(Some(next)),
                        None => Next::Nothing,
                    };
                    self.read = page.items.into_iter();
                }
            }
        }
    }
}
