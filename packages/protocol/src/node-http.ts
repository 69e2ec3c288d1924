/**
 * `node:http` and `node:https` without what they carry for browsers: imported by name, Node reads all their
 * exports, and one of them loads a second HTTP client. That is a tenth of a start.
 */
export const nodeHttp: typeof import("node:http") = process.getBuiltinModule("node:http");
export const nodeHttps: typeof import("node:https") = process.getBuiltinModule("node:https");
