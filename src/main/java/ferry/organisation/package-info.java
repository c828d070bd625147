/// The organisation's own page, and the operator's making of organisations. Start at [OrganisationEndpoints].
@NullMarked
package ferry.organisation;

import org.jspecify.annotations.NullMarked;
