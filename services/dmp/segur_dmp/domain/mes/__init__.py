"""The rules of Mon espace santé: spaces, visitors, categories, notices, traces [DMP digest 6.3 to 6.5]."""
