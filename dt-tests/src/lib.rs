//! dt-tests
