//! scrubjay-shaders
