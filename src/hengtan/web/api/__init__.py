"""The API: what the pages do, for programs. A token belongs to one person in one organisation and may never do more than he may."""
