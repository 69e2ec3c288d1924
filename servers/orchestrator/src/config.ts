import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";

const MOST_DAYS = 3_650;
const DAY_SECONDS = 86_400;

export const config = z.object({
  dataDir: setting(z.string().min(1).optional(), {
    env: "ORCHESTRATOR_DATA_DIR",
    description:
      "Folder of workflows, runs and swarms, made at first use; by default in the server's data folder. Any number of processes share it",
  }),
  databaseUrl: setting(z.url({ protocol: /^postgres(ql)?$/ }).optional(), {
    env: "ORCHESTRATOR_DATABASE_URL",
    description:
      "Keep workflows, their runs and swarms in this Postgres, in a schema `trestle` of its own, so that many machines share them",
    secret: true,
  }),
  redisUrl: setting(z.url({ protocol: /^rediss?$/ }).optional(), {
    env: "ORCHESTRATOR_REDIS_URL",
    description:
      "With a database: tell workers of steps through this Redis. It keeps nothing that may not be lost",
    secret: true,
  }),
  concurrency: setting(z.int().min(0).max(1_000).default(16), {
    env: "ORCHESTRATOR_CONCURRENCY",
    description: "With a database: steps that this process does at once; 0 leaves them to workers",
  }),
  keepDays: setting(z.int().min(0).max(MOST_DAYS).default(30), {
    env: "ORCHESTRATOR_KEEP_DAYS",
    description: "Days for which runs that ended are kept; 0 keeps them",
  }),
  maxMb: setting(z.int().min(0).max(1_000_000).default(2_048), {
    env: "ORCHESTRATOR_MAX_MB",
    description:
      "Megabytes that runs may take in the folder: those that ended longest ago make room, and where those in progress take all of it, no more are started; 0 sets no limit",
  }),
  agentsFile: setting(z.string().min(1).optional(), {
    env: "ORCHESTRATOR_AGENTS",
    description:
      "JSON file of the agents that swarms may start, of the repositories they work in, and of the checks of results",
  }),
  taskSeconds: setting(
    z
      .int()
      .min(0)
      .max(MOST_DAYS * DAY_SECONDS)
      .default(DAY_SECONDS),
    {
      env: "ORCHESTRATOR_TASK_SECONDS",
      description:
        "For how many seconds one agent may have a task of a swarm in work, unless the task says otherwise, before another is given it; 0 sets no limit",
    },
  ),
  blackboard: setting(
    z
      .string()
      .regex(/^[a-z0-9-]+$/, "must be the id of a server, as in objects")
      .optional(),
    {
      env: "ORCHESTRATOR_BLACKBOARD",
      description:
        "Server of objects in which swarms have their memory, such as objects: of the bridge that this server is mounted in, or of the one at MCP_BRIDGE_URL. Whoever may use that server reads and writes it",
    },
  ),
  webhooksListen: setting(z.string().min(1).optional(), {
    env: "ORCHESTRATOR_WEBHOOKS_LISTEN",
    description:
      "Address where webhooks that triggers wait for are taken in, such as 127.0.0.1:4130; they are signed",
  }),
});

export type Config = Readonly<z.output<typeof config>>;
