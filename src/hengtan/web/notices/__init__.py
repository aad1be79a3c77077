"""Notices: what happened that concerns a person, told in the application and, as the person likes, by e-mail."""
