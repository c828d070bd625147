package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// Writes the store's answers, and reads the one document that clients send.
final class Xml {
    private static final String NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
    private static final int LONGEST = 4 << 20;
    private static final XMLInputFactory IN = safe();

    private final XMLStreamWriter out;

    private Xml(XMLStreamWriter out) {
        this.out = out;
    }

    /// A document.
    static byte[] of(String root, Consumer<Xml> children) {
        var bytes = new ByteArrayOutputStream();
        try {
            var out = XMLOutputFactory.newInstance().createXMLStreamWriter(bytes, UTF_8.name());
            out.writeStartDocument(UTF_8.name(), "1.0");
            out.writeStartElement(root);
            out.writeDefaultNamespace(NAMESPACE);
            children.accept(new Xml(out));
            out.writeEndDocument();
            out.close();
            return bytes.toByteArray();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("memory can always be written", e);
        }
    }

    /// An element with text.
    Xml text(String name, Object text) {
        return element(name, it -> it.characters(text.toString()));
    }

    /// An element with others in it.
    Xml element(String name, Consumer<Xml> children) {
        try {
            out.writeStartElement(name);
            children.accept(this);
            out.writeEndElement();
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("memory can always be written", e);
        }
    }

    private void characters(String text) {
        try {
            out.writeCharacters(text);
        } catch (XMLStreamException e) {
            throw new IllegalStateException("memory can always be written", e);
        }
    }

    /// The parts of a `CompleteMultipartUpload`.
    static List<Bucket.Listed> parts(InputStream body) throws IOException, S3Refusal {
        try {
            var in = IN.createXMLStreamReader(new ByteArrayInputStream(body.readNBytes(LONGEST)));
            var parts = new ArrayList<Bucket.Listed>();
            int number = 0;
            var eTag = "";
            while (in.hasNext()) {
                switch (in.next()) {
                    case XMLStreamConstants.START_ELEMENT -> {
                        if (in.getLocalName().equals("PartNumber")) {
                            number = Integer.parseInt(in.getElementText().strip());
                        } else if (in.getLocalName().equals("ETag")) {
                            eTag = in.getElementText().replace("\"", "").strip();
                        }
                    }
                    case XMLStreamConstants.END_ELEMENT -> {
                        if (in.getLocalName().equals("Part")) {
                            parts.add(new Bucket.Listed(number, eTag));
                        }
                    }
                    default -> {}
                }
            }
            return parts;
        } catch (XMLStreamException | NumberFormatException _) {
            throw new S3Refusal(S3Error.MALFORMED_XML);
        }
    }

    private static XMLInputFactory safe() {
        var factory = XMLInputFactory.newInstance();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        return factory;
    }
}
