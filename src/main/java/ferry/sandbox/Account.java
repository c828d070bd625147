package ferry.sandbox;

import java.util.Set;

/// Someone who has an account here. What happens to it (sessions, wrong passwords, codes) is kept elsewhere.
///
/// @param identifier the Apple ID, in lower case
/// @param dsid its number, unique here
/// @param secondFactor what it asks for after the password
/// @param traits what is out of the ordinary in it
/// @param library its photos; whoever serves them grows them from it
public record Account(
        String identifier,
        long dsid,
        String firstName,
        String lastName,
        SecondFactor secondFactor,
        Set<Trait> traits,
        LibrarySpec library) {
    public Account {
        traits = Set.copyOf(traits);
    }

    /// Whether that is out of the ordinary in it.
    public boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
