"""JSON as GitHub shows it: one function for each kind of object, shared by REST answers and webhooks."""
