import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RunEvent } from "@trestle/flow";
import type { Grant, Host } from "@trestle/protocol";
import { bytesInUse, openSqlite } from "@trestle/store";
import { createFolderBlobs } from "../blobs/folder-blobs.ts";
import { withBlobs } from "../blobs/with-blobs.ts";
import { checkInput } from "../definitions/check-input.ts";
import { createDefinitionStore, type DefinitionStore } from "../definitions/definition-store.ts";
import { createPostgresDefinitionStore } from "../definitions/postgres-definition-store.ts";
import { toPlan } from "../definitions/to-plan.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/parts.ts";
import { forgetOldRuns } from "../runs/forget-old-runs.ts";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { RunStore } from "../runs/run-store.ts";
import { runMigrations } from "../runs/sqlite/migrations.ts";
import { createSqliteRunStore } from "../runs/sqlite/sqlite-run-store.ts";
import { withRoom } from "../runs/with-room.ts";
import { withTemplates } from "../templates/templates.ts";
import { createWorkflows, type Workflows } from "./workflows.ts";

export interface WorkflowSettings {
  /** Runs are kept there and shared by many machines; without it in the folder of this server. */
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Steps that this process does at once, where many share them. */
  readonly concurrency: number;
  /** Days for which runs that ended are kept; 0 keeps them. */
  readonly keepDays: number;
  /** Megabytes that runs may take in the folder of this server; 0 sets no limit. */
  readonly maxMb: number;
}

interface Parts {
  readonly engine: Engine;
  readonly runs: RunStore;
  readonly definitions: DefinitionStore;
  readonly postgres?: Postgres;
  close(): Promise<void>;
}

export interface OpenWorkflows {
  readonly workflows: Workflows;
  /** Where many machines share them. */
  readonly postgres?: Postgres;
  close(): Promise<void>;
}

/** Opens what runs workflows in this process, and goes on with what had not ended. */
export async function openWorkflows(
  host: Host,
  settings: WorkflowSettings,
): Promise<OpenWorkflows> {
  const { clock, log } = host;
  const { databaseUrl, keepDays } = settings;
  const parts =
    databaseUrl === undefined
      ? await openInFolder(host, settings)
      : await openInDatabase(host, { ...settings, databaseUrl });
  const { engine, runs, definitions, postgres } = parts;
  const count = await engine.recover();
  if (count > 0) log.info("executions go on", { count });
  const stopForgetting = forgetOldRuns({ runs, clock, log, keepDays });
  return {
    workflows: createWorkflows({ engine, runs, definitions, clock }),
    ...(postgres ? { postgres } : {}),
    async close() {
      stopForgetting();
      await parts.close();
    },
  };
}

async function openInFolder(host: Host, { maxMb }: WorkflowSettings): Promise<Parts> {
  const { dataDir, clock, log } = host;
  const file = join(dataDir, "workflows.db");
  // A submission that was acknowledged survives a loss of power.
  const durability = "full";
  const sqlite = await openSqlite({ file, migrations: runMigrations, durability, clock, log });
  const definitions = withTemplates(createDefinitionStore(sqlite));
  const blobs = createFolderBlobs(join(dataDir, "blobs"));
  const all = withBlobs(createSqliteRunStore(sqlite), blobs);
  const limits = { bytes: () => bytesInUse(sqlite), maxBytes: maxMb * 2 ** 20, clock, log };
  const runs = maxMb === 0 ? all : withRoom(all, limits);
  const engine = createEngine({ ...engineParts(host, definitions), store: runs });
  return {
    engine,
    runs,
    definitions,
    async close() {
      await engine.close();
      await runs.close();
    },
  };
}

/** As one of many processes; all of them see the same workflows and runs. */
async function openInDatabase(
  host: Host,
  { databaseUrl, redisUrl, concurrency }: WorkflowSettings & { readonly databaseUrl: string },
): Promise<Parts> {
  const [{ openPostgres }, { openShared }] = await Promise.all([
    import("../runs/postgres/postgres.ts"),
    import("../workers/open-shared.ts"),
  ]);
  const postgres = await openPostgres({ url: databaseUrl, log: host.log });
  const definitions = withTemplates(createPostgresDefinitionStore(postgres));
  const shared = await openShared({
    ...engineParts(host, definitions),
    postgres,
    concurrency,
    ...(redisUrl === undefined ? {} : { redisUrl }),
  });
  return {
    engine: shared.engine,
    runs: shared.runs,
    definitions,
    postgres,
    async close() {
      await shared.close();
      await postgres.close();
    },
  };
}

function engineParts(
  { forGrant, publish, clock, log }: Host,
  definitions: DefinitionStore,
): Omit<EngineOptions, "store"> {
  return {
    clock,
    log,
    hostFor: (grant) => forGrant(JSON.parse(grant) as Grant),
    async planOf(id, input) {
      const { definition } = await definitions.get(id);
      await checkInput(definition, input);
      return { plan: toPlan(definition), version: definition.version };
    },
    newRunId: () => randomBytes(16).toString("hex"),
    random: Math.random,
    onEvent: (runId, event) => publish(`execution:${runId}`, withoutResult(event)),
  };
}

/** Whoever hears of an execution may not be allowed to see what its steps gave. */
function withoutResult(event: RunEvent) {
  const { kind, at } = event;
  return {
    kind,
    at,
    ...("step" in event ? { step: event.step } : {}),
    ...("outcome" in event ? { outcome: event.outcome } : {}),
    ...("error" in event ? { error: { ...event.error } } : {}),
  };
}
