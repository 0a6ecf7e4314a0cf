//! scrubjay-web
