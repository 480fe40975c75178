//! The keys beside a `url`, which are the same at both ends.

use super::{Key, key};

pub(super) const URL_ENV: Key =
    key("url_env", Some(""), "Name of an environment variable that holds the `url`, instead of `url`.");
pub(super) const USERNAME: Key = key("username", Some(""), "Used instead of the user in `url`.");
pub(super) const USERNAME_ENV: Key =
    key("username_env", Some(""), "Name of an environment variable that holds the `username`.");
pub(super) const PASSWORD: Key = key("password", Some(""), "Used instead of the password in `url`.");
pub(super) const PASSWORD_ENV: Key =
    key("password_env", Some(""), "Name of an environment variable that holds the `password`.");
pub(super) const PASSWORD_FILE: Key =
    key("password_file", Some(""), "File that holds the `password`. One newline at its end is cut.");
