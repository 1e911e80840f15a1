"""What the API's schema says of how a search was read."""

#: How a search was read, for the API's schema. `mitigations._search_note` makes it.
SEARCH_NOTE = {
    "type": "object",
    "description": "How “q” was read; mitigations only.",
    "required": [
        "query",
        "corrected",
        "corrections",
        "did_you_mean",
        "missing",
        "beginnings",
        "categories",
        "synonyms",
        "gaps",
        "words",
    ],
    "properties": {
        "query": {"type": "string", "description": "As it was asked for."},
        "corrected": {
            "type": ["string", "null"],
            "description": "The query that was searched for in its place: only where a word was unknown here and in English, and one "
            "slip from a known one, or, of eight letters or more, two slips from the only one that begins with the same three. What is in quotes is never corrected.",
        },
        "corrections": {
            "type": "array",
            "description": "The words that were corrected.",
            "items": {
                "type": "object",
                "required": ["typed", "used"],
                "properties": {
                    "typed": {"type": "string"},
                    "used": {"type": "string"},
                },
            },
        },
        "did_you_mean": {
            "type": ["string", "null"],
            "description": "Another spelling of the query that may have been meant, and was not searched for.",
        },
        "missing": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Words that no mitigation has.",
        },
        "beginnings": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What is no word of any mitigation, and was searched for as the beginning of one.",
        },
        "categories": {
            "type": "array",
            "description": "Categories that the query names by their codes.",
            "items": {
                "type": "object",
                "required": ["taxonomy", "code"],
                "properties": {
                    "taxonomy": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
        "synonyms": {
            "type": "array",
            "description": "Words of the query that were searched for as others too, which curators declared.",
            "items": {
                "type": "object",
                "required": ["typed", "meanings"],
                "properties": {
                    "typed": {"type": "string"},
                    "meanings": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Words of the catalogue, or the kind, code and name of a category or risk.",
                    },
                },
            },
        },
        "gaps": {
            "type": "array",
            "description": "Categories and risks that the query asks for, and that no mitigation is placed in.",
            "items": {
                "type": "object",
                "required": ["taxonomy", "code", "name"],
                "properties": {
                    "taxonomy": {"type": "string"},
                    "code": {"type": "string"},
                    "name": {"type": "string"},
                },
            },
        },
        "words": {
            "type": "string",
            "enum": ["all", "any"],
            "description": "Whether all words are found in each result, or, since none has all of them, any.",
        },
    },
}
