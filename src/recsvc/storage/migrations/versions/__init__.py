"""One module a migration, numbered. What was released is never edited; a change is one more module."""
