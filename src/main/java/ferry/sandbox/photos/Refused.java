package ferry.sandbox.photos;

/// A refusal in CloudKit's own form. Not a failure of the simulator.
final class Refused extends Exception {
    final int status;
    final String code;

    Refused(int status, String code, String reason) {
        super(reason);
        this.status = status;
        this.code = code;
    }

    static Refused bad(String reason) {
        return new Refused(400, "BAD_REQUEST", "BadRequestException: " + reason);
    }
}
