//! Names of what can be planted in a program, as an enum with one table: what a program lists, what its
//! command line takes, and what its code asks for cannot drift apart.

/// Makes an enum of planted things. Each variant has its name, the requirement that it breaks (empty
/// where it breaks none), and what it is.
macro_rules! planted {
    ($(#[$meta:meta])* pub enum $kind:ident {
        $($variant:ident = $name:literal, $requirement:literal, $what:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $kind {
            $(#[doc = $what] $variant,)*
        }

        impl $kind {
            /// The variant of a name on the command line.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Prints each with its columns, separated by tabs.
            pub(crate) fn list() {
                $(
                    if $requirement.is_empty() {
                        println!("{}\t{}", $name, $what);
                    } else {
                        println!("{}\t{}\t{}", $name, $requirement, $what);
                    }
                )*
            }
        }
    };
}
