"""Sources → examples: `sources` finds and reads them, `read` cleans rows, `select` picks those that are used."""
