//! scrubjay-tests
