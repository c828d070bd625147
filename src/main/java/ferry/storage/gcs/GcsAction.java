package ferry.storage.gcs;

/// What is done with a bucket, the permission it takes and the role that brings it.
enum GcsAction {
    PUT("storage.objects.create", "Storage Object Creator", "create objects in"),
    HEAD("storage.objects.list", "Storage Legacy Bucket Reader", "list objects of"),
    READ("storage.objects.get", "Storage Object Viewer", "read objects of"),
    DELETE("storage.objects.delete", "Storage Object User", "delete or replace objects of");

    private final String permission;
    private final String role;
    private final String words;

    GcsAction(String permission, String role, String words) {
        this.permission = permission;
        this.role = role;
        this.words = words;
    }

    /// As IAM names it.
    String permission() {
        return permission;
    }

    /// A role that brings it.
    String role() {
        return role;
    }

    /// Follows *the account may not*, before the bucket.
    String words() {
        return words;
    }
}
