"""Mon espace santé's doors: the patient's page under /mes/, and the REST door of scenarios under /mes/api."""
