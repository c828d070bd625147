package ferry.storage.s3;

/// What is done with a bucket, and the permission it takes.
enum S3Action {
    PUT("s3:PutObject", "write objects to"),
    HEAD("s3:GetObject", "read objects of"),
    DELETE("s3:DeleteObject", "delete objects of"),
    LIST("s3:ListBucket", "list the objects of"),
    ABORT("s3:AbortMultipartUpload", "abort unfinished uploads to"),
    LIST_UPLOADS("s3:ListBucketMultipartUploads", "list the unfinished uploads to");

    private final String permission;
    private final String words;

    S3Action(String permission, String words) {
        this.permission = permission;
        this.words = words;
    }

    /// As a policy names it.
    String permission() {
        return permission;
    }

    /// Whether the permission is given for the bucket, not for what is in it.
    boolean isOfTheBucket() {
        return this == LIST || this == LIST_UPLOADS;
    }

    /// Follows *the key may not*, before the bucket.
    String words() {
        return words;
    }
}
