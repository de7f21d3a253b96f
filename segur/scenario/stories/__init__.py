"""The stories, one module each; importing a module registers its stories."""
