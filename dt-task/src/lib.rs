//! dt-task
