import { messageOf, systemClock, TrestleError } from "@trestle/protocol";
import {
  createStandaloneHost,
  type ProcessLike,
  parseConfig,
  parseFlags,
  readSurroundings,
} from "@trestle-mcp/server-kit";
import { config } from "../config.ts";
import { openAutomation } from "../schedules/automation.ts";
import { createPostgresAutomationStore } from "../schedules/postgres-automation-store.ts";
import { server } from "../server.ts";
import { openWorkflows } from "../workflows/open-workflows.ts";

const USAGE = `trestle-orchestrator worker: does steps of the workflows of a database that many machines share.

  --orchestrator-database-url  postgres://user:password@host:port/database, or ORCHESTRATOR_DATABASE_URL
  --orchestrator-redis-url     redis://host:port/db, or ORCHESTRATOR_REDIS_URL; without it the database tells of steps
  --orchestrator-concurrency   steps at once, or ORCHESTRATOR_CONCURRENCY; 16 by default

Tools are called through the bridge at MCP_BRIDGE_URL, with the key MCP_API_KEY.
Start as many as you like, on any machines: what one of them leaves undone another does.
`;

/** Works until it is told to stop; gives the exit code. What is under way then is done again by others. */
export async function runWorker(words: readonly string[], process: ProcessLike): Promise<number> {
  try {
    const flags = parseFlags(words, server.configFields);
    if (flags.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const surroundings = readSurroundings(server, flags, process);
    const settings = parseConfig(config, server.configFields, surroundings.settings);
    if (settings.databaseUrl === undefined) throw noDatabase();
    const host = createStandaloneHost({ ...surroundings, clock: systemClock });
    const { workflows, postgres, close } = await openWorkflows(host, settings);
    const store = postgres ? { store: createPostgresAutomationStore(postgres) } : {};
    const automation = await openAutomation(workflows, { host, ...store });
    process.stdout.write("working\n");
    await untilSignal(process);
    await automation.close();
    await close();
    await host.close();
    return 0;
  } catch (error) {
    process.stderr.write(`trestle-orchestrator worker: ${messageOf(error)}\n`);
    return 1;
  }
}

function untilSignal(process: ProcessLike): Promise<void> {
  // Its timers keep no process alive.
  const alive = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    const stop = () => {
      clearInterval(alive);
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}

function noDatabase(): TrestleError {
  return new TrestleError(
    "invalid_config",
    "A worker shares the runs of a database: set ORCHESTRATOR_DATABASE_URL to a Postgres, as the server has it",
  );
}
