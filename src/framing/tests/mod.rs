//! Tests of what framings must do, by octets from public specifications and by properties.

mod language;
mod properties;
mod vectors;
