/**
 * `node:http` and `node:https` without what they carry for browsers: imported by name, Node reads all their
 * exports, and one of them loads a second HTTP client. That is a tenth of a start.
 */
export const nodeHttp: typeof import("node:http") = process.getBuiltinModule("node:http");

/** Loaded with the first call: most programs open no TLS. */
export function nodeHttps(): typeof import("node:https") {
  return process.getBuiltinModule("node:https");
}
