"""DRIM-M: a source DRIMbox, which points the DMP at images and hands them out [DRIM digest 0, 1.3, 3].

Owns: the images (blobs), their studies, the reports that came for them, the KOS it published. Does not own: the report
in the DMP (the RIS publishes it), the DMP, the tokens.

Entered by `edges.dicomweb` (STOW-RS from modality or PACS, WADO-RS from consumer boxes, OPTIONS as liveness) and
`edges.mllp` (ORU or MDM from the RIS). One report's path: MLLP frame, `operations.receive_report` stores it with one
publication per study and is acknowledged; `jobs.Publisher` runs `operations.publish_kos` until the DMP has the KOS or
has refused it for good; `operations.retrieve_images` hands out only what the last published KOS names.
"""
