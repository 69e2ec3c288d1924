/** What tests need around them; none of it loads a server or a client. */
export { type ManualClock, manualClock } from "./clock.ts";
export { temporaryFolder } from "./folder.ts";
export { compileCache, nodeEnvironment, wasmFlags } from "./node-environment.ts";
export { type SeededRandom, seededRandom } from "./random.ts";
export { until } from "./until.ts";
