package fr.segurstack.lps;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import ihe.iti.xds_b._2007.ProvideAndRegisterDocumentSetRequest;
import ihe.iti.xds_b._2007.RegistryPortType;
import ihe.iti.xds_b._2007.RepositoryPortType;
import ihe.iti.xds_b._2007.RetrieveDocumentSetRequest;
import jakarta.activation.DataHandler;
import jakarta.xml.ws.WebServiceException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import oasis.names.tc.ebxml_regrep.xsd.lcm._3.SubmitObjectsRequest;
import oasis.names.tc.ebxml_regrep.xsd.query._3.AdhocQueryRequest;
import oasis.names.tc.ebxml_regrep.xsd.rim._3.AssociationType;
import oasis.names.tc.ebxml_regrep.xsd.rim._3.ExtrinsicObjectType;
import oasis.names.tc.ebxml_regrep.xsd.rim._3.RegistryObjectListType;
import oasis.names.tc.ebxml_regrep.xsd.rim._3.RegistryPackageType;
import org.apache.cxf.binding.soap.SoapFault;
import org.hl7.v3.Answer;
import org.hl7.v3.BL;
import org.hl7.v3.CV;
import org.hl7.v3.DemographicsQuery;
import patients.dmp.si.PatientsPortType;

/**
 * TD0.2, TD2.1 in MTOM, TD3.1, TD3.2, TD3.3c, and a search that is refused.
 *
 * <p>Reads one JSON object from standard input: addresses, certificates, who acts, the values of the requests, the
 * document in base64. Prints one JSON line.
 */
public final class Run {
    private static final String AIR = "INDIRECTE_RENFORCEE";
    private static final String INDIRECT = "INDIRECTE";
    private static final Map<String, Class<?>> OBJECTS = Map.of(
            "RegistryPackage", RegistryPackageType.class,
            "ExtrinsicObject", ExtrinsicObjectType.class,
            "Association", AssociationType.class);
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final JsonNode told;
    private final String patient;

    private Run(JsonNode told) {
        this.told = told;
        this.patient = told.get("patient").asText();
    }

    public static void main(String[] arguments) throws Exception {
        byte[] found = JSON.writeValueAsBytes(new Run(JSON.readTree(System.in)).held());
        System.out.write(found, 0, found.length);
        System.out.flush();
    }

    /** One professional with the certificates of the structure. */
    private final class User {
        private final Vihf.Professional who;
        private final Vihf vihf;
        private final Connection connection;

        User(String role) throws Exception {
            JsonNode about = told.get(role);
            char[] password = told.get("password").asText().toCharArray();
            who = JSON.convertValue(about.get("professional"), Vihf.Professional.class);
            vihf = new Vihf(Path.of(about.get("signing").asText()), password);
            connection = new Connection(
                    told.get("services").asText(),
                    Path.of(about.get("structure").asText()),
                    password,
                    Path.of(told.get("authority").asText()));
        }

        PatientsPortType patients() throws Exception {
            return Connection.with(connection.port(PatientsPortType.class, "patients"), vihf.of(who, patient, AIR));
        }

        RegistryPortType registry() throws Exception {
            RegistryPortType port = connection.port(RegistryPortType.class, "registry");
            return Connection.with(port, vihf.of(who, patient, AIR));
        }

        RepositoryPortType repository(String mode) throws Exception {
            RepositoryPortType port = connection.port(RepositoryPortType.class, "repository");
            return Connection.with(port, vihf.of(who, patient, mode));
        }
    }

    private Map<String, Object> held() throws Exception {
        Map<String, Object> found = new LinkedHashMap<>();
        User author = new User("author");
        User reader = new User("reader");

        DemographicsQuery exists = JSON.convertValue(told.get("existence"), DemographicsQuery.class);
        Answer tested = reader.patients().patientGetDemographicsPRPAIN201307UV02(exists);
        var subject = tested.getControlActProcess().getSubject().get(0).getRegistrationEvent();
        found.put("status", subject.getSubject1().getPatient().getStatusCode().getCode());
        for (var line : tested.getAttentionLine()) {
            Object value = line.getValue() instanceof CV code ? code.getCode() : ((BL) line.getValue()).isValue();
            found.put(line.getKeyWordText().getCode(), value);
        }

        byte[] document = Base64.getDecoder().decode(told.get("document").asText());
        var content = new ProvideAndRegisterDocumentSetRequest.Document();
        content.setId("Document01");
        content.setValue(document);
        var feed = new ProvideAndRegisterDocumentSetRequest();
        feed.setSubmitObjectsRequest(submission(told.get("objects")));
        feed.getDocument().add(content);
        found.put("fed", author.repository(INDIRECT).documentRepositoryProvideAndRegisterDocumentSetB(feed).getStatus());

        ExtrinsicObjectType entry = find(reader).get(0);
        found.put("size", slot(entry, "size"));

        var wanted = new RetrieveDocumentSetRequest.DocumentRequest();
        wanted.setRepositoryUniqueId(slot(entry, "repositoryUniqueId"));
        wanted.setDocumentUniqueId(told.get("uniqueId").asText());
        var retrieve = new RetrieveDocumentSetRequest();
        retrieve.getDocumentRequest().add(wanted);
        var retrieved = reader.repository(AIR).documentRepositoryRetrieveDocumentSet(retrieve);
        var given = retrieved.getDocumentResponse().get(0);
        found.put("mimeType", given.getMimeType());
        found.put("document", base64(given.getDocument()));

        SubmitObjectsRequest deletion = submission(told.get("deletion"));
        for (Object object : deletion.getRegistryObjectList().getRegistryPackageOrExtrinsicObjectOrAssociation()) {
            if (object instanceof AssociationType link) {
                link.setTargetObject(entry.getId());
            }
        }
        found.put("deleted", author.registry().documentRegistryUpdateDocumentSet(deletion).getStatus());
        found.put("left", find(reader).size());
        try {
            find(new User("stranger"));
        } catch (WebServiceException refused) {
            // The codes of the DMP have no namespace: CXF gives its own fault as the cause.
            SoapFault fault = (SoapFault) refused.getCause();
            found.put("refused", fault.getSubCode().getLocalPart());
            found.put("reason", fault.getReason());
        }
        return found;
    }

    /** The entries of the document we speak of, among those the DMP shows. */
    private List<ExtrinsicObjectType> find(User reader) throws Exception {
        AdhocQueryRequest query = JSON.convertValue(told.get("find"), AdhocQueryRequest.class);
        var answer = reader.registry().documentRegistryRegistryStoredQuery(query);
        return answer.getRegistryObjectList().getRegistryPackageOrExtrinsicObjectOrAssociation().stream()
                .filter(ExtrinsicObjectType.class::isInstance)
                .map(ExtrinsicObjectType.class::cast)
                .filter(entry -> entry.getExternalIdentifier().stream()
                        .anyMatch(one -> one.getValue().equals(told.get("uniqueId").asText())))
                .toList();
    }

    private static SubmitObjectsRequest submission(JsonNode objects) {
        RegistryObjectListType list = new RegistryObjectListType();
        for (JsonNode object : objects) {
            var named = object.fields().next();
            Object made = JSON.convertValue(named.getValue(), OBJECTS.get(named.getKey()));
            list.getRegistryPackageOrExtrinsicObjectOrAssociation().add(made);
        }
        SubmitObjectsRequest submission = new SubmitObjectsRequest();
        submission.setRegistryObjectList(list);
        return submission;
    }

    private static String slot(ExtrinsicObjectType entry, String name) {
        return entry.getSlot().stream()
                .filter(slot -> slot.getName().equals(name))
                .findFirst()
                .orElseThrow()
                .getValueList()
                .getValue()
                .get(0);
    }

    private static String base64(DataHandler data) throws Exception {
        try (InputStream stream = data.getInputStream()) {
            return Base64.getEncoder().encodeToString(stream.readAllBytes());
        }
    }
}
