/// The server, routes, JSON and paging. No resource is named here, and nothing else imports the HTTP server's
/// library.
///
/// Start at [Api] for how a request becomes an answer, at [WebServer] for the server below it.
@NullMarked
package ferry.http;

import org.jspecify.annotations.NullMarked;
