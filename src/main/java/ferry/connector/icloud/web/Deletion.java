package ferry.connector.icloud.web;

import tools.jackson.databind.node.ObjectNode;

/// The entry of what is gone from the source since an earlier reading.
public final class Deletion {
    private Deletion() {}

    /// Says that a record is gone.
    ///
    /// @param id as its entry had it
    public static ObjectNode of(String id, String dataType) {
        return Json.object().put("id", id).put("data_type", dataType).put("deleted", true);
    }
}
