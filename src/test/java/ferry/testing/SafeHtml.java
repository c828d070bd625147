package ferry.testing;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/// Reads the HTML of notes with Java's own XML parser, and fails for whatever is in it that need not be there.
public final class SafeHtml {
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            Map.entry("body", Set.of()),
            Map.entry("h1", Set.of()),
            Map.entry("h2", Set.of()),
            Map.entry("h3", Set.of()),
            Map.entry("p", Set.of()),
            Map.entry("br", Set.of()),
            Map.entry("pre", Set.of()),
            Map.entry("code", Set.of()),
            Map.entry("ul", Set.of("class")),
            Map.entry("ol", Set.of()),
            Map.entry("li", Set.of()),
            Map.entry("input", Set.of("type", "disabled", "checked")),
            Map.entry("strong", Set.of()),
            Map.entry("em", Set.of()),
            Map.entry("u", Set.of()),
            Map.entry("s", Set.of()),
            Map.entry("a", Set.of("href")),
            Map.entry("img", Set.of("src", "alt")),
            Map.entry("table", Set.of()),
            Map.entry("tr", Set.of()),
            Map.entry("td", Set.of()));

    private SafeHtml() {}

    /// What is to be put into a page.
    public static Element fragment(String html) {
        return checked(document("<body>" + html + "</body>").getDocumentElement());
    }

    /// The body of a whole page.
    public static Element body(Document page) {
        return checked((Element) page.getElementsByTagName("body").item(0));
    }

    /// A whole page.
    public static Document document(String html) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(html)));
        } catch (SAXException | IOException | ParserConfigurationException e) {
            throw new AssertionError("not well-formed: " + html, e);
        }
    }

    /// All of that name below, in their order.
    public static List<Element> all(Element root, String tag) {
        var found = root.getElementsByTagName(tag);
        return IntStream.range(0, found.getLength())
                .mapToObj(i -> (Element) found.item(i))
                .toList();
    }

    /// The names of the elements directly in one.
    public static List<String> children(Element root) {
        var names = new ArrayList<String>();
        for (var child = root.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element element) {
                names.add(element.getTagName());
            }
        }
        return names;
    }

    private static Element checked(Element element) {
        var allowed = ALLOWED.get(element.getTagName());
        if (allowed == null) {
            throw new AssertionError("an element " + element.getTagName());
        }
        for (int i = 0; i < element.getAttributes().getLength(); i++) {
            var attribute = element.getAttributes().item(i);
            if (!allowed.contains(attribute.getNodeName())) {
                throw new AssertionError(element.getTagName() + " has " + attribute.getNodeName());
            }
            boolean leads = attribute.getNodeName().equals("href");
            boolean loads = attribute.getNodeName().equals("src");
            if ((leads && !attribute.getNodeValue().matches("(?i)(https?|mailto|tel):[^\\s<>\"]*"))
                    || (loads && !attribute.getNodeValue().matches("attachment:[A-Za-z0-9%._*-]+"))) {
                throw new AssertionError("leads to " + attribute.getNodeValue());
            }
        }
        for (Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element inner) {
                checked(inner);
            }
        }
        return element;
    }
}
