package ferry.sandbox;

import java.util.List;

/// What an account asks for after the password.
public sealed interface SecondFactor {
    /// Nothing: the password suffices.
    record None() implements SecondFactor {}

    /// A code of six digits.
    ///
    /// @param push when a code is shown on the owner's devices
    /// @param accepted how a right code is answered
    /// @param trustedDevices whether there are devices to show it on; otherwise only phones
    record Codes(Push push, Accepted accepted, boolean trustedDevices, List<Phone> phones) implements SecondFactor {
        public Codes {
            phones = List.copyOf(phones);
        }
    }

    /// A security key, which nobody but the owner can touch; without names a passkey.
    record SecurityKey(List<String> keyNames) implements SecondFactor {
        public SecurityKey {
            keyNames = List.copyOf(keyNames);
        }
    }

    /// When a code is shown on the owner's devices.
    enum Push {
        /// As soon as the password was right: until spring 2026.
        AUTOMATIC,
        /// Only once the client asks for it with a PUT: since iOS 26.4.
        ON_REQUEST
    }

    /// How a right code is answered (`icloud-protocol 1.6`).
    enum Accepted {
        NO_CONTENT_204,
        OK_200,
        /// 409 with `securityCode.valid`, the new session token in the headers.
        VALID_409,
        /// 409 with `securityCode.valid`; the session token comes only with the trust call.
        VALID_409_WITHOUT_TOKEN,
        /// 412 with `securityCode.valid`: a repair step comes first.
        VALID_412
    }
}
