import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";

/**
 * Whoever calls is told where to sign in. What is kept of a failure, in logs and in what is told of the server's
 * state, is without the address: it is for that caller.
 */
export function tellingAddress(upstream: Upstream): Upstream {
  return {
    ...upstream,
    async request(method, params, context) {
      try {
        return await upstream.request(method, params, context);
      } catch (error) {
        throw method.endsWith("/list") ? error : withAddress(error);
      }
    },
  };
}

/** The same failure, with the address of the sign-in in its words where it has one. */
export function withAddress(error: unknown): unknown {
  const url = isTrestleError(error) ? error.details?.authorization_url : undefined;
  if (!isTrestleError(error) || typeof url !== "string") return error;
  const message = `${error.message} Or open this address in a browser, then call again: ${url}`;
  return new TrestleError(error.code, message, error);
}
