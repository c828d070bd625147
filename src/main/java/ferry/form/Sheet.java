package ferry.form;

import java.util.Optional;

/// One object of a form.
///
/// @param of what is in it: a data type, a calendar, a note, or the file that it lies beside; of two with the same the
/// first
///     is published
/// @param name what people would call the file, with its extension; may hold anything
/// @param beside the id of the file that it lies beside; empty where it lies for itself
public record Sheet(Form form, String of, String name, Optional<String> beside) {
    /// Under which the poll has it as a result.
    public String identifier() {
        return "form:" + form.slug() + ":" + of;
    }
}
