//! What Databend's errors mean, in one place.
//!
//! The code decides; where a code means two things (4000, 4001), its text does. A server's message may quote the statement or a
//! value, so only messages that speak of objects and sessions are passed on, their first line alone; for all others there
//! are the code and words of our own. The driver's error is never kept as a cause, for the same reason.

use databend_client::Error as Api;
use databend_driver::Error as Driver;
use dt_common::error::{Error, ErrorKind};

/// Characters of a server's message that are passed on.
const MAX_MESSAGE: usize = 300;

/// What to do about an object that is gone.
const CREATE: &str = "create it again, by extract_type = struct or by hand, and start the task again";

/// The error of a request.
pub fn classify(error: &Driver) -> Error {
    match error {
        Driver::Api(api) => classify_api(api),
        Driver::Transport(_) | Driver::IO(_) | Driver::Protocol(_) | Driver::InvalidResponse(_) => {
            transient("the connection to Databend failed")
        }
        Driver::BadArgument(message) => Error::config(first_line(message)),
        Driver::Parsing(_) | Driver::Arrow(_) | Driver::Convert(_) => {
            Error::target("Databend answered something that its driver cannot read")
        }
    }
}

fn classify_api(error: &Api) -> Error {
    match error {
        Api::WithContext { inner, .. } => classify_api(inner),
        Api::BadArgument(message) => Error::config(first_line(message)),
        Api::IO(_) => transient("the connection to Databend failed"),
        Api::Request(message) => by_request(message),
        Api::Decode(_) => transient("Databend's answer was cut off or is not its own"),
        Api::QueryFailed(code) => by_code(code.code, &code.message),
        Api::Logic(status, code) if status.is_server_error() || status.as_u16() == 429 => {
            transient(format!("Databend answered HTTP {}, code {}", status.as_u16(), code.code))
        }
        Api::Logic(_, code) => by_code(code.code, &code.message),
        Api::Response { status, .. } => by_status(status.as_u16()),
        Api::QueryNotFound(_) => transient("Databend has lost the query"),
        Api::AuthFailure(code) if matches!(code.code, 5101 | 5103) => {
            transient("the session's token has expired")
        }
        Api::AuthFailure(code) => Error::target(format!(
            "Databend refuses the user name, the password or the token of [sinker] (401, code {})",
            code.code
        )),
    }
}

/// A request that did not get through. The driver hands on texts only, so what TLS says is known by its words; without them
/// it would be tried again in vain.
fn by_request(message: &str) -> Error {
    let cause = first_line(message);
    let remedy = if message.contains("InvalidContentType") {
        "the server does not speak TLS; set sslmode=disable in [sinker] url if that is meant"
    } else if message.contains("invalid peer certificate: UnknownIssuer") {
        "its certificate is signed by no public authority, nor by one in tls_ca_file; name its authority's file there \
         (tls_ca_file=PATH in [sinker] url)"
    } else if message.contains("invalid peer certificate") {
        "its certificate is not good; renew it at the server, or name the host as the certificate does"
    } else if message.contains("invalid HTTP version parsed") {
        return transient(format!(
            "the server does not answer in HTTP; if it speaks TLS, take sslmode=disable out of [sinker] url: {cause}"
        ));
    } else {
        return transient(format!("the connection to Databend failed: {cause}"));
    };
    Error::target(format!("TLS with Databend failed: {remedy}: {cause}"))
}

fn by_status(status: u16) -> Error {
    match status {
        401 | 403 => Error::target(format!(
            "Databend refuses the user name, the password or the token of [sinker] (HTTP {status})"
        )),
        429 | 500..=599 => transient(format!("Databend answered HTTP {status}")),
        _ => Error::target(format!(
            "Databend answered HTTP {status}; does [sinker] url name a Databend HTTP endpoint?"
        )),
    }
}

/// The meaning of a code. Whatever is not listed ends the task: it has not been understood.
fn by_code(code: u16, message: &str) -> Error {
    let with_message =
        |kind, what: &str| Error::new(kind, format!("{what}: {} (code {code})", first_line(message)));
    let without = |kind, what: &str| Error::new(kind, format!("{what} (code {code})"));
    match code {
        1003 => with_message(ErrorKind::Schema, "there is no such database").way_out(CREATE),
        1025 => with_message(ErrorKind::Schema, "there is no such table").way_out(CREATE),
        1110 => with_message(ErrorKind::Schema, "a column's name is reserved"),
        1005 => without(ErrorKind::Internal, "Databend cannot parse the statement"),
        1006 | 1046 | 1049 | 1090 => without(
            ErrorKind::Data,
            "Databend refuses a value: it does not convert to the column's type, or violates NOT NULL or a CHECK of the target; or \
             the target table was altered since the task started",
        )
        .way_out("change the target's column, or the row at the source, and start the task again"),
        1065 | 1058 | 1008 => without(
            ErrorKind::Schema,
            "the statement does not fit the target table; has its definition changed since the task started?",
        )
        .way_out("start the task again, it compares both definitions"),
        1063 | 2201..=2299 => with_message(ErrorKind::Target, "Databend refuses permission")
            .way_out("GRANT it to the user of [sinker] url and start the task again"),
        1402..=1404 => with_message(ErrorKind::Target, "Databend lacks a licence"),
        1104 => without(ErrorKind::Target, "Databend met a defect of its own"),
        2411 => without(
            ErrorKind::Target,
            "Databend has not enough memory for the statement; lower [sinker] batch_size",
        ),
        4000 if message.contains("duplicated data") => {
            without(ErrorKind::Internal, "a key occurs twice in one statement")
        }
        4001 if message.contains("multi rows from source") => {
            without(ErrorKind::Internal, "a key occurs twice in one statement")
        }
        // With a short retention the same conflict comes as 4003.
        4003 if message.contains("Unresolvable conflict") => {
            without(ErrorKind::Conflict, "another transaction was faster")
        }
        4001 | 2014 => without(ErrorKind::Conflict, "another transaction changed the same blocks"),
        4002 | 4003 | 5110..=5112 => with_message(ErrorKind::Transient, "the transaction was lost"),
        5101 | 5103 => without(ErrorKind::Transient, "the session has expired"),
        1038 | 1042..=1044 | 1122 | 2001 | 2009 | 2011 | 2015 | 2016 | 2317 | 2322 | 2404 | 3901 | 4000 => {
            without(ErrorKind::Transient, "Databend or its storage failed for the moment")
        }
        _ => without(ErrorKind::Target, "Databend refuses the statement")
            .way_out("its own log has the reason (system.query_log); remove it and start the task again"),
    }
}

fn transient(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transient, message)
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kinds() {
        for (code, message, kind) in [
            (4001, "Unresolvable conflict detected for table 17", ErrorKind::Conflict),
            (4001, "multi rows from source match one and the same row", ErrorKind::Internal),
            (4000, "duplicated data detected in the values", ErrorKind::Internal),
            (4000, "storage: timed out", ErrorKind::Transient),
            (4002, "", ErrorKind::Transient),
            (4003, "", ErrorKind::Transient),
            (4003, "Unresolvable conflict: Transaction conflicts with commit at", ErrorKind::Conflict),
            (5111, "", ErrorKind::Transient),
            (2014, "", ErrorKind::Conflict),
            (1006, "", ErrorKind::Data),
            (1025, "", ErrorKind::Schema),
            (1063, "", ErrorKind::Target),
            (9999, "", ErrorKind::Target),
        ] {
            assert_eq!(by_code(code, message).kind(), kind, "{code} {message}");
        }
    }

    #[test]
    fn tls_says_what_to_set() {
        let prefix = "reqwest::Error: error sending request, source_chain=client error (Connect) -> ";
        for (cause, kind, expected) in [
            ("received corrupt message of type InvalidContentType", ErrorKind::Target, "sslmode=disable"),
            ("invalid peer certificate: UnknownIssuer", ErrorKind::Target, "tls_ca_file"),
            ("invalid peer certificate: certificate expired", ErrorKind::Target, "renew it"),
            ("tcp connect error: Connection refused", ErrorKind::Transient, "refused"),
        ] {
            let error = classify(&Driver::Api(Api::Request(format!("{prefix}{cause}"))));
            assert!(error.kind() == kind && error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn values_and_statements_do_not_leak() {
        for code in [1001, 1005, 1006, 1046, 1049, 1065, 1090, 1104, 4000, 4001, 9999] {
            let text = by_code(code, "cannot parse 'secret' in INSERT INTO t VALUES ('secret')").to_string();
            assert!(!text.contains("secret") && text.contains(&code.to_string()), "{text}");
        }
        assert_eq!(first_line("one\nselect 'secret'"), "one");
        let parsing = classify(&Driver::Parsing("secret".into())).to_string();
        assert!(!parsing.contains("secret"));
    }
}
