package fr.segurstack.lps;

import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.soap.SOAPBinding;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.namespace.QName;
import org.apache.cxf.configuration.jsse.TLSClientParameters;
import org.apache.cxf.frontend.ClientProxy;
import org.apache.cxf.headers.Header;
import org.apache.cxf.jaxws.JaxWsProxyFactoryBean;
import org.apache.cxf.transport.http.HTTPConduit;
import org.apache.cxf.ws.addressing.WSAddressingFeature;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Ports of the DMP's services: SOAP 1.2, WS-Addressing, MTOM, and the structure's certificate in the TLS handshake. */
final class Connection {
    private static final String WSSE =
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";

    private final String services;
    private final TLSClientParameters tls = new TLSClientParameters();

    /** `services` is the address of the services, `structure` the certificate they are called with (PKCS#12). */
    Connection(String services, Path structure, char[] password, Path authority) throws Exception {
        this.services = services;
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(structure.toFile(), password), password);
        KeyStore known = KeyStore.getInstance("PKCS12");
        known.load(null, null);
        try (InputStream file = Files.newInputStream(authority)) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                known.setCertificateEntry("ca" + known.size(), certificate);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(known);
        tls.setKeyManagers(keys.getKeyManagers());
        tls.setTrustManagers(trust.getTrustManagers());
    }

    /** A port made from the generated classes alone: no WSDL is read when the software runs. */
    <T> T port(Class<T> type, String service) {
        JaxWsProxyFactoryBean factory = new JaxWsProxyFactoryBean();
        factory.setServiceClass(type);
        factory.setBindingId(SOAPBinding.SOAP12HTTP_MTOM_BINDING);
        factory.getFeatures().add(new WSAddressingFeature());
        return reached(type.cast(factory.create()), service);
    }

    /** A port made otherwise, led to our address with our certificate. */
    <T> T reached(T port, String service) {
        ((BindingProvider) port).getRequestContext().put(BindingProvider.ENDPOINT_ADDRESS_PROPERTY, services + "/" + service);
        ((HTTPConduit) ClientProxy.getClient(port).getConduit()).setTlsClientParameters(tls);
        return port;
    }

    /** The port, whose next calls carry this VIHF. */
    static <T> T with(T port, Element vihf) {
        Document document = vihf.getOwnerDocument();
        Element security = document.createElementNS(WSSE, "wsse:Security");
        security.appendChild(vihf);
        Map<String, Object> context = ((BindingProvider) port).getRequestContext();
        List<Header> headers = new ArrayList<>(List.of(new Header(new QName(WSSE, "Security"), security)));
        context.put(Header.HEADER_LIST, headers); // CXF adds those of WS-Addressing
        return port;
    }
}
