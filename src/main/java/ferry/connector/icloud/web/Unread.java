package ferry.connector.icloud.web;

import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.error.ErrorCode;
import tools.jackson.databind.node.ObjectNode;

/// A feed that nobody reads: of a listing that is made for the sake of its files alone.
///
/// @param files where the files go
public record Unread(Files files) implements Feed {
    @Override
    public void item(ObjectNode node) {}

    @Override
    public String fileId(FileRef ref) {
        return "";
    }

    @Override
    public boolean wants(String fileType) {
        return false;
    }

    @Override
    public void expect(long total) {}

    @Override
    public void refused(String item, ErrorCode why, String detail) {}

    @Override
    public void warn(String code, String detail) {}

    @Override
    public void incomplete() {}
}
