"""How what people type is read, by language: settings name this package."""
