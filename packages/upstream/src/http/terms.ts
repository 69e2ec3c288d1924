import type { Era, JsonObject } from "@trestle/protocol";
import { MODERN_VERSION } from "@trestle/protocol";
import { createModernHeaders } from "./modern-headers.ts";

/** What was agreed with a server over HTTP: era, version and session, as the headers of each request show them. */
export interface Terms {
  era: Era;
  version: string | undefined;
  session: string | undefined;
  /** Remembers of a result what later headers need. */
  observe(method: string, result: JsonObject): void;
  headersFor(method: string, params: JsonObject): Record<string, string>;
  /** The headers of the legacy era's requests without a body. */
  sessionHeaders(): Record<string, string>;
}

export function createTerms(configured: Readonly<Record<string, string>>): Terms {
  const modern = createModernHeaders();
  const terms: Terms = {
    era: "modern",
    version: undefined,
    session: undefined,
    observe(method, result) {
      if (terms.era === "modern") modern.observe(method, result);
    },
    headersFor: (method, params) => ({
      ...(terms.era === "legacy"
        ? terms.sessionHeaders()
        : {
            ...configured,
            "mcp-protocol-version": MODERN_VERSION,
            ...modern.headersFor(method, params),
          }),
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
    }),
    sessionHeaders: () => ({
      ...configured,
      ...(terms.version !== undefined && { "mcp-protocol-version": terms.version }),
      ...(terms.session !== undefined && { "mcp-session-id": terms.session }),
    }),
  };
  return terms;
}
