"""What patients, carers and legal representatives do in Mon espace santé, by the page or the REST door."""
