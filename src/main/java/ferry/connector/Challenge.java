package ferry.connector;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a person is asked for as second factor.
///
/// @param method how the code was sent: `device`, `sms`, `voice`
/// @param hint where to, obscured as the source obscures it, such as `•••• 42`; null for `device`
/// @param methods how else a code can be sent
/// @param codeLength digits of the code
public record Challenge(String method, @Nullable String hint, List<Method> methods, int codeLength) {
    public Challenge {
        methods = List.copyOf(methods);
    }

    /// One way to have a code sent.
    ///
    /// @param method `device`, `sms` or `voice`
    /// @param phone the source's number for the phone, null for `device`
    /// @param hint the obscured number, null for `device`
    public record Method(
            String method, @Nullable String phone, @Nullable String hint) {}
}
