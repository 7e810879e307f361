"""Content and layout of the fictional Brackwater Bank documents."""
