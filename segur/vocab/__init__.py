"""National identifiers, OIDs and value sets: pure values, parsed once at the door and trusted afterwards."""
