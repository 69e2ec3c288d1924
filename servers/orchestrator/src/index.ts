export { readDefinition } from "./definitions/read.ts";
export { toPlan } from "./definitions/to-plan.ts";
export { createEngine, type Engine, type Submission } from "./engine/engine.ts";
export { openPostgres } from "./runs/postgres/postgres.ts";
export { openSqliteRuns } from "./runs/sqlite/open-sqlite-runs.ts";
/** The server, for mounting. */
export { server } from "./server.ts";
export { type OpenSharedOptions, openShared, type Shared } from "./workers/open-shared.ts";
