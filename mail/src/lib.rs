//! One e-mail for each viewer about a batch of new photos.
//!
//! In: the catalogues of the web bucket, the viewers and what each has been told of the auth bucket, the time. Out: letters to
//! a mail server, and a record of them. It looks at what there is, never at events ([`known`]), waits until nothing new
//! comes any more ([`due`]), writes what a viewer's scope may see and nothing else ([`letter`]), and sends it
//! ([`post`]). Who may be written to, and the link that ends it, are login's.
//!
//! **A letter is sent once, or twice under one number.** What a viewer is about to be told is claimed by a conditional
//! write, then sent, then recorded. Two runs at once cannot both claim. A run that dies between sending and recording
//! leaves its claim, and after a quarter of an hour the letter is sent again with the same `Message-ID`, by which mail
//! programs fold the two into one. The other way round, recording before sending, a letter would be lost now and then, and
//! nobody would ever know.

pub mod answers;
mod due;
mod keeping;
mod known;
mod letter;
mod looking;
mod password;
mod post;
mod report;
mod rounds;
pub mod ses;
mod settings;
mod told;
mod words;

pub use keeping::{Pace, keep_making};
pub use password::{PasswordError, VARIABLE, store_password};
pub use post::{Post, PostError};
pub use report::{Reached, Report, Telling, Viewed};
pub use rounds::{Asked, Rounds, RoundsError};
pub use settings::{Settings, SettingsError, Tls};
