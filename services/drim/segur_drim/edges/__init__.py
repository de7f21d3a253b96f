"""The protocols of the box: DICOMweb, and HL7 v2 over MLLP."""
