"""The protocols of the DMP: SOAP for professionals, REST JSON for Mon espace santé."""
