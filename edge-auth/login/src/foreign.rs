//! What strangers send to login, read and nothing done about it: the readers behind [`crate::Login`], open to those who
//! try them on any bytes (`fuzz/bodies/login.rs`).

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;

use crate::asked::{Asked, SignIn};

pub use crate::upload::{Upload, upload};

/// What a request says.
#[derive(PartialEq, Eq)]
pub struct Read {
    /// Name, password and the page after that, where it is a form to sign in.
    pub sign_in: Option<[String; 3]>,
    /// The page after that, where the query says it.
    pub next: String,
    /// The code of an invitation in the query.
    pub code: Option<String>,
    /// The language of the answer.
    pub language: &'static str,
}

/// Reads a request.
pub fn read(event: &LambdaFunctionUrlRequest) -> Read {
    let asked = Asked::of(event);
    let fields = |SignIn { name, password, next }| [name, password.to_string(), next.to_string()];
    Read {
        sign_in: asked.sign_in().map(fields),
        next: asked.next().to_string(),
        code: asked.code().map(|code| code.reveal()),
        language: asked.texts().tag,
    }
}
