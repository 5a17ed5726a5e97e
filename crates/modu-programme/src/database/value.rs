//! What goes into a statement and comes out of it.

use super::DatabaseError;

/// A value in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $made:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        })*
    };
}

value_from! {
    i64 => |it| Self::Integer(it);
    u32 => |it| Self::Integer(i64::from(it));
    // No number that we give out comes near the largest; one that a stranger
    // makes up then names nothing.
    u64 => |it| Self::Integer(i64::try_from(it).unwrap_or(i64::MAX));
    usize => |it| Self::Integer(i64::try_from(it).unwrap_or(i64::MAX));
    bool => |it| Self::Integer(i64::from(it));
    &str => |it| Self::Text(it.to_owned());
    String => |it| Self::Text(it);
    &String => |it| Self::Text(it.clone());
    Vec<u8> => |it| Self::Bytes(it);
    &[u8] => |it| Self::Bytes(it.to_vec());
    [u8; 16] => |it| Self::Bytes(it.to_vec());
    [u8; 32] => |it| Self::Bytes(it.to_vec());
    &[u8; 32] => |it| Self::Bytes(it.to_vec());
    &Value => |it| it.clone();
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What is filled into a statement, in order.
pub trait Params {
    /// As values.
    fn values(self) -> Vec<Value>;
}

impl Params for () {
    fn values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Params for Vec<Value> {
    fn values(self) -> Vec<Value> {
        self
    }
}

impl<T: Into<Value>, const N: usize> Params for [T; N] {
    fn values(self) -> Vec<Value> {
        self.into_iter().map(Into::into).collect()
    }
}

macro_rules! params_of {
    ($($name:ident)+) => {
        impl<$($name: Into<Value>),+> Params for ($($name,)+) {
            #[expect(non_snake_case, reason = "one name for the type and its value")]
            fn values(self) -> Vec<Value> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    };
}

params_of!(A);
params_of!(A B);
params_of!(A B C);
params_of!(A B C D);
params_of!(A B C D E);
params_of!(A B C D E F);
params_of!(A B C D E F G);
params_of!(A B C D E F G H);
params_of!(A B C D E F G H I);
params_of!(A B C D E F G H I J);

/// A row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// [`DatabaseError::Unexpected`] where it is of another kind.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, DatabaseError> {
        let value = self.0.get(column).and_then(T::from_value);
        value.ok_or(DatabaseError::Unexpected { column })
    }
}

/// What a column's value can be read as.
pub trait FromValue: Sized {
    /// `None` where it is of another kind.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! whole_number {
    ($($type:ty)*) => {
        $(impl FromValue for $type {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Integer(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        })*
    };
}

whole_number!(i64 u64 u32 u16);

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number != 0),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
