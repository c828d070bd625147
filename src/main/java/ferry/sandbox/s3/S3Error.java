package ferry.sandbox.s3;

/// What the store refuses with: the codes of S3's error responses that clients act upon.
enum S3Error {
    ACCESS_DENIED("AccessDenied", 403, "Access Denied"),
    AUTHORIZATION_HEADER_MALFORMED(
            "AuthorizationHeaderMalformed", 400, "The authorization header that you provided is not valid."),
    BAD_DIGEST("BadDigest", 400, "The Content-MD5 that you specified did not match what was received."),
    BUCKET_ALREADY_OWNED("BucketAlreadyOwnedByYou", 409, "The bucket exists already, and is yours."),
    ENTITY_TOO_LARGE("EntityTooLarge", 400, "The object is larger than one request may send."),
    ENTITY_TOO_SMALL("EntityTooSmall", 400, "Every part but the last must have 5 MiB or more."),
    INCOMPLETE_BODY("IncompleteBody", 400, "The body has not as many bytes as Content-Length says."),
    INVALID_ACCESS_KEY_ID("InvalidAccessKeyId", 403, "The access key ID does not exist."),
    INVALID_BUCKET_NAME("InvalidBucketName", 400, "The name is not one a bucket can have."),
    INVALID_DIGEST("InvalidDigest", 400, "The Content-MD5 is not one."),
    INVALID_PART("InvalidPart", 400, "A part was not found, or its ETag is another."),
    INVALID_PART_ORDER("InvalidPartOrder", 400, "The parts are not listed in ascending order."),
    INVALID_RANGE("InvalidRange", 416, "The range lies outside of the object."),
    INVALID_REQUEST("InvalidRequest", 400, "The request is not one that the store understands."),
    KEY_TOO_LONG("KeyTooLongError", 400, "The key is longer than 1024 bytes."),
    MALFORMED_XML("MalformedXML", 400, "The XML is not well-formed, or not what the operation expects."),
    METHOD_NOT_ALLOWED("MethodNotAllowed", 405, "The method is not allowed against this resource."),
    MISSING_CONTENT_LENGTH("MissingContentLength", 411, "The Content-Length header is needed."),
    NO_SUCH_BUCKET("NoSuchBucket", 404, "The bucket does not exist."),
    NO_SUCH_KEY("NoSuchKey", 404, "The key does not exist."),
    NO_SUCH_UPLOAD(
            "NoSuchUpload", 404, "The upload does not exist; it may have been completed or aborted, or never begun."),
    NOT_IMPLEMENTED("NotImplemented", 501, "A header or parameter asks for what this store does not do."),
    REQUEST_TIME_TOO_SKEWED(
            "RequestTimeTooSkewed", 403, "The request's time and the store's are more than 15 minutes apart."),
    SIGNATURE_DOES_NOT_MATCH(
            "SignatureDoesNotMatch", 403, "The signature calculated here is not the one that was provided."),
    SLOW_DOWN("SlowDown", 503, "Please reduce your request rate."),
    CONTENT_SHA256_MISMATCH(
            "XAmzContentSHA256Mismatch", 400, "The x-amz-content-sha256 is not that of what was received.");

    final String code;
    final int status;
    final String message;

    S3Error(String code, int status, String message) {
        this.code = code;
        this.status = status;
        this.message = message;
    }
}
