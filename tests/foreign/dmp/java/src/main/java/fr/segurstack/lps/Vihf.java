package fr.segurstack.lps;

import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.xml.XMLConstants;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignatureMethod;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Writes and signs VIHF 3.0 assertions with nothing but the JDK. */
final class Vihf {
    private static final String SAML = "urn:oasis:names:tc:SAML:2.0:assertion";
    private static final String HL7 = "urn:hl7-org:v3";
    private static final String XSI = "http://www.w3.org/2001/XMLSchema-instance";
    private static final String X509_SUBJECT = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName";
    private static final String MOBILE = "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered";
    /** The names the DMP expects where Java would write an OID. */
    private static final Map<String, String> NAMES = Map.of("2.5.4.42", "GN", "2.5.4.4", "SN");

    private final PrivateKey key;
    private final X509Certificate certificate;

    /** A coded value: code, OID of its system, label. */
    record Coded(String code, String system, String display) {}

    /** Who acts: the texts of the attributes, and the coded values of the role. */
    record Professional(String nameId, Map<String, String> texts, List<Coded> roles) {}

    /** `signing` is the structure's ORG_SIGN certificate with its key (PKCS#12). */
    Vihf(Path signing, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance(signing.toFile(), password);
        String alias = store.aliases().nextElement();
        key = (PrivateKey) store.getKey(alias, password);
        certificate = (X509Certificate) store.getCertificate(alias);
    }

    /** A fresh assertion about a patient, `mode` as in Authentification_mode. */
    Element of(Professional who, String patient, String mode) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().newDocument();
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        Element assertion = document.createElementNS(SAML, "saml2:Assertion");
        document.appendChild(assertion);
        declare(assertion, "xmlns:saml2", SAML);
        declare(assertion, "xmlns:xsi", XSI);
        assertion.setAttribute("ID", "_" + UUID.randomUUID());
        assertion.setIdAttribute("ID", true);
        assertion.setAttribute("IssueInstant", now);
        assertion.setAttribute("Version", "2.0");
        String issuer = certificate.getSubjectX500Principal().getName("RFC2253", NAMES);
        add(assertion, "Issuer", issuer).setAttribute("Format", X509_SUBJECT);
        Element subject = add(assertion, "Subject", null);
        add(subject, "NameID", who.nameId());
        Element statement = add(assertion, "AuthnStatement", null);
        statement.setAttribute("AuthnInstant", now);
        add(add(statement, "AuthnContext", null), "AuthnContextClassRef", MOBILE);
        Element attributes = add(assertion, "AttributeStatement", null);
        add(attribute(attributes, "VIHF_Version"), "AttributeValue", "3.0");
        add(attribute(attributes, "Authentification_mode"), "AttributeValue", mode);
        add(attribute(attributes, "Ressource_URN"), "AttributeValue", "urn:dmp");
        add(attribute(attributes, "urn:oasis:names:tc:xacml:2.0:resource:resource-id"), "AttributeValue", patient);
        who.texts().forEach((name, text) -> add(attribute(attributes, name), "AttributeValue", text));
        Element role = attribute(attributes, "urn:oasis:names:tc:xacml:2.0:subject:role");
        who.roles().forEach(one -> coded(role, "Role", one));
        Coded normal = new Coded("normal", "1.2.250.1.213.1.1.4.248", "Accès normal");
        coded(attribute(attributes, "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"), "PurposeOfUse", normal);
        sign(assertion, subject);
        return assertion;
    }

    /** The enveloped signature, where the schema of SAML wants it: before the subject. */
    private void sign(Element assertion, Element subject) throws Exception {
        XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
        Transform enveloped = factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null);
        Transform exclusive = factory.newTransform(CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null);
        DigestMethod digest = factory.newDigestMethod(DigestMethod.SHA256, null);
        Reference whole = factory.newReference(
                "#" + assertion.getAttribute("ID"), digest, List.of(enveloped, exclusive), null, null);
        SignedInfo signed = factory.newSignedInfo(
                factory.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
                factory.newSignatureMethod(SignatureMethod.RSA_SHA256, null),
                List.of(whole));
        KeyInfoFactory infos = factory.getKeyInfoFactory();
        KeyInfo info = infos.newKeyInfo(List.of(infos.newX509Data(List.of(certificate))));
        factory.newXMLSignature(signed, info).sign(new DOMSignContext(key, assertion, subject));
    }

    /** The JDK's canonicalization sees only the namespaces that are written out as attributes. */
    private static void declare(Element element, String name, String namespace) {
        element.setAttributeNS(XMLConstants.XMLNS_ATTRIBUTE_NS_URI, name, namespace);
    }

    private static Element add(Element parent, String name, String text) {
        Element child = parent.getOwnerDocument().createElementNS(SAML, "saml2:" + name);
        if (text != null) {
            child.setTextContent(text);
        }
        parent.appendChild(child);
        return child;
    }

    private static Element attribute(Element statement, String name) {
        Element attribute = add(statement, "Attribute", null);
        attribute.setAttribute("Name", name);
        return attribute;
    }

    private static void coded(Element attribute, String name, Coded value) {
        Element child = attribute.getOwnerDocument().createElementNS(HL7, name);
        declare(child, "xmlns", HL7);
        child.setAttributeNS(XSI, "xsi:type", "CE");
        child.setAttribute("code", value.code());
        child.setAttribute("codeSystem", value.system());
        child.setAttribute("displayName", value.display());
        add(attribute, "AttributeValue", null).appendChild(child);
    }
}
