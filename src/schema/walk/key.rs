//! The keywords that the walk tells apart.

/// The keys that count.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Key {
    Type,
    Title,
    Description,
    Format,
    Enum,
    Items,
    PrefixItems,
    MinItems,
    MaxItems,
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    AnyOf,
    OneOf,
    Properties,
    AdditionalProperties,
    Required,
    Ref,
    /// The root's, where references lead; elsewhere they say nothing.
    Definitions,
    Id,
    /// Counts as well, and is left to the tree.
    Rare,
    /// Says nothing to Google.
    Dropped,
}

impl Key {
    /// Bytes are matched faster than texts, which would be compared one by one.
    pub(super) fn named(name: &[u8]) -> Self {
        match name {
            b"type" => Self::Type,
            b"title" => Self::Title,
            b"description" => Self::Description,
            b"format" => Self::Format,
            b"enum" => Self::Enum,
            b"items" => Self::Items,
            b"prefixItems" => Self::PrefixItems,
            b"minItems" => Self::MinItems,
            b"maxItems" => Self::MaxItems,
            b"minimum" => Self::Minimum,
            b"maximum" => Self::Maximum,
            b"exclusiveMinimum" => Self::ExclusiveMinimum,
            b"exclusiveMaximum" => Self::ExclusiveMaximum,
            b"anyOf" => Self::AnyOf,
            b"oneOf" => Self::OneOf,
            b"properties" => Self::Properties,
            b"additionalProperties" => Self::AdditionalProperties,
            b"required" => Self::Required,
            b"$ref" => Self::Ref,
            b"$defs" | b"definitions" => Self::Definitions,
            b"$id" => Self::Id,
            b"const" | b"nullable" | b"additionalItems" | b"allOf" | b"patternProperties"
            | b"propertyOrdering" => Self::Rare,
            _ => Self::Dropped,
        }
    }

    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }
}
