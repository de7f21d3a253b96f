// npm's soap from our WSDLs: TD0.2, TD2.1 in MTOM, TD3.1, TD3.2, TD3.3c.
//
// Reads one JSON object from standard input: `base` (address of the services), `vihf` (one signed assertion for each
// call, by the name of the service), the values of the requests, and the `document` in base64. Prints one JSON line.
import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import soap from 'soap'

const told = JSON.parse(readFileSync(0, 'utf8'))
const WSA = 'http://www.w3.org/2005/08/addressing'
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
const XOP = 'http://www.w3.org/2004/08/xop/include'

// The WSDL says what wsa:Action is; this library leaves WS-Addressing to its user. Its methods have _ for a hyphen.
const call = async (service, operation, action, vihf, values, options) => {
  const client = await soap.createClientAsync(`${told.base}/${service}?wsdl`, { forceSoap12Headers: true, normalizeNames: true, parseReponseAttachments: true })
  client.addSoapHeader(
    `<a:MessageID xmlns:a="${WSA}">urn:uuid:${randomUUID()}</a:MessageID><a:To xmlns:a="${WSA}"/>` +
      `<a:ReplyTo xmlns:a="${WSA}"><a:Address>${WSA}/anonymous</a:Address></a:ReplyTo>` +
      `<a:Action xmlns:a="${WSA}">${action}</a:Action><o:Security xmlns:o="${WSSE}">${vihf}</o:Security>`,
  )
  const [answer, , , , attachments] = await client[`${operation.replaceAll('-', '_')}Async`](values, options)
  return { answer, attachments }
}
const one = (found) => (Array.isArray(found) ? found[0] : found)
const many = (found) => (found === undefined ? [] : Array.isArray(found) ? found : [found])

const existence = await call(
  'patients',
  'PatientGetDemographics_PRPA_IN201307UV02',
  'urn:hl7-org:v3:PRPA_IN201307UV02',
  told.vihf.existence,
  told.existence,
)
const patient = one(existence.answer.controlActProcess.subject).registrationEvent.subject1.patient

const fed = await call(
  'repository',
  'DocumentRepository_ProvideAndRegisterDocumentSet-b',
  'urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b',
  told.vihf.feed,
  {
    SubmitObjectsRequest: { RegistryObjectList: told.objects },
    Document: { attributes: { id: 'Document01' }, $xml: `<x:Include xmlns:x="${XOP}" href="cid:doc1@node"/>` },
  },
  {
    forceMTOM: true,
    attachments: [
      { mimetype: 'application/octet-stream', contentId: 'doc1@node', name: 'doc1', body: Buffer.from(told.document, 'base64') },
    ],
  },
)

const find = async (vihf) => {
  const { answer } = await call('registry', 'DocumentRegistry_RegistryStoredQuery', 'urn:ihe:iti:2007:RegistryStoredQuery', vihf, told.find)
  return many(answer.RegistryObjectList?.ExtrinsicObject).filter((entry) =>
    many(entry.ExternalIdentifier).some((identifier) => identifier.attributes.value === told.uniqueId),
  )
}
const [entry] = await find(told.vihf.find)
const slot = (name) => one(many(entry.Slot).find((found) => found.attributes.name === name).ValueList.Value)

const { answer: retrieved, attachments } = await call(
  'repository',
  'DocumentRepository_RetrieveDocumentSet',
  'urn:ihe:iti:2007:RetrieveDocumentSet',
  told.vihf.retrieve,
  { DocumentRequest: { RepositoryUniqueId: slot('repositoryUniqueId'), DocumentUniqueId: told.uniqueId } },
)
const [part] = attachments.parts

const deletion = JSON.parse(JSON.stringify(told.deletion).replaceAll('ENTRYUUID', entry.attributes.id))
const deleted = await call(
  'registry',
  'DocumentRegistry_UpdateDocumentSet',
  'urn:ihe:iti:2010:UpdateDocumentSet',
  told.vihf.delete,
  { RegistryObjectList: deletion },
)

console.log(
  JSON.stringify({
    status: patient.statusCode.attributes.code,
    fed: fed.answer.attributes.status,
    size: slot('size'),
    mimeType: one(retrieved.DocumentResponse).mimeType,
    document: Buffer.from(part.body).toString('base64'),
    deleted: deleted.answer.attributes.status,
    left: (await find(told.vihf.again)).length,
  }),
)
