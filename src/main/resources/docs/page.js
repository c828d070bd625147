"use strict";

// The token stays in this page's memory: nothing is stored, and it goes to this service only.
SwaggerUIBundle({
  url: "/openapi.yaml",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    const token = request.headers?.Authorization;
    if (token && !/^token\s/i.test(token)) {
      request.headers.Authorization = "Token " + token.trim();
    }
    return request;
  },
});
