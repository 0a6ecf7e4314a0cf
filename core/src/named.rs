//! Enums whose members have names: on the command line, in files and in links, the same everywhere.

/// Defines an enum from its members' names, with `ALL`, `name`, `Display`, `FromStr` and serde by these names,
/// and the error for a name that is none of them, which lists those there are.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $Enum:ident, $what:literal, $(#[$error_meta:meta])* $Unknown:ident {
            $($(#[$member_meta:meta])* $Member:ident = $name:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        pub enum $Enum {
            $($(#[$member_meta])* #[serde(rename = $name)] $Member,)+
        }

        impl $Enum {
            /// Every member, in a fixed order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$Member),+];

            /// The name in files, links and on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$Member => $name,)+
                }
            }
        }

        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $Enum {
            type Err = $Unknown;

            fn from_str(name: &str) -> Result<Self, $Unknown> {
                Self::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| $Unknown(name.to_owned()))
            }
        }

        $(#[$error_meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $Unknown(String);

        impl std::fmt::Display for $Unknown {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!("unknown ", $what, " '{}'; known: {}"), self.0, [$($name),+].join(", "))
            }
        }

        impl std::error::Error for $Unknown {}
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::perturb::Kind;
    use crate::scene::Family;
    use crate::task::TaskName;

    #[test]
    fn names_round_trip_and_mistakes_list_what_there_is() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).expect("serializes"), format!("{:?}", kind.name()));
        }
        assert_eq!("day".parse(), Ok(Family::Day));
        let error = "chess".parse::<TaskName>().expect_err("unknown").to_string();
        assert_eq!(
            error,
            "unknown task 'chess'; known: grounding, counting, jigsaw, masked, segments, event, elements, qa"
        );
    }
}
