"""What the DMP remembers; patients are named by their pseudonym, and every query is of the sandbox of the call.

One module per kind of record. A method that returns an `Insert`, `Update` or `Delete` writes nothing: the operation
commits it together with the facts it causes.
"""

from __future__ import annotations

from segur.kernel.store import Store
from segur_dmp.domain.parameters import Parameters
from segur_dmp.store.accounts import Accounts
from segur_dmp.store.authorizations import Authorizations
from segur_dmp.store.crowds import Crowds
from segur_dmp.store.diary import Agenda, Deadlines, ServiceConsents
from segur_dmp.store.documents import Documents, StoredDocument, read_document
from segur_dmp.store.emergencies import Emergencies
from segur_dmp.store.folders import Folders
from segur_dmp.store.measures import Measures, MedicalProfiles
from segur_dmp.store.news import DirectoryNews
from segur_dmp.store.notifications import Mails, Notifications
from segur_dmp.store.parameters import SandboxParameters
from segur_dmp.store.preventions import Preventions
from segur_dmp.store.sessions import ClosedSessions
from segur_dmp.store.spaces import Delegations, Spaces
from segur_dmp.store.submission_sets import StoredSet, SubmissionSets
from segur_dmp.store.traces import Traces

__all__ = ["Records", "StoredDocument", "StoredSet", "read_document"]


class Records:
    """All records of the DMP, by kind."""

    def __init__(self, store: Store, usual: Parameters) -> None:
        self.accounts = Accounts(store)
        self.documents = Documents(store)
        self.sets = SubmissionSets(store)
        self.crowds = Crowds(store)
        self.authorizations = Authorizations(store)
        self.notifications = Notifications(store)
        self.emergencies = Emergencies(store)
        self.parameters = SandboxParameters(store, usual)
        self.news = DirectoryNews(store)
        self.sessions = ClosedSessions(store)
        self.spaces = Spaces(store)
        self.delegations = Delegations(store)
        self.traces = Traces(store)
        self.mails = Mails(store)
        self.deadlines = Deadlines(store)
        self.agenda = Agenda(store)
        self.service_consents = ServiceConsents(store)
        self.folders = Folders(store)
        self.measures = Measures(store)
        self.medical_profiles = MedicalProfiles(store)
        self.preventions = Preventions(store)
