/** Neon's management API, in the shapes of its official SDK, with branches that are real databases. */
export type { Failure, FailureSpec } from "./failures.ts";
export { type NeonApi, type NeonApiOptions, startNeonApi } from "./start-neon-api.ts";
