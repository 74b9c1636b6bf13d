"""People, enterprises, divisions, organs, licences, data sharing, access."""
