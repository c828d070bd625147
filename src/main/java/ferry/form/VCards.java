package ferry.form;

import ezvcard.VCard;
import ezvcard.VCardVersion;
import ezvcard.io.text.VCardWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Contacts and groups as one stream of vCard 4. Cards whose photo is on its way wait in a [Spool] until the end, the
/// others are written as they come.
final class VCards implements FormWriter {
    private static final int IN_MEMORY = 4 * 1024 * 1024;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Outlet.Page page;
    private final boolean withFiles;
    private final Spool spool = new Spool(IN_MEMORY);
    /// By the file ids of their photos.
    private final Map<String, Spool.Place> waiting = new LinkedHashMap<>();
    private final Map<String, Spool.Place> photos = new HashMap<>();
    private long unfit;

    VCards(String type, boolean withFiles, Outlet outlet) throws InterruptedException {
        this.withFiles = withFiles;
        this.page = outlet.open(new Sheet(Form.VCARD, type, "contacts.vcf", Optional.empty()));
    }

    @Override
    public void item(ObjectNode record) throws InterruptedException {
        if (!record.has("name")) {
            return; // it says of a contact that it is gone
        }
        var photo = withFiles ? ContactCard.photo(record) : Optional.<String>empty();
        if (photo.isPresent()) {
            await(photo.get(), record);
        } else {
            write(record, null);
        }
    }

    private void await(String photo, ObjectNode record) throws InterruptedException {
        boolean taken;
        synchronized (waiting) {
            taken = waiting.putIfAbsent(photo, spool.put(JSON.writeValueAsBytes(record))) == null;
        }
        if (!taken) {
            write(record, null); // two contacts cannot have the same file; none is lost where they do
        }
    }

    @Override
    public boolean wants(String fileId) {
        synchronized (waiting) {
            return waiting.containsKey(fileId) && !photos.containsKey(fileId);
        }
    }

    @Override
    public void file(String fileId, byte[] content) {
        synchronized (waiting) {
            photos.putIfAbsent(fileId, spool.put(content));
        }
    }

    @Override
    public void finish() throws InterruptedException {
        for (var each : waiting.entrySet()) {
            var record = (ObjectNode) JSON.readTree(spool.get(each.getValue()));
            write(record, photos.get(each.getKey()));
        }
        page.commit();
    }

    private void write(ObjectNode record, Spool.@Nullable Place photo) throws InterruptedException {
        byte[] text;
        try {
            var card = ContactCard.of(record);
            if (photo != null) {
                ContactCard.add(card, spool.get(photo));
            }
            text = text(card).getBytes(StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            unfit++;
            return;
        }
        page.write(text);
    }

    /// One card as it stands in a file.
    static String text(VCard card) {
        var text = new StringWriter();
        try (var writer = new VCardWriter(text, VCardVersion.V4_0)) {
            writer.setAddProdId(false);
            writer.setCaretEncodingEnabled(true);
            writer.write(card);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string takes all
        }
        return text.toString();
    }

    @Override
    public long unfit() {
        return unfit;
    }

    @Override
    public void close() {
        page.close();
        spool.close();
    }
}
